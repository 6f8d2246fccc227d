//! Actions of which only the structure is specified, added from the fingerprint.

use serde_json::{Value, json};
use xtask::{
    add::{Options, add},
    codegen::generate,
    import::import,
    model,
};

use crate::support::{Workspace, description, member};

/// The description with an action that the specification does not have: a struct of its own that
/// contains itself, one with the name of the action, and published values.
fn newer() -> Value {
    let mut file = description();
    file["actions"]["EmbedSketch"] = json!({
        "input": "EmbedSketchRequest", "output": "EmbedSketchResponse", "status": "online",
    });
    let mut style = member("Style", "string", "string");
    style["document"] = "Enumeration values: <ul><li>ink: Ink</li><li>oil: Oil</li></ul>".into();
    let mut url = member("ImageUrl", "string", "string");
    url["required"] = true.into();
    file["objects"]["EmbedSketchRequest"] = json!({ "type": "object", "members": [
        url, style, member("Data", "object", "EmbedSketch"), member("Frames", "list", "SketchFrame"),
    ]});
    file["objects"]["EmbedSketchResponse"] = json!({ "type": "object", "members": [
        member("Tree", "object", "SketchTree"), member("RequestId", "string", "string"),
    ]});
    file["objects"]["EmbedSketch"] = json!({ "members": [member("Size", "int", "int64")] });
    file["objects"]["SketchTree"] =
        json!({ "members": [member("Branch", "object", "SketchTree")] });
    file
}

fn options(words: &[&str]) -> Options {
    Options::parse(words).expect("options")
}

/// A specification whose description last seen has the action.
fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.import(&newer());
    workspace
}

fn refusal(workspace: &Workspace, words: &[&str]) -> String {
    let before = workspace.files();
    let failure = add(workspace.root(), &options(words)).expect_err("a refusal");
    assert_eq!(workspace.files(), before);
    failure.to_string()
}

#[test]
fn one_command_leads_to_code_without_an_edit() {
    let workspace = workspace();
    let examples = workspace.write(
        "examples.json",
        json!({ "actions": { "EmbedSketch": [
            {
                "title": "Two frames",
                "input": "POST / HTTP/1.1\nX-TC-Action: EmbedSketch\n\n{\"ImageUrl\": \"https://example.com/a.png\", \"Style\": null}",
                "output": "{\"Response\": {\"Tree\": {\"Branch\": {}}, \"RequestId\": \"r\"}}",
            },
            { "title": "Broken", "input": "{\"ImageUrl\": }", "output": "{}" },
            { "title": "Odd", "input": "{\"Size\": 1}", "output": "{\"Response\": {}}" },
        ] } })
        .to_string(),
    );
    let words = [
        "EmbedSketch",
        "--examples",
        examples.to_str().expect("UTF-8"),
    ];
    let added = add(workspace.root(), &options(&words)).expect("an addition");
    assert_eq!(added.structs, ["EmbedSketch", "SketchTree"]);
    assert_eq!(
        added.renamed,
        [("EmbedSketch".to_owned(), "EmbedSketchItem".to_owned())]
    );
    assert_eq!(added.examples, 1);
    assert_eq!(added.skipped.len(), 2, "{:?}", added.skipped);
    workspace.check().expect("nothing to edit");
    let (sources, _) = model::read(&workspace.root().join("spec"));
    let generated = generate(&sources).expect("code");
    let action = &generated["generated/actions/embed_sketch.rs"];
    assert!(action.contains("effect: Effect::Control"), "{action}");
    assert!(action.contains("described: false"), "{action}");
    assert!(
        action.contains("pub data: Option<EmbedSketchItem>"),
        "{action}"
    );
    assert!(
        action.contains("Values that the texts name: `ink`, `oil`."),
        "{action}"
    );
    let tree = &generated["generated/structs/sketch_tree.rs"];
    assert!(
        tree.contains("pub branch: Option<Box<SketchTree>>"),
        "{tree}"
    );
    // What a person adds is asked for as soon as the tier is gone.
    workspace.replace(
        "actions/embed_sketch.toml",
        "tier = \"structure-only\"\n",
        "",
    );
    let asked = workspace.check().expect_err("prose is missing");
    for key in ["summary", "effect", "rate_limit", "doc_url", "doc"] {
        assert!(asked.contains(&format!("`{key}`")), "{key}: {asked}");
    }
}

/// Only what an import saw appear has a day; what the first description had may be older.
#[test]
fn the_day_of_a_release_is_that_of_the_description_that_brought_it() {
    let workspace = Workspace::new();
    let mut options_of_import = workspace.options(&newer());
    options_of_import.source = "API description of 2026-11-03".to_owned();
    import(workspace.root(), &options_of_import).expect("an import");
    let mut later = newer();
    later["objects"]["EmbedSketch"]["document"] = "Changed since.".into();
    let mut options_of_import = workspace.options(&later);
    options_of_import.source = "API description of 2026-11-10".to_owned();
    import(workspace.root(), &options_of_import).expect("another import");
    add(workspace.root(), &options(&["--all"])).expect("an addition");
    let day = "since = { intl = 2026-11-03 }";
    assert!(workspace.file("actions/embed_sketch.toml").contains(day));
    assert!(workspace.file("structs/sketch_tree.toml").contains(day));
    assert!(
        !workspace
            .file("actions/create_transcript.toml")
            .contains("since")
    );
    workspace.check().expect("nothing to edit");
}

#[test]
fn every_action_can_be_added_once() {
    let workspace = workspace();
    let added = add(workspace.root(), &options(&["--all"])).expect("an addition");
    assert_eq!(added.actions, ["CreateTranscript", "EmbedSketch"]);
    let again = add(workspace.root(), &options(&["--all"])).expect("nothing left");
    assert!(again.files.is_empty());
}

#[test]
fn actions_that_cannot_be_added() {
    let workspace = workspace();
    let known = refusal(&workspace, &["CreateAigcSketch"]);
    assert!(
        known.contains("has the action `CreateAigcSketch` already"),
        "{known}"
    );
    let unknown = refusal(&workspace, &["EmbedSketsh"]);
    assert!(unknown.contains("did you mean `EmbedSketch`?"), "{unknown}");
    let site = refusal(&workspace, &["EmbedSketch", "--site", "cn"]);
    assert!(
        site.contains("no description of the site `cn` was imported"),
        "{site}"
    );
    assert!(Options::parse(&[]).is_err());
    assert!(Options::parse(&["--all", "EmbedSketch"]).is_err());
}
