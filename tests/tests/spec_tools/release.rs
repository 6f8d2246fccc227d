//! The proposed release: its version, its entry and its files.

use std::process::Command;

use mps_tests::bounded;
use xtask::{
    diff::Class,
    release::{Options, Proposal, Version, notes, release},
};

use crate::support::{SKETCH, Workspace, assert_snapshot};

const MANIFEST: &str = "[workspace.package]\nversion = \"0.3.1\"\n\n[workspace.dependencies]\n\
                        mps-models = { path = \"crates/mps-models\", version = \"0.3.1\" }\n\
                        other = { version = \"0.3.1\" }\n";

const CHANGELOG: &str =
    "# Changelog\n\n## Unreleased\n\n### Added\n- A thing.\n\n## 0.3.1 - 2026-01-01\n\nOld.\n";

const API: &str = "tests/tests/snapshots/public-api-mps-core.snap";

/// A repository whose last release is 0.3.1.
fn repository() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("Cargo.toml", MANIFEST);
    workspace.write("CHANGELOG.md", CHANGELOG);
    workspace.write(API, "pub fn a()\npub fn b()\n");
    for arguments in [
        &["init", "--quiet"][..],
        &["add", "."],
        &["commit", "--quiet", "--message", "one"],
        &["tag", "v0.3.1"],
    ] {
        git(&workspace, arguments);
    }
    workspace
}

fn git(workspace: &Workspace, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=a", "-c", "user.email=a@example.com"]);
    command.args(arguments).current_dir(workspace.root());
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        command.env_remove(variable);
    }
    assert!(bounded::status(&mut command).expect("git").success());
}

fn proposal(workspace: &Workspace, words: &[&str]) -> Proposal {
    let words = [&["--date", "2026-11-27"], words].concat();
    let options = Options::parse(&words).expect("options");
    release(workspace.root(), &options).unwrap_or_else(|failure| panic!("{failure}"))
}

#[test]
fn the_gravest_difference_decides_the_version() {
    let workspace = repository();
    let version = |words: &[&str]| {
        let found = proposal(&workspace, words);
        (found.version.to_string(), found.class)
    };
    assert_eq!(
        version(&[]),
        ("0.3.2".to_owned(), Some(Class::Documentation))
    );
    workspace.write(API, "pub fn a()\npub fn b()\npub fn c()\n");
    assert_eq!(version(&[]), ("0.3.2".to_owned(), Some(Class::Compatible)));
    let asked = version(&["--at-least", "breaking"]);
    assert_eq!(asked, ("0.4.0".to_owned(), Some(Class::Breaking)));
    workspace.replace(SKETCH, "max_chars = 100", "max_chars = 80");
    assert_eq!(version(&[]), ("0.4.0".to_owned(), Some(Class::Breaking)));
    assert_snapshot("release-proposal", &proposal(&workspace, &[]).to_string());
}

#[test]
fn a_line_of_the_public_api_that_is_gone_is_breaking() {
    let workspace = repository();
    workspace.write(API, "pub fn a()\n");
    assert_eq!(proposal(&workspace, &[]).version.to_string(), "0.4.0");
}

#[test]
fn the_files_of_a_release() {
    let workspace = repository();
    let files = proposal(&workspace, &["--write"]).files;
    let read = |path: &str| std::fs::read_to_string(workspace.root().join(path)).expect("file");
    assert_eq!(read("Cargo.toml"), files["Cargo.toml"]);
    let manifest = read("Cargo.toml");
    assert_eq!(manifest.matches("0.3.2").count(), 2, "{manifest}");
    assert!(
        manifest.contains("other = { version = \"0.3.1\" }"),
        "{manifest}"
    );
    assert_eq!(
        read("CHANGELOG.md"),
        "# Changelog\n\n## Unreleased\n\n## 0.3.2 - 2026-11-27\n\n### Added\n- A thing.\n\n\
         ## 0.3.1 - 2026-01-01\n\nOld.\n"
    );
    git(
        &workspace,
        &["commit", "--quiet", "--all", "--message", "two"],
    );
    git(&workspace, &["tag", "v0.3.2"]);
    let options = Options::parse(&[]).expect("options");
    let nothing = release(workspace.root(), &options)
        .expect_err("nothing")
        .to_string();
    assert!(
        nothing.contains("nothing changed since v0.3.2"),
        "{nothing}"
    );
}

#[test]
fn versions_after_one() {
    let next = |class| {
        Version::of_tag("v1.2.3")
            .expect("a version")
            .next(class)
            .to_string()
    };
    assert_eq!(next(Class::Breaking), "2.0.0");
    assert_eq!(next(Class::Compatible), "1.3.0");
    assert_eq!(next(Class::Documentation), "1.2.4");
    assert!(Version::of_tag("v1.2").is_err());
}

#[test]
fn the_notes_of_a_tag_are_its_entry_and_the_tag_is_the_version() {
    let workspace = repository();
    let of = |tag: &str| notes(workspace.root(), tag).map_err(|failure| failure.to_string());
    assert_eq!(of("v0.3.1"), Ok("Old.\n".to_owned()));
    for tag in ["v0.3.2", "0.3.1", "v0.3"] {
        let refused = of(tag).expect_err(tag);
        assert!(
            refused.contains("Cargo.toml has the version 0.3.1"),
            "{refused}"
        );
    }
    workspace.write("CHANGELOG.md", "# Changelog\n\n## Unreleased\n");
    let missing = of("v0.3.1").expect_err("an entry");
    assert!(
        missing.contains("no heading `## 0.3.1 - DATE`"),
        "{missing}"
    );
}

#[test]
fn a_prepared_release_has_notes() {
    let workspace = repository();
    workspace.write(API, "pub fn a()\n");
    let proposal = proposal(&workspace, &["--write"]);
    let notes = notes(workspace.root(), &format!("v{}", proposal.version));
    let notes = notes.unwrap_or_else(|failure| panic!("{failure}"));
    assert!(notes.starts_with("### Added\n- A thing."), "{notes}");
    assert!(!notes.contains("Old."), "{notes}");
}
