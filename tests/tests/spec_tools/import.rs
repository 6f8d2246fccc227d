//! The changes of an import.

use serde_json::{Value, json};
use similar::TextDiff;
use xtask::{
    cli::{self, ExitCode},
    import::{Options, import},
};

use crate::support::{FRAME, SKETCH, Workspace, assert_snapshot, description, member, members};

/// The description with something new of every kind in it.
fn newer() -> Value {
    let mut file = description();
    let request = members(&mut file, "CreateAigcSketchRequest");
    request.insert(0, member("Model", "string", "string"));
    request.insert(2, member("Seed", "int", "uint64"));
    request.insert(3, member("Style", "object", "SketchStyle"));
    request.push(member("Notes", "list", "string"));
    members(&mut file, "CreateAigcSketchResponse").insert(1, member("Queue", "int", "int64"));
    members(&mut file, "SketchFrame").insert(1, member("Late", "bool", "bool"));
    file["objects"]["SketchStyle"] = json!({ "members": [
        { "name": "Ink", "type": "string", "member": "string", "required": true },
        { "name": "Frames", "type": "list", "member": "SketchFrame" },
    ]});
    file
}

#[test]
fn a_description_that_matches_changes_nothing() {
    let workspace = Workspace::new();
    let before = workspace.files();
    let import = workspace.import(&description());
    assert_snapshot("import-nothing", &import.report.to_string());
    assert!(import.files.is_empty());
    assert_eq!(workspace.files(), before);
}

#[test]
fn new_parts_become_stubs_and_other_bytes_are_kept() {
    let workspace = Workspace::new();
    let before = workspace.files();
    let import = workspace.import(&newer());
    assert_snapshot("import-new", &import.report.to_string());
    let mut difference = String::new();
    for (path, after) in workspace.files() {
        let before = before.get(&path).map_or("", String::as_str);
        let diff = TextDiff::from_lines(before, &after);
        assert!(
            diff.iter_all_changes()
                .all(|line| line.tag() != similar::ChangeTag::Delete || line.missing_newline()),
            "{path} lost a line"
        );
        let diff = diff.unified_diff().header(&path, &path).to_string();
        difference.push_str(&diff);
    }
    assert_snapshot("import-new-files", &difference);
}

#[test]
fn a_second_run_changes_nothing() {
    let workspace = Workspace::new();
    assert!(!workspace.import(&newer()).files.is_empty());
    let after = workspace.files();
    let again = workspace.import(&newer());
    assert!(again.files.is_empty() && again.report.new.is_empty());
    assert_eq!(workspace.files(), after);
}

#[test]
fn stubs_are_refused_until_they_are_described() {
    let workspace = Workspace::new();
    workspace.check().expect("sound before");
    let mut file = description();
    members(&mut file, "SketchFrame").push(member("Late", "bool", "bool"));
    workspace.import(&file);
    let refusal = workspace.check().expect_err("a stub");
    assert_eq!(refusal.matches("error[E0108]").count(), 2, "{refusal}");
    workspace.replace(FRAME, "doc = \"TODO\"", "doc = \"Whether it is late.\"");
    workspace.replace(FRAME, "source = \"TODO\"", "source = \"a page\"");
    workspace.check().expect("sound again");
    assert!(workspace.import(&file).files.is_empty());
}

#[test]
fn a_requested_action_is_imported() {
    let mut file = description();
    file["actions"]["ModifyAigcSketch"] = json!({
        "input": "DescribeAigcSketchRequest", "output": "DescribeAigcSketchResponse",
        "status": "online",
    });
    let workspace = Workspace::new();
    let import = workspace.import(&file);
    assert_eq!(import.report.others, ["ModifyAigcSketch"]);
    assert_eq!(import.report.written, ["published/intl.json"]);
    let mut options = workspace.options(&file);
    options.actions.push("ModifyAigcSketch".to_owned());
    options.source = "API description of \"today\"".to_owned();
    let import = import_with(&workspace, &options);
    assert_snapshot("import-action", &import.report.to_string());
    assert_snapshot(
        "import-action-file",
        &workspace.file("actions/modify_aigc_sketch.toml"),
    );
    // Effect and rate limit are nothing to guess, so they are refused as well.
    let refusal = workspace.check().expect_err("a stub");
    assert!(
        refusal.contains("`effect` is not described yet"),
        "{refusal}"
    );
    assert!(refusal.contains("error[E0308]"), "{refusal}");
    let again = import_with(&workspace, &options);
    assert!(again.files.is_empty());
}

#[test]
fn a_dry_run_writes_nothing() {
    let workspace = Workspace::new();
    let before = workspace.files();
    let mut options = workspace.options(&newer());
    options.dry_run = true;
    let import = import_with(&workspace, &options);
    assert_eq!(workspace.files(), before);
    assert_eq!(import.files.len(), 4);
    assert!(
        import.report.to_string().contains("would write"),
        "{}",
        import.report
    );
}

#[test]
fn removed_and_differing_parts_are_reported_and_kept() {
    let mut file = description();
    let request = members(&mut file, "CreateAigcSketchRequest");
    request[2]["required"] = false.into();
    request.swap(0, 2);
    members(&mut file, "DescribeAigcSketchRequest").clear();
    let frame = members(&mut file, "SketchFrame");
    frame[1]["type"] = "int".into();
    frame[0]["required"] = false.into();
    file["actions"]["DescribeAigcSketch"]["status"] = "offline".into();
    let workspace = Workspace::new();
    let before = workspace.files();
    let import = workspace.import(&file);
    assert_snapshot("import-differing", &import.report.to_string());
    assert_eq!(workspace.files(), before);
}

#[test]
fn a_removed_action_removes_its_structs() {
    let mut file = description();
    let actions = file["actions"].as_object_mut().expect("actions");
    actions.remove("CreateAigcSketch");
    let report = Workspace::new().import(&file).report;
    let gone: Vec<_> = report.gone.iter().map(|note| &*note.path).collect();
    assert_eq!(gone, ["CreateAigcSketch", "SketchFrame"]);
}

#[test]
fn a_withdrawn_member_is_not_reported() {
    let workspace = Workspace::new();
    workspace.replace(FRAME, "min = 0", "until = 2026-01-01\nmin = 0");
    let mut file = description();
    members(&mut file, "SketchFrame").remove(1);
    assert!(workspace.import(&file).report.gone.is_empty());
}

/// A stub is updated from the file until it is described.
#[test]
fn a_stub_is_updated_from_the_file() {
    let workspace = Workspace::new();
    let mut file = description();
    let frame = members(&mut file, "SketchFrame");
    frame.push(member("Late", "bool", "bool"));
    workspace.import(&file);
    let frame = members(&mut file, "SketchFrame");
    frame[3] = member("Late", "string", "string");
    frame[3]["required"] = true.into();
    let import = workspace.import(&file);
    assert_snapshot("import-changed", &import.report.to_string());
    let text = workspace.file(FRAME);
    assert!(
        text.contains("name = \"Late\"\ntype = \"String\"\n"),
        "{text}"
    );
    assert!(text.ends_with("required = true\n"), "{text}");
    assert!(workspace.import(&file).files.is_empty());
}

/// The first members of a message are inserted before the tables that follow.
#[test]
fn the_first_member_of_a_message_is_inserted_at_its_place() {
    let workspace = Workspace::new();
    let response = "[[response]]\nname = \"TaskId\"\ntype = \"String\"\ndoc = \"Its id.\"\n\n";
    workspace.replace(SKETCH, response, "");
    workspace.import(&description());
    let text = workspace.file(SKETCH);
    let at = |what: &str| text.find(what).expect(what);
    assert!(at("\"Title\"") < at("[[response]]"), "{text}");
    assert!(at("[[response]]") < at("[[example]]"), "{text}");
}

#[test]
fn exit_codes_state_whether_files_changed() {
    let workspace = Workspace::new();
    let path = workspace.options(&newer()).file;
    let path = path.to_str().expect("UTF-8");
    let run = |words: &[&str]| cli::spec_import(workspace.root(), words).expect("an import");
    assert_eq!(run(&[path, "--dry-run"]), ExitCode::Changed);
    assert_eq!(run(&[path]), ExitCode::Changed);
    assert_eq!(run(&[path]), ExitCode::Success);
}

fn import_with(workspace: &Workspace, options: &Options) -> xtask::import::Import {
    import(workspace.root(), options).unwrap_or_else(|failure| panic!("{failure}"))
}
