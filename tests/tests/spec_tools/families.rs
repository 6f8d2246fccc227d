//! The class of a difference between families of tasks.

use xtask::diff::Class::{Breaking, Compatible, Documentation};

use crate::{
    class::{Weighed, classified},
    support::{Workspace, difference},
};

const FAMILIES: &str = r#"
[[family]]
name = "sketch"
plural = "sketches"
doc = "Sketches."
describe = "DescribeAigcSketch"
status = "Status"
message = "Message"

[[family.result]]
url = "Url"
kind = "image"

[[family.create]]
action = "CreateAigcSketch"

[family.options]
prompt = "Prompt"

[[option]]
flag = "prompt"
value = "TEXT"
doc = "Description of the sketch"
"#;

/// The differences that follow from one replaced text, in both directions.
fn changed(from: &str, to: &str) -> [Vec<Weighed>; 2] {
    assert!(FAMILIES.contains(from), "no {from}");
    let sides = [FAMILIES.to_owned(), FAMILIES.replacen(from, to, 1)];
    let folders = sides.map(|text| {
        let workspace = Workspace::new();
        workspace.write("spec/families.toml", text);
        workspace
    });
    let [old, new] = folders
        .each_ref()
        .map(|side| side.root().join("spec").display().to_string());
    [(&old, &new), (&new, &old)].map(|(old, new)| {
        let changes = difference(std::path::Path::new("."), old, new);
        let changes = changes.expect("two folders");
        changes.iter().map(classified).collect()
    })
}

#[test]
fn differences_between_families() {
    let option = "prompt = \"Prompt\"\nkey = \"Prompt\"";
    for (from, to, path, there, back) in [
        (
            "sketches",
            "drawings",
            "family sketch plural",
            Documentation,
            Documentation,
        ),
        (
            "Sketches.",
            "Drawings.",
            "family sketch doc",
            Documentation,
            Documentation,
        ),
        (
            "\"TEXT\"",
            "\"WORDS\"",
            "option --prompt value",
            Documentation,
            Documentation,
        ),
        (
            "url = \"Url\"",
            "url = \"Message\"",
            "family sketch result",
            Compatible,
            Compatible,
        ),
        (
            "prompt = \"Prompt\"",
            option,
            "family sketch options",
            Compatible,
            Breaking,
        ),
        (
            "value = ",
            "file_doc = \"From a file\"\nvalue = ",
            "option --prompt file_doc",
            Compatible,
            Breaking,
        ),
    ] {
        let [found, opposite] = changed(from, to);
        assert_eq!(found, [(path.to_owned(), there)]);
        assert_eq!(opposite, [(path.to_owned(), back)]);
    }
}

#[test]
fn a_family_that_is_removed_is_breaking() {
    let (family, option) = FAMILIES.split_once("[[option]]").expect("an option");
    let [removed, added] = changed(family, "");
    let paths = ["family sketch", "family sketch CreateAigcSketch"];
    let all = |sign: &str, class| paths.map(|path| (format!("{path} {sign}"), class));
    assert!(!option.is_empty());
    assert!(removed.contains(&all("-", Breaking)[0]), "{removed:?}");
    assert!(added.contains(&all("+", Compatible)[0]), "{added:?}");
}
