//! The comparison of a description with the one that was last seen: each kind of difference with its
//! class, its values before and after, and its exit code.

use serde_json::{Value, json};
use xtask::{
    cli::{self, ExitCode},
    diff::Format,
    import::{Options, import},
};

use crate::support::{Workspace, assert_snapshot, description, member, members};

const REQUEST: &str = "CreateAigcSketchRequest";

/// Returns the exit code of an import, and its report in both formats. The description that was
/// last seen is the fixture's.
fn run(change: impl Fn(&mut Value)) -> (ExitCode, String, String) {
    let workspace = Workspace::new();
    let previous = workspace.write("old.json", description().to_string());
    let mut file = description();
    change(&mut file);
    let mut options = workspace.options(&file);
    options.previous = Some(previous.clone());
    options.release = "3.1.2.1".to_owned();
    options.dry_run = true;
    let report = import(workspace.root(), &options)
        .expect("an import")
        .report;
    let path = options.file.to_str().expect("UTF-8");
    let previous = previous.to_str().expect("UTF-8");
    let words = [path, "--previous", previous, "--release", "3.1.2.1"];
    let code = cli::spec_import(workspace.root(), &words).expect("an import");
    let again = cli::spec_import(workspace.root(), &[path]).expect("an import");
    assert_eq!(again, ExitCode::Success, "the difference is seen by now");
    (
        code,
        report.render(Format::Text, 60_000),
        report.render(Format::Markdown, 60_000),
    )
}

/// Verifies that a change is reported with this exit code and these words in both formats.
#[track_caller]
fn assert_reported(code: ExitCode, words: &[&str], change: impl Fn(&mut Value)) {
    let (found, text, markdown) = run(change);
    assert_eq!(found, code, "{text}");
    let plain = markdown.replace('`', "");
    for word in words {
        let spaced: Vec<&str> = text.split_whitespace().collect();
        assert!(spaced.join(" ").contains(word), "{word}: {text}");
        let word = word.replacen(' ', ": ", usize::from(!word.starts_with(['-', '+'])));
        assert!(plain.contains(&word), "{word}: {markdown}");
    }
}

#[test]
fn a_removed_member() {
    assert_reported(
        ExitCode::Breaking,
        &["CreateAigcSketch.Frames removed: List<SketchFrame>"],
        |file| drop(members(file, REQUEST).remove(1)),
    );
}

#[test]
fn a_required_flag() {
    assert_reported(
        ExitCode::Breaking,
        &["CreateAigcSketch.Prompt required: false -> true"],
        |file| members(file, REQUEST)[0]["required"] = true.into(),
    );
}

#[test]
fn another_type() {
    assert_reported(
        ExitCode::Breaking,
        &["SketchFrame.Weight type: Float -> String"],
        |file| {
            members(file, "SketchFrame")[1] = member("Weight", "string", "string");
        },
    );
}

#[test]
fn a_removed_action() {
    assert_reported(
        ExitCode::Breaking,
        &["DescribeAigcSketch removed: action"],
        |file| {
            let actions = file["actions"].as_object_mut().expect("actions");
            actions.remove("DescribeAigcSketch");
        },
    );
}

#[test]
fn an_action_that_is_offline() {
    assert_reported(
        ExitCode::Breaking,
        &["CreateAigcSketch status: online -> offline"],
        |file| file["actions"]["CreateAigcSketch"]["status"] = "offline".into(),
    );
}

#[test]
fn a_new_action_of_the_family() {
    assert_reported(
        ExitCode::Changed,
        &["CreateAigcTune added: action"],
        |file| {
            file["actions"]["CreateAigcTune"] = file["actions"]["CreateAigcSketch"].clone();
        },
    );
    // An action with another name is found by its text.
    let (code, text, _) = run(|file| {
        file["actions"]["ComposeTune"] = json!({
            "document": "Creates AIGC music.", "input": REQUEST, "output": REQUEST, "status": "online",
        });
    });
    assert_eq!(code, ExitCode::Changed);
    let says = "new actions that look like AI generation: ComposeTune";
    assert!(text.contains(says), "{text}");
}

#[test]
fn only_texts() {
    assert_reported(
        ExitCode::TextOnly,
        &[
            "CreateAigcSketch.Title text changed",
            "- A title.",
            "+ Another title.",
        ],
        |file| members(file, REQUEST)[2]["document"] = "<p>Another title.</p>".into(),
    );
}

#[test]
fn a_value_in_a_text() {
    assert_reported(
        ExitCode::Changed,
        &["CreateAigcSketch.Title values added: 4K"],
        |file| members(file, REQUEST)[2]["document"] = "A title. Valid values: 4K.".into(),
    );
}

#[test]
fn a_disabled_member() {
    assert_reported(
        ExitCode::Breaking,
        &["CreateAigcSketch.Prompt removed: String, now disabled"],
        |file| members(file, REQUEST)[0]["disabled"] = true.into(),
    );
}

#[test]
fn order_of_members() {
    assert_reported(
        ExitCode::TextOnly,
        &["CreateAigcSketch order: Prompt, Frames, Title -> Frames, Prompt, Title"],
        |file| members(file, REQUEST).swap(0, 1),
    );
}

/// Parts that the specification does not have break nothing, and are reported nevertheless.
#[test]
fn differences_elsewhere_in_the_service() {
    assert_reported(
        ExitCode::Changed,
        &["CreateTranscript removed: action"],
        |file| {
            let actions = file["actions"].as_object_mut().expect("actions");
            actions.remove("CreateTranscript");
        },
    );
    assert_reported(ExitCode::Changed, &["Near added: struct"], |file| {
        file["objects"]["Near"] = json!({ "members": [] });
    });
}

/// Several classes: breaking before compatible before text.
#[test]
fn the_gravest_class_decides() {
    let text = |file: &mut Value| members(file, REQUEST)[2]["document"] = "Other.".into();
    let add = |file: &mut Value| members(file, REQUEST).push(member("More", "int", "int64"));
    let (code, ..) = run(|file| {
        text(file);
        add(file);
    });
    assert_eq!(code, ExitCode::Changed);
    let (code, report, markdown) = run(|file| {
        text(file);
        add(file);
        members(file, REQUEST)[0]["required"] = true.into();
        file["actions"]["CreateAigcTune"] = file["actions"]["CreateAigcSketch"].clone();
    });
    assert_eq!(code, ExitCode::Breaking);
    assert_snapshot("seen-text", &report);
    assert_snapshot("seen-markdown", &markdown);
}

/// A text can contain anything, and Markdown must show it as text.
#[test]
fn foreign_texts_stay_in_code_blocks() {
    let evil = "</code>```\n# @everyone [a](https://evil.example)\u{1b}[31m ${{ secrets.X }} $(id)\u{202e}";
    let (_, text, markdown) = run(|file| {
        members(file, REQUEST)[2]["document"] = evil.into();
        members(file, "SketchFrame")[1]["name"] = "Weight".into();
        file["actions"]["Odd`name @all"] = file["actions"]["CreateAigcSketch"].clone();
    });
    assert!(!text.contains('\u{1b}') && !markdown.contains('\u{1b}'));
    assert!(!markdown.contains('\u{202e}'));
    let mut fence = None;
    for line in markdown.lines() {
        let mark: String = line
            .trim_start()
            .chars()
            .take_while(|c| *c == '`')
            .collect();
        match &fence {
            None if mark.len() > 2 => fence = Some(mark),
            Some(open) if *open == mark && line.trim() == mark => fence = None,
            None => {
                let outside: String = line.split('`').step_by(2).collect();
                assert!(
                    !outside.contains("everyone") && !outside.contains("@all"),
                    "{line}"
                );
            }
            Some(_) => {}
        }
    }
    assert_eq!(fence, None, "{markdown}");
}

#[test]
fn the_first_description_of_a_site() {
    let workspace = Workspace::new();
    let file = workspace.root().join("spec/published/intl.json");
    std::fs::remove_file(file).expect("a fingerprint");
    let import = workspace.import(&description());
    assert_eq!(import.report.written, ["published/intl.json"]);
    let text = workspace.file("published/intl.json");
    assert!(!text.contains("A prompt."), "a text of the vendor");
    assert!(workspace.import(&description()).files.is_empty());
}

fn refusal(workspace: &Workspace, change: impl Fn(&mut Options)) -> String {
    let mut options = workspace.options(&description());
    change(&mut options);
    workspace.refusal(&options)
}

#[test]
fn a_description_of_the_other_site_is_refused() {
    let workspace = Workspace::new();
    let site = "[[site]]\nname = \"cn\"\ndoc = \"Mainland.\"\nhost = \"mps.cn.example.com\"\n\
                root_domain = \"cn.example.com\"\nregional_domain = \"example.com\"\n\n[regions]";
    workspace.replace("service.toml", "[regions]", site);
    let wrong = refusal(&workspace, |options| options.site = "cn".to_owned());
    assert!(
        wrong.contains("looks like the description of the site `intl`"),
        "{wrong}"
    );
    let unknown = refusal(&workspace, |options| options.site = "moon".to_owned());
    assert!(unknown.contains("there is no site `moon`"), "{unknown}");
    // With a description of each site the one that shares more texts decides.
    let mut other = description();
    let objects = other["objects"].as_object_mut().expect("objects");
    let lists = objects
        .values_mut()
        .filter_map(|object| object["members"].as_array_mut());
    for (number, member) in lists.flatten().enumerate() {
        member["document"] = format!("\u{6587} {number}").into();
    }
    let mut options = workspace.options(&other);
    options.site = "cn".to_owned();
    import(workspace.root(), &options).expect("the other site");
    let wrong = refusal(&workspace, |options| options.site = "cn".to_owned());
    assert!(wrong.contains("--site intl"), "{wrong}");
}

#[test]
fn fingerprints_and_descriptions_that_do_not_fit() {
    let workspace = Workspace::new();
    let older = refusal(&workspace, |options| options.release = "3.0.9.9".to_owned());
    assert!(
        older.contains("release 3.0.9.9 is older than 3.1.1.1"),
        "{older}"
    );
    let mut other = description();
    members(&mut other, REQUEST).remove(0);
    let path = workspace.write("other.json", other.to_string());
    let other = refusal(&workspace, |options| options.previous = Some(path.clone()));
    assert!(
        other.contains("not the description that was last seen"),
        "{other}"
    );
    workspace.replace("published/intl.json", "\"format\": 1", "\"format\": 9");
    let newer = refusal(&workspace, |_| {});
    assert!(newer.contains("format 9, supported is 2"), "{newer}");
    workspace.write("spec/published/intl.json", "{\"format\": 1");
    let broken = refusal(&workspace, |_| {});
    assert!(broken.contains("not a fingerprint"), "{broken}");
}

/// A long report is cut for a pull request, at the end of a block.
#[test]
fn a_report_fits_a_pull_request() {
    let (_, _, markdown) = run(|file| {
        for number in 0..3_000 {
            let mut new = member(&format!("Member{number}"), "string", "string");
            new["document"] = "word ".repeat(50).into();
            members(file, REQUEST).push(new);
        }
    });
    assert!(markdown.len() < 65_000, "{}", markdown.len());
    assert!(
        markdown.contains("--dry-run` shows all of it"),
        "{markdown}"
    );
    assert_eq!(markdown.matches("```").count() % 2, 0);
}
