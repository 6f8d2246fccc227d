//! Bringing generated files to disk, and finding out that they are not there.

use std::{fs, path::Path};

use tempfile::TempDir;
use xtask::{
    cli,
    codegen::{Generated, api},
    model::Sources,
    output::{Change, Extent, Mode, Outcome, update, update_part},
    pages, targets,
};

use crate::support::{assert_snapshot, generated, real, workspace};

fn wanted() -> Generated {
    let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    Generated::from([
        file("mod.rs", "mod a;\n"),
        file("a/mod.rs", "pub struct One;\npub struct Two;\n"),
    ])
}

/// A directory in which everything is as it should be.
fn written() -> TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    update(&wanted(), dir.path(), Mode::Write).expect("written");
    dir
}

/// Returns the differences that a check finds and a write then removes.
fn found(dir: &Path) -> String {
    let outcome = update(&wanted(), dir, Mode::Check).expect("checked");
    update(&wanted(), dir, Mode::Write).expect("written");
    assert!(is_clean(dir), "a write left something to be desired");
    describe(&outcome)
}

fn is_clean(dir: &Path) -> bool {
    update(&wanted(), dir, Mode::Check)
        .expect("checked")
        .changes
        .is_empty()
}

fn describe(outcome: &Outcome) -> String {
    let text =
        |change: &Change| format!("{} {}\n{}", change.kind(), change.path, change.diff("out"));
    let texts: Vec<String> = outcome.changes.iter().map(text).collect();
    texts.join("\n")
}

#[test]
fn written_files_are_up_to_date() {
    assert!(is_clean(written().path()));
}

#[test]
fn a_missing_directory_is_all_new() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let inside = dir.path().join("not/there");
    assert_snapshot("writer-new", &found(&inside));
}

#[test]
fn an_edited_file_is_drift() {
    let dir = written();
    fs::write(
        dir.path().join("a/mod.rs"),
        "pub struct One;\npub struct Three;\n",
    )
    .expect("edit");
    assert_snapshot("writer-drift", &found(dir.path()));
}

#[test]
fn a_file_of_an_earlier_generator_is_stale() {
    let dir = written();
    fs::create_dir(dir.path().join("b")).expect("folder");
    fs::write(dir.path().join("b/mod.rs"), "pub struct Gone;\n").expect("file");
    assert_snapshot("writer-stale", &found(dir.path()));
    assert!(!dir.path().join("b").exists(), "the empty folder is left");
}

#[test]
fn an_unexpected_file_of_any_kind_is_reported() {
    let dir = written();
    fs::write(dir.path().join("a/notes.bin"), b"\xff\xfe").expect("file");
    let found = found(dir.path());
    assert!(found.starts_with("stale a/notes.bin"), "{found}");
}

#[test]
fn a_check_changes_nothing() {
    let dir = written();
    let path = dir.path().join("mod.rs");
    fs::write(&path, "edited\n").expect("edit");
    update(&wanted(), dir.path(), Mode::Check).expect("checked");
    assert_eq!(fs::read_to_string(path).expect("file"), "edited\n");
}

/// Generated pages are in a folder with hand-written ones.
#[test]
fn only_marked_files_of_a_shared_folder_are_managed() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = |name: &str| dir.path().join(name);
    fs::write(file("by-hand.md"), "# Ours\n").expect("file");
    fs::write(file("old.md"), "<!-- made -->\n# Gone\n").expect("file");
    let page = ("new.md".to_owned(), "<!-- made -->\n# New\n".to_owned());
    let pages = Generated::from([page]);
    let extent = Extent::Marked("<!-- made -->");
    let outcome = update_part(&pages, dir.path(), extent, Mode::Write).expect("written");
    let kinds = outcome.changes.iter().map(|it| (it.kind(), &*it.path));
    assert_eq!(
        kinds.collect::<Vec<_>>(),
        [("new", "new.md"), ("stale", "old.md")]
    );
    assert!(file("by-hand.md").exists() && !file("old.md").exists());
    let outcome = update_part(&pages, dir.path(), extent, Mode::Check).expect("checked");
    assert!(outcome.changes.is_empty());
}

#[test]
fn an_unwritable_place_is_an_error() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = dir.path().join("file");
    fs::write(&file, "").expect("file");
    update(&wanted(), &file, Mode::Write).expect_err("a file is no directory");
}

#[test]
fn the_checked_in_code_is_up_to_date() {
    let dir = workspace().join("crates/mps-models/src");
    let extent = Extent::Module("generated");
    let outcome = update_part(&generated(real()), &dir, extent, Mode::Check).expect("checked");
    assert!(
        outcome.changes.is_empty(),
        "run `cargo xtask codegen`\n{}",
        describe(&outcome)
    );
}

#[test]
fn the_checked_in_pages_are_up_to_date() {
    let sources = Sources::new(real());
    let api = api(&sources).expect("a sound specification");
    let pages = pages::generate(&api).expect("pages");
    let extent = Extent::Marked(pages::MARK);
    let outcome = update_part(&pages, &workspace().join("docs"), extent, Mode::Check);
    let outcome = outcome.expect("checked");
    let told = describe(&outcome);
    assert!(
        outcome.changes.is_empty(),
        "run `cargo xtask codegen`\n{told}"
    );
}

/// A workspace of its own with the repository's specification.
fn copy_of_the_workspace() -> TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for file in real() {
        let path = dir.path().join("spec").join(&file.path);
        fs::create_dir_all(path.parent().expect("folder")).expect("folder");
        fs::write(path, file.text).expect("file");
    }
    dir
}

#[test]
fn drift_names_the_command_that_fixes_it() {
    let dir = copy_of_the_workspace();
    targets::codegen(dir.path(), Mode::Write).expect("written");
    targets::codegen(dir.path(), Mode::Check).expect("clean");
    let spec = dir
        .path()
        .join("spec/actions/describe_aigc_video_task.toml");
    let text = fs::read_to_string(&spec).expect("file");
    fs::write(&spec, text.replace("rate_limit = 50", "rate_limit = 40")).expect("edit");
    let failure = targets::codegen(dir.path(), Mode::Check).expect_err("drift");
    assert_snapshot("verb-drift", &failure.to_string());
}

#[test]
fn an_invalid_specification_writes_nothing() {
    let dir = copy_of_the_workspace();
    fs::write(dir.path().join("spec/enums.toml"), "[[enum]]\nname = 1\n").expect("edit");
    let failure = targets::codegen(dir.path(), Mode::Write)
        .expect_err("a mistake")
        .to_string();
    assert!(failure.contains("error[E0104]"), "{failure}");
    assert!(failure.contains("spec/enums.toml:2:8"), "{failure}");
    assert!(!dir.path().join("crates").exists());
}

#[test]
fn an_unknown_command_lists_the_known_ones() {
    let failure = cli::run(&["codgen".to_owned()]).expect_err("no such verb");
    assert_snapshot("verb-unknown", &failure.to_string());
}
