//! Manifests that change between two reads, and what a validation is good for.

use std::{fs, io::Write as _};

use mps_core::{PreflightLevel, endpoint::Site};

use crate::support::write;

fn lines(count: usize) -> String {
    let line = |n| format!("{{\"id\":\"row-{n}\",\"Prompt\":\"a fox\"}}\n");
    (0..count).map(line).collect()
}

#[test]
fn the_fingerprint_is_the_same_however_the_file_is_read() {
    for (name, content) in [
        ("rows.jsonl", lines(50_000)),
        ("rows.csv", "\u{feff}id,Prompt\na,b\n".to_owned()),
        ("empty.jsonl", String::new()),
    ] {
        let written = write(name, &content);
        let read = written.manifest.fingerprint().unwrap();
        let mut rows = written.manifest.rows().unwrap();
        assert!(rows.fingerprint().is_none() || content.is_empty());
        assert!(rows.by_ref().all(|row| row.is_ok()));
        assert_eq!(rows.fingerprint(), Some(read.clone()));
        assert_eq!(read.bytes(), content.len() as u64);
        let again = written.manifest.rows_of(&read).unwrap();
        assert!(again.into_iter().all(|row| row.is_ok()));
    }
    // The SHA-256 of nothing.
    let empty = write("a.jsonl", "").manifest.fingerprint().unwrap();
    assert!(empty.sha256().starts_with("e3b0c44298fc1c14"));
}

#[test]
fn no_row_of_a_changed_part_is_returned() {
    // Several blocks of a mebibyte.
    let content = lines(60_000);
    let written = write("rows.jsonl", &content);
    let before = written.manifest.fingerprint().unwrap();
    let middle = content.len() / 2;
    let middle = middle + content[middle..].find("fox").unwrap();
    let (before_it, after_it) = (&content[..middle], &content[middle + 3..]);
    for (change, changed) in [
        ("a row is added", content.clone() + &lines(1)),
        ("the end is cut", content[..content.len() - 40].to_owned()),
        (
            "a word in the middle differs",
            [before_it, "dog", after_it].concat(),
        ),
    ] {
        fs::write(written.manifest.path(), changed).unwrap();
        let mut rows: Vec<_> = written.manifest.rows_of(&before).unwrap().collect();
        let last = rows.pop().unwrap().unwrap_err();
        assert_eq!(last[0].finding.rule, "changed", "{change}: {last:?}");
        let sound = rows.iter().map(|row| row.as_ref().unwrap());
        assert!(
            sound.clone().all(|row| !row.body().contains("dog")),
            "{change}"
        );
        let expected: Vec<_> = content.lines().take(rows.len()).collect();
        let found = sound.map(|row| format!("{{\"id\":\"{}\",{}", row.key, &row.body()[1..]));
        assert!(found.eq(expected), "{change}");
        assert!(rows.len() < 60_000, "{change}");
    }
}

#[test]
fn a_validation_names_rules_site_and_level() {
    let manifest = write("rows.jsonl", lines(1)).manifest;
    let terms = manifest.validation(PreflightLevel::Errors);
    assert_eq!(terms, manifest.validation(PreflightLevel::Errors));
    assert_ne!(terms, manifest.validation(PreflightLevel::Off));
    assert_ne!(
        terms,
        manifest
            .clone()
            .site(Site::Cn)
            .validation(PreflightLevel::Errors)
    );
}

#[test]
fn a_fingerprint_is_that_of_the_rows_that_were_returned() {
    let written = write("rows.jsonl", lines(10));
    let mut rows = written.manifest.rows().unwrap();
    assert!(rows.next().unwrap().is_ok());
    let mut file = fs::OpenOptions::new();
    let mut file = file.append(true).open(written.manifest.path()).unwrap();
    file.write_all(lines(1).as_bytes()).unwrap();
    // The end was reached before the file grew.
    assert_eq!(rows.by_ref().count(), 9);
    let grown = written.manifest.fingerprint().unwrap();
    assert_ne!(rows.fingerprint(), Some(grown));
}
