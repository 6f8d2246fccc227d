//! Files that are not what a manifest should be.

use std::{fmt::Write as _, fs};

use mps_jobs::{
    Manifest,
    manifest::{LONGEST_ROW, ManifestErrorKind},
};

#[cfg(unix)]
use crate::bounded;
use crate::support::{only_finding, planned, rows, rules, write};

const ROW: &str = r#"{"id":"fox","Prompt":"a fox"}"#;

/// A file, its content, and the line, the rule and parts of message and hint of the one finding.
type Case<'a> = (&'a str, &'a [u8], u64, &'a str, &'a str, &'a str);

const FILES: [Case<'static>; 20] = [
    ("a.jsonl", b"", 1, "no-rows", "no rows", "one object a line"),
    (
        "a.jsonl",
        b"\n \n\r\n",
        1,
        "no-rows",
        "no rows",
        "one object a line",
    ),
    (
        "a.jsonl",
        b"{\"defaults\":{\"Prompt\":\"a\"}}\n",
        1,
        "no-rows",
        "no rows",
        "one object a line",
    ),
    ("a.csv", b"", 1, "no-rows", "no rows", ""),
    ("a.csv", b"id,Prompt\n,\n,\n", 1, "no-rows", "no rows", ""),
    (
        "a.jsonl",
        b"\xff\xfe{\0\"\0",
        1,
        "encoding",
        "UTF-16",
        "iconv -f UTF-16 -t UTF-8",
    ),
    (
        "a.csv",
        b"\xfe\xff\0i\0d",
        1,
        "encoding",
        "UTF-16",
        "iconv -f UTF-16 -t UTF-8",
    ),
    (
        "a.jsonl",
        b"{\"id\":\"a\",\"Prompt\":\"caf\xe9\"}\n",
        1,
        "encoding",
        "byte 24 is not UTF-8",
        "save the file as UTF-8",
    ),
    (
        "a.csv",
        b"id,Prompt\na,caf\xe9\n",
        2,
        "encoding",
        "byte 4 is not UTF-8",
        "save the file as UTF-8",
    ),
    (
        "a.jsonl",
        b"[{\"id\":\"a\",\"Prompt\":\"b\"}]",
        1,
        "wrong-type",
        "has to be an object",
        "jq -c '.[]'",
    ),
    (
        "a.jsonl",
        b"\"text\"",
        1,
        "wrong-type",
        "has to be an object",
        "one object a line",
    ),
    (
        "a.jsonl",
        b"{\"id\":\"a\",",
        1,
        "format-json",
        "column",
        "jq -c . FILE",
    ),
    (
        "a.jsonl",
        b"{\"id\":\"a\"} {\"id\":\"b\"}",
        1,
        "format-json",
        "trailing characters",
        "one object a line",
    ),
    (
        "a.jsonl",
        b"{'id':'a'}",
        1,
        "format-json",
        "column 2",
        "missing quote",
    ),
    (
        "a.csv",
        b"Prompt,Duration\na,5\n",
        1,
        "column",
        "no such column",
        "there are \"Prompt\", \"Duration\"",
    ),
    (
        "a.csv",
        b"id,Prompt,Prompt\na,b,c\n",
        1,
        "column",
        "column twice",
        "its own name",
    ),
    (
        "a.csv",
        b"id;Prompt\na;b\n",
        1,
        "column",
        "separated by ';'",
        "commas",
    ),
    (
        "a.csv",
        b"id\tPrompt\na\tb\n",
        1,
        "column",
        "separated by '\\t'",
        "commas",
    ),
    (
        "a.csv",
        b"id,Prompt\na,b,c\n",
        2,
        "cells",
        "3 cells, and the header has 2",
        "quotation marks",
    ),
    (
        "a.csv",
        b"id,Prompt,\na,b,c\n",
        2,
        "column",
        "column 3 has no name",
        "name the column",
    ),
];

#[test]
fn each_kind_of_bad_file_has_a_finding_with_line_and_hint() {
    for (name, content, line, rule, message, hint) in FILES {
        let found = only_finding(name, content);
        let shown = format!("{name} {:?}: {found}", String::from_utf8_lossy(content));
        assert_eq!((found.line, found.finding.rule), (line, rule), "{shown}");
        assert!(found.finding.message.contains(message), "{shown}");
        assert!(
            found.finding.hint.unwrap_or_default().contains(hint),
            "{shown}"
        );
    }
}

#[test]
fn a_path_that_is_no_file_is_an_error_with_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.jsonl");
    for (path, kind, hint) in [
        (
            missing.as_path(),
            ManifestErrorKind::NotFound,
            "check the path",
        ),
        (folder.path(), ManifestErrorKind::Folder, "name a file"),
        (
            "-".as_ref(),
            ManifestErrorKind::NoFile,
            "write it to a file first",
        ),
    ] {
        let error = Manifest::open(path).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.hint().contains(hint), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_is_refused_without_waiting_for_its_writer() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("rows.jsonl");
    let made = bounded::status(std::process::Command::new("mkfifo").arg(&pipe));
    assert!(made.unwrap().success());
    let error = Manifest::open(&pipe).unwrap_err();
    assert_eq!(error.kind(), ManifestErrorKind::NoFile);
    assert!(error.to_string().contains("pipe"), "{error}");
}

#[test]
fn marks_of_utf8_and_all_line_ends_are_accepted() {
    let expected = ["a", "b"];
    for content in [
        "\u{feff}{\"id\":\"a\",\"Prompt\":\"x\"}\r\n\r\n{\"id\":\"b\",\"Prompt\":\"x\"}\r\n",
        "\n{\"id\":\"a\",\"Prompt\":\"x\"}\n  \n{\"id\":\"b\",\"Prompt\":\"x\"}",
    ] {
        let found = rows("rows.jsonl", content);
        assert!(
            found.iter().map(|row| row.key.as_str()).eq(expected),
            "{content:?}"
        );
    }
    for content in [
        "\u{feff}id,Prompt\r\n\r\na,x\r\nb,x\r\n",
        "id,Prompt\na,x\n\n\nb,x",
        "id,Prompt\ra,x\rb,x\r",
    ] {
        let found = rows("rows.csv", content);
        assert!(
            found.iter().map(|row| row.key.as_str()).eq(expected),
            "{content:?}"
        );
    }
}

#[test]
fn a_row_of_a_table_has_the_number_of_its_first_line() {
    for end in ["\n", "\r\n"] {
        let content = ["id,Prompt", "a,\"one", "two\"", "", "b,x", "c,\"y", "\""].join(end);
        let lines: Vec<_> = rows("rows.csv", content)
            .iter()
            .map(|row| row.line)
            .collect();
        assert_eq!(lines, [2, 5, 6], "{end:?}");
    }
}

#[test]
fn quotes_commas_and_line_ends_belong_to_the_cell() {
    let rows = rows(
        "rows.csv",
        "id,Prompt\na,\"a \"\"red\"\" fox,\r\nrunning\"\n",
    );
    let body: serde_json::Value = serde_json::from_str(rows[0].body()).unwrap();
    assert_eq!(body["Prompt"], "a \"red\" fox,\r\nrunning");
}

#[test]
fn each_odd_quote_has_a_documented_reading_or_a_finding_with_its_line() {
    // The prompt that is read, or parts of the findings.
    type Expected = Result<&'static str, &'static [(u64, &'static str)]>;
    const AFTER: &str = "text after its closing quote";
    const OPEN: &str = "not closed";
    let cases: [(&str, Expected); 18] = [
        ("a,\"x\"\n", Ok("x")),
        ("a,\"x\"", Ok("x")),
        ("a,\"x\"\r\nb,y\r\n", Ok("x")),
        ("a,\"x \"\"y\"\"\"\n", Ok("x \"y\"")),
        ("a,\"\"\"\"\n", Ok("\"")),
        ("a,\"x,\ny\"\nb,y\n", Ok("x,\ny")),
        // A quote within a cell that does not begin with one is text.
        ("a,5\" wide\n", Ok("5\" wide")),
        ("a,x\"\n", Ok("x\"")),
        ("a,x\"", Ok("x\"")),
        ("a, \"x\"\n", Ok(" \"x\"")),
        // Text after a closing quote.
        ("a,\"x\"y\n", Err(&[(2, AFTER)])),
        ("a,\"x\" \nb,y\n", Err(&[(2, AFTER)])),
        ("a,\"x \"y\" z\"\nb,y\n", Err(&[(2, AFTER)])),
        ("\"a\"b,x\nc,\"y\n\"z\n", Err(&[(2, AFTER), (3, AFTER)])),
        // A quote that is not closed.
        ("a,\"", Err(&[(2, OPEN)])),
        ("a,x\nb,\"y\nc,z\n", Err(&[(3, OPEN)])),
        ("a,\"x\"\"", Err(&[(2, OPEN)])),
        ("a,\"x\"y\nb,\"", Err(&[(2, AFTER), (3, OPEN)])),
    ];
    for (lines, expected) in cases {
        let content = format!("id,Prompt\n{lines}");
        match expected {
            Ok(prompt) => {
                let rows = rows("rows.csv", &content);
                let body: serde_json::Value = serde_json::from_str(rows[0].body()).unwrap();
                assert_eq!(body["Prompt"], prompt, "{content:?}");
                assert!(planned("rows.csv", &content).is_ok(), "{content:?}");
            }
            Err(expected) => {
                let plan = planned("rows.csv", &content);
                let found = plan.findings.kept();
                assert_eq!(found.len(), expected.len(), "{content:?}: {found:?}");
                for (found, (line, message)) in found.iter().zip(expected) {
                    assert_eq!(
                        (found.line, found.finding.rule),
                        (*line, "quotes"),
                        "{content:?}"
                    );
                    assert!(
                        found.finding.message.contains(message),
                        "{content:?}: {found}"
                    );
                    assert!(found.finding.hint.is_some(), "{content:?}");
                }
            }
        }
    }
    let header = only_finding("rows.csv", "id,\"Prompt\na,x\n");
    assert_eq!((header.line, header.finding.rule), (1, "quotes"));
}

#[test]
fn a_broken_line_does_not_hide_the_others() {
    let mut content = String::new();
    for n in 1..=60_000 {
        if n == 50_001 {
            content.push_str("{\"id\":\n");
        } else {
            writeln!(content, "{{\"id\":\"{n}\",\"Prompt\":\"a\"}}").unwrap();
        }
    }
    let plan = planned("rows.jsonl", content);
    assert_eq!(rules(&plan), [(50_001, "format-json")]);
    assert_eq!((plan.rows, plan.refused), (60_000, 1));
}

#[test]
fn a_line_that_is_too_long_is_skipped_without_being_kept() {
    let long = "x".repeat(LONGEST_ROW);
    let content = format!("{ROW}\n{{\"id\":\"long\",\"Prompt\":\"{long}\"}}\n{{\"id\":\"x\"}}\n");
    let plan = planned("rows.jsonl", content);
    assert_eq!(rules(&plan)[0], (2, "row-length"));
    assert_eq!(plan.findings.kept()[1].id.as_deref(), Some("x"));
}

#[test]
fn a_cell_of_ten_megabytes_is_read_and_judged() {
    let long = "x".repeat(10_000_000);
    let plan = planned("rows.csv", format!("id,Prompt\na,{long}\nb,y\n"));
    assert_eq!(rules(&plan), [(2, "max-chars")]);
    assert_eq!(plan.rows, 2);
}

#[test]
fn a_quote_that_is_not_closed_is_found_where_it_begins() {
    let mut content = "id,Prompt\na,x\nb,\"y\n".to_owned();
    while content.len() <= LONGEST_ROW + 1_000 {
        content.push_str("c,z\n");
    }
    let plan = planned("rows.csv", content);
    assert_eq!(rules(&plan), [(3, "row-length")]);
    let hint = plan.findings.kept()[0].finding.hint.clone().unwrap();
    assert!(hint.contains("close the quote"), "{hint}");
}

#[test]
fn the_name_of_a_batch_is_that_of_the_file() {
    for (file, name) in [
        ("foxes.jsonl", "foxes"),
        ("spring.2026.CSV", "spring.2026"),
        ("plain", "plain"),
    ] {
        let written = write(file, ROW);
        assert_eq!(written.manifest.name().unwrap().as_str(), name);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("{}.jsonl", "x".repeat(220)));
    fs::write(&path, ROW).unwrap();
    assert!(Manifest::open(path).unwrap().name().is_err());
}
