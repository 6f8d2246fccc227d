//! The inputs and the reports of a comparison.

use std::process::Command;

use mps_tests::bounded;
use serde_json::Value;
use xtask::{
    cli::{self, ExitCode},
    diff::{Change, Format, Options, render},
};

use crate::support::{
    FRAME, SKETCH, Workspace, assert_snapshot, description, difference, member, members,
};

const ENUMS: &str = "enums.toml";

/// Two folders with a difference of every class.
fn changes() -> Vec<Change> {
    let (old, new) = (Workspace::new(), Workspace::new());
    new.replace(SKETCH, "max_chars = 100", "max_chars = 80")
        .replace(SKETCH, "rate_limit = 10", "rate_limit = 20")
        .replace(FRAME, "doc = \"A frame.\"", "doc = \"One frame.\"")
        .replace(FRAME, "name = \"Weight\"", "name = \"Width\"")
        .replace(ENUMS, "\"DONE\"", "\"ENDED\"");
    let [old, new] = [&old, &new].map(|side| side.root().join("spec").display().to_string());
    difference(new_root(), &old, &new).expect("two folders")
}

/// Folders and files are named from anywhere.
fn new_root() -> &'static std::path::Path {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn one_report_in_three_formats() {
    let changes = changes();
    assert_snapshot("diff-text", &render(&changes, Format::Text));
    assert_snapshot("diff-markdown", &render(&changes, Format::Markdown));
    let json = render(&changes, Format::Json);
    assert_snapshot("diff-json", &json);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["schema"], "mps.spec-diff/1");
    assert_eq!(json["breaking"], 3);
}

#[test]
fn no_difference() {
    for format in [Format::Text, Format::Markdown, Format::Json] {
        let text = render(&[], format);
        assert!(text.to_lowercase().contains("no"), "{text}");
    }
}

#[test]
fn published_descriptions() {
    let workspace = Workspace::new();
    let old = workspace.write("old.json", description().to_string());
    let mut file = description();
    let request = members(&mut file, "CreateAigcSketchRequest");
    request.remove(1);
    request.push(member("Seed", "int", "int64"));
    request[0]["document"] = "Another prompt.".into();
    file["actions"]["CreateAigcMore"] = file["actions"]["DescribeAigcSketch"].clone();
    let new = workspace.write("new.json", file.to_string());
    let [old, new] = [old, new].map(|path| path.display().to_string());
    let changes = difference(workspace.root(), &old, &new).expect("two files");
    let text = render(&changes, Format::Text);
    assert_snapshot("diff-published", &text);
    // Texts of the vendor are compared and not shown.
    assert!(!text.contains("Another prompt"), "{text}");
}

#[test]
fn revisions() {
    let workspace = Workspace::new();
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=a", "-c", "user.email=a@example.com"]);
        command.args(arguments).current_dir(workspace.root());
        for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
            command.env_remove(variable);
        }
        assert!(bounded::status(&mut command).expect("git").success());
    };
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message", "one"]);
    git(&["tag", "old"]);
    workspace.replace(FRAME, "max = 1", "max = 2");
    git(&["commit", "--quiet", "--all", "--message", "two"]);
    workspace.replace(FRAME, "max = 2", "max = 3");

    let text = |old: &str, new: &str| {
        difference(workspace.root(), old, new).map(|changes| render(&changes, Format::Text))
    };
    let committed = text("git:old", "git:HEAD").expect("two revisions");
    assert!(
        committed.contains("SketchFrame.Weight  `max`: 1 -> 2"),
        "{committed}"
    );
    let folder = workspace.root().join("spec").display().to_string();
    let uncommitted = text("git:HEAD~1", &folder).expect("a revision and a folder");
    assert!(uncommitted.contains("`max`: 1 -> 3"), "{uncommitted}");
    let unknown = text("git:nowhere", "git:HEAD").expect_err("no revision");
    assert_eq!(unknown, "error: there is no revision `nowhere`");
    let option = text("git:--output=x", "git:HEAD").expect_err("an option");
    assert!(option.contains("there is no revision"), "{option}");
    git(&["rm", "-r", "--quiet", "-f", "--cached", "spec"]);
    git(&["commit", "--quiet", "--message", "three", "--allow-empty"]);
    let none = text("git:HEAD", "git:old").expect_err("no folder");
    assert_eq!(none, "error: git:HEAD has no folder `spec`");
}

/// Stubs of an import are classified before they are described.
#[test]
fn stubs_are_classified() {
    let (old, new) = (Workspace::new(), Workspace::new());
    let mut file = description();
    members(&mut file, "SketchFrame").push(member("Late", "bool", "bool"));
    new.import(&file);
    let [old, new] = [&old, &new].map(|side| side.root().join("spec").display().to_string());
    let text = render(
        &difference(new_root(), &old, &new).expect("two"),
        Format::Text,
    );
    assert!(
        text.starts_with("compatible (1)\n  SketchFrame.Late  request member added\n"),
        "{text}"
    );
}

#[test]
fn sides_that_cannot_be_compared() {
    let workspace = Workspace::new();
    let file = workspace.write("api.json", description().to_string());
    let (file, folder) = (file.display().to_string(), workspace.root().join("spec"));
    let folder = folder.display().to_string();
    let refused = |old: &str, new: &str| difference(workspace.root(), old, new).expect_err("no");
    let nowhere = refused("v1.0", &folder);
    assert!(
        nowhere.contains("neither a folder") && nowhere.contains("`git:v1.0`"),
        "{nowhere}"
    );
    let both = refused(&file, &folder);
    assert!(both.contains("spec import --dry-run"), "{both}");
    let mut other = description();
    let actions = other["actions"].as_object_mut().expect("actions");
    actions.retain(|name, _| name == "CreateTranscript");
    let other = workspace.write("other.json", other.to_string());
    let none = refused(&other.display().to_string(), &file);
    assert_eq!(none, "error: …/other.json: has no action of AI generation");
    workspace.replace(ENUMS, "[[enum]]", "[[enum]");
    let broken = refused(&folder, &folder);
    assert!(broken.contains("error[E0101]"), "{broken}");
}

#[test]
fn exit_codes_state_the_class() {
    let (old, new) = (Workspace::new(), Workspace::new());
    let [from, to] = [&old, &new].map(|side| side.root().join("spec").display().to_string());
    let run = || cli::spec_diff(new_root(), &[&from, &to]).expect("a comparison");
    assert_eq!(run(), ExitCode::Success);
    new.replace(FRAME, "A frame.", "One frame.");
    assert_eq!(run(), ExitCode::Success);
    new.replace(FRAME, "max = 1", "max = 2");
    assert_eq!(run(), ExitCode::Changed);
    new.replace(FRAME, "min = 0", "min = 1");
    assert_eq!(run(), ExitCode::Breaking);
    let numbers = [ExitCode::Success, ExitCode::Changed, ExitCode::Breaking].map(|code| code as u8);
    assert_eq!(numbers, [0, 10, 20]);
}

#[test]
fn invalid_arguments_are_refused() {
    for words in [
        &["a"][..],
        &["a", "b", "c"],
        &["a", "b", "--format"],
        &["a", "b", "--format", "yaml"],
        &["a", "b", "--formatted"],
        &["a", "b", "--all"],
    ] {
        Options::parse(words).expect_err("no sense");
    }
    for words in [&["a", "--format=json", "b"], &["a", "b", "--format=json"]] {
        assert_eq!(Options::parse(words).expect("sense").format, Format::Json);
    }
}
