//! The code and the diagnostics of `families.toml`.

use xtask::{
    codegen::{Generated, api, command_line, facade},
    model::{SourceFile, Sources},
};

use crate::support::{assert_snapshot, diagnostics, fixture, generated};

const FAMILIES: &str = "families.toml";

fn facade_of(files: Vec<SourceFile>) -> Generated {
    let sources = Sources::new(files);
    let api = api(&sources).expect("a sound specification");
    facade(&api).expect("code")
}

#[test]
fn families_of_the_models_and_the_facade() {
    let models = generated(fixture("tasks"));
    assert_snapshot("tasks-models", &models["generated/task_family.rs"]);
    let facade = facade_of(fixture("tasks"));
    assert_snapshot("tasks-facade", &facade["generated.rs"]);
}

#[test]
fn families_of_the_command_line() {
    let sources = Sources::new(fixture("tasks"));
    let api = api(&sources).expect("a sound specification");
    let code = command_line(&api).expect("code");
    assert_snapshot("tasks-command-line", &code["generated.rs"]);
}

#[test]
fn a_specification_without_families_has_no_facade() {
    assert_eq!(facade_of(fixture("example")), Generated::new());
}

/// The fixture with one text replaced, and the one mistake that follows.
fn mistake(name: &str, from: &str, to: &str) {
    let mut files = fixture("tasks");
    let file = files.iter_mut().find(|file| file.path == FAMILIES);
    let file = file.expect(FAMILIES);
    assert!(file.text.contains(from), "{FAMILIES} has no {from}");
    file.text = file.text.replacen(from, to, 1);
    let text = diagnostics(files);
    assert_eq!(text.matches("error[E").count(), 1, "{text}");
    assert_snapshot(&format!("mistake-family-{name}"), &text);
}

#[test]
fn mistakes_in_families() {
    let create = "action = \"CreateFilm\"";
    mistake("action", "\"DescribeFilm\"", "\"DescribeFlim\"");
    mistake("status", "status = \"State\"", "status = \"Message\"");
    mistake("code", "code = \"Code\"", "code = \"Message\"");
    mistake("member", "\"Parts[].Url\"", "\"Parts[].Uri\"");
    mistake("list", "\"Parts[].Url\"", "\"Parts.Url\"");
    mistake("no-list", "\"Info.Urls\"", "\"Info[].Urls\"");
    mistake("size", "\"Info.Size\"", "\"Parts[].Url\"");
    mistake("duration", "\"Parts[].Seconds\"", "\"Code\"");
    mistake("kind", "member = \"Title\"", "member = \"Tilte\"");
    mistake("kind-word", "kind = \"scene\"", "kind = \"seen\"");
    mistake("target", "\"Look.Grain\"", "\"Look.Grains\"");
    mistake("option", "grain = \"Look", "grian = \"Look");
    mistake(
        "word",
        create,
        &format!("{create}\nword = \"film\"\ndoc = \"A film\""),
    );
    mistake("task-id", create, "action = \"DescribeFilm\"");
}
