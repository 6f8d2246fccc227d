//! Files that are no description, or not the right one: a clear word, and nothing written.

use std::{
    fs::{self, File},
    path::PathBuf,
};

use serde_json::{Value, json};
use xtask::import::{Options, write};

use crate::support::{
    FRAME, SKETCH, Workspace, assert_snapshot, description, difference, member, members,
};

/// Returns the errors of an import and of a comparison, which change nothing.
fn refusals(write: impl Fn(&Workspace) -> PathBuf) -> String {
    let workspace = Workspace::new();
    let file = write(&workspace);
    let refusal = workspace.refusal(&Options::new(&file));
    let file = file.to_str().expect("UTF-8");
    let other = difference(workspace.root(), file, file).expect_err("no comparison");
    assert_eq!(refusal, other);
    refusal
}

fn bytes(bytes: &[u8]) -> String {
    refusals(|workspace| workspace.write("api.json", bytes))
}

/// Returns the errors about a changed description.
fn changed(change: impl Fn(&mut Value)) -> String {
    let mut file = description();
    change(&mut file);
    bytes(file.to_string().as_bytes())
}

fn without(file: &mut Value, part: &str, name: &str) {
    file[part].as_object_mut().expect(part).remove(name);
}

#[test]
fn a_file_without_a_description() {
    let whole = description().to_string();
    let cases = [
        ("empty", bytes(b"")),
        ("truncated", bytes(&whole.as_bytes()[..whole.len() / 2])),
        ("not UTF-8", bytes(b"{\"version\": \"\xff\"}")),
        ("another JSON", bytes(b"[1, 2]")),
        ("an empty object", bytes(b"{}")),
        ("very deep", bytes("[".repeat(200_000).as_bytes())),
    ];
    let lines = cases.map(|(name, text)| format!("{name}:\n{text}\n"));
    assert_snapshot("import-no-description", &lines.join("\n"));
}

#[test]
fn a_missing_file() {
    let refusal = Workspace::new().refusal(&Options::new("none.json"));
    let says = "error: none.json: cannot read the file: ";
    assert!(refusal.starts_with(says), "{refusal}");
}

#[test]
fn another_description() {
    let unknown = |file: &mut Value| {
        members(file, "CreateAigcSketchRequest").push(member("Odd", "map", "string"));
    };
    let cases = [
        (
            "another service",
            changed(|file| file["metadata"]["serviceShortName"] = "vod".into()),
        ),
        (
            "another version",
            changed(|file| file["metadata"]["apiVersion"] = "2030-01-01".into()),
        ),
        (
            "another format",
            changed(|file| file["version"] = "2.0".into()),
        ),
        (
            "a number for a format",
            changed(|file| file["version"] = 2.into()),
        ),
        (
            "a list of actions",
            changed(|file| file["actions"] = json!([])),
        ),
        (
            "no objects",
            changed(|file| drop(file.as_object_mut().expect("JSON").remove("objects"))),
        ),
        ("an unknown type", changed(unknown)),
        (
            "an unknown kind of object",
            changed(|file| {
                file["objects"]["SketchFrame"]["type"] = "union".into();
            }),
        ),
        (
            "members of another shape",
            changed(|file| {
                file["objects"]["SketchFrame"]["members"] = json!({ "Url": "string" });
            }),
        ),
        (
            "a member without a type",
            changed(|file| {
                members(file, "SketchFrame").push(json!({ "name": "Odd", "member": "string" }));
            }),
        ),
        (
            "a missing object",
            changed(|file| without(file, "objects", "SketchFrame")),
        ),
        (
            "a member twice",
            changed(|file| {
                members(file, "SketchFrame").push(member("Url", "string", "string"));
            }),
        ),
        (
            "a name that is a path",
            changed(|file| {
                members(file, "SketchFrame").push(member("Way", "object", "../../Out"));
            }),
        ),
        (
            "an object that is none",
            changed(|file| file["objects"]["SketchFrame"] = Value::Null),
        ),
        (
            "text that would run over",
            changed(|file| file["version"] = format!("\u{1b}[31m{}", "1".repeat(500)).into()),
        ),
        (
            "a name that is code",
            changed(|file| {
                members(file, "SketchFrame").push(member("A\"\ndoc = \"", "string", "string"));
            }),
        ),
    ];
    let lines = cases.map(|(name, text)| format!("{name}:\n{text}\n"));
    assert_snapshot("import-another-description", &lines.join("\n"));
}

/// 100 MB, of which not one byte is read.
#[test]
fn a_very_large_file() {
    let refusal = refusals(|workspace| {
        let path = workspace.root().join("api.json");
        let file = File::create(&path).expect("file");
        file.set_len(100_000_000).expect("a file with a hole");
        path
    });
    assert!(refusal.ends_with("the file has more than 16 MiB; a description has about 2"));
}

/// A file whose length is unknown before it is read.
#[cfg(target_os = "linux")]
#[test]
fn a_file_without_an_end() {
    let refusal = Workspace::new().refusal(&Options::new("/dev/zero"));
    assert!(refusal.contains("more than 16 MiB"), "{refusal}");
}

#[test]
fn an_action_that_is_not_in_the_file() {
    let workspace = Workspace::new();
    let mut options = workspace.options(&description());
    options.actions.push("CreateAigcSkech".to_owned());
    assert_snapshot("import-no-action", &workspace.refusal(&options));
}

/// Two structs whose names differ in letter case only would share a file.
#[test]
fn names_that_become_the_same_file() {
    let mut file = description();
    let request = members(&mut file, "CreateAigcSketchRequest");
    request.push(member("Other", "object", "SketchFRAME"));
    file["objects"]["SketchFRAME"] = json!({ "members": [] });
    let workspace = Workspace::new();
    let refusal = workspace.refusal(&workspace.options(&file));
    assert!(refusal.contains("two names become this file"), "{refusal}");
}

#[test]
fn a_specification_with_mistakes_is_not_changed() {
    let workspace = Workspace::new();
    workspace.replace("enums.toml", "[[enum]]", "[[enum]");
    let refusal = workspace.refusal(&workspace.options(&description()));
    assert!(refusal.contains("error[E0101]"), "{refusal}");
}

/// A folder in the way of the last of three files: the first two are not written either.
#[test]
fn nothing_is_written_unless_all_files_can_be() {
    let workspace = Workspace::new();
    let before = workspace.files();
    let in_the_way = workspace.write("spec/structs/sketch_frame.toml.import/kept", "");
    let files = [SKETCH, "actions/new.toml", FRAME];
    let files = files.map(|path| (path.to_owned(), "name = \"other\"".to_owned()));
    let refusal = write::all(&workspace.root().join("spec"), &files.into());
    let refusal = refusal.expect_err("a folder in the way").to_string();
    assert!(refusal.contains("cannot write the file"), "{refusal}");
    fs::remove_dir_all(in_the_way.parent().expect("folder")).expect("folder");
    assert_eq!(workspace.files(), before);
}

#[test]
fn invalid_arguments_are_refused() {
    for words in [
        &[][..],
        &["--dry-run"],
        &["a.json", "b.json"],
        &["a.json", "--action"],
        &["a.json", "--force"],
    ] {
        Options::parse(words).expect_err("no sense");
    }
    let options = Options::parse(&["--action", "A", "f", "--dry-run", "--action", "B"]);
    let options = options.expect("sense");
    assert_eq!(options.actions, ["A", "B"]);
    assert!(options.dry_run);
}
