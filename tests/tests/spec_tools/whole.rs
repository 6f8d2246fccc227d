//! The class of differences in more than one key: order, whole actions and structs, rows of
//! capability tables, and published descriptions.

use serde_json::Value;
use xtask::diff::{
    Class::{self, Breaking, Compatible, Documentation},
    compare,
    item::{Item, Items, Kind, Value as ItemValue},
};

use crate::{
    class::classified,
    support::{FRAME, SKETCH, Workspace, description, difference, member, members},
};

const DESCRIBE: &str = "actions/describe_aigc_sketch.toml";

/// The order of values has no effect; only added and removed values of a list count.
#[test]
fn lists_of_values() {
    let given = |values| format!("max_chars = 100\none_of = {values}");
    let (old, new) = (Workspace::new(), Workspace::new());
    old.replace(SKETCH, "max_chars = 100", &given("[\"a\", \"b\"]"));
    new.replace(SKETCH, "max_chars = 100", &given("[\"b\", \"a\"]"));
    let compare = |old: &Workspace, new: &Workspace| {
        let [old, new] = [old, new].map(|side| side.root().join("spec").display().to_string());
        let changes = difference(std::path::Path::new("."), &old, &new);
        let changes = changes.expect("two folders");
        changes
            .iter()
            .map(|change| change.class)
            .collect::<Vec<_>>()
    };
    assert_eq!(compare(&old, &new), []);
    new.replace(SKETCH, "[\"b\", \"a\"]", "[\"b\", \"a\", \"c\"]");
    assert_eq!(compare(&old, &new), [Compatible]);
    assert_eq!(compare(&new, &old), [Breaking]);
}

/// Another order is documentation, unless it is the order in which `new` takes its arguments.
#[test]
fn the_order_of_members() {
    let url = "[[member]]\nname = \"Url\"\ntype = \"String\"\ndoc = \"Where it lies.\"\n\
               required = true\nformat = \"url\"\n\n";
    let swap = |flags: &str| {
        let (old, new) = (Workspace::new(), Workspace::new());
        for side in [&old, &new] {
            side.replace(FRAME, "min = 0", &format!("{flags}min = 0"));
        }
        new.replace(FRAME, url, "");
        let text = new.file(FRAME);
        new.write(&format!("spec/{FRAME}"), format!("{text}\n{url}"));
        let [old, new] = [&old, &new].map(|side| side.root().join("spec").display().to_string());
        let changes = difference(std::path::Path::new("."), &old, &new);
        changes
            .expect("two")
            .iter()
            .map(classified)
            .collect::<Vec<_>>()
    };
    let order = ("SketchFrame order".to_owned(), Documentation);
    assert_eq!(swap(""), std::slice::from_ref(&order));
    let new = ("SketchFrame new".to_owned(), Breaking);
    assert_eq!(swap("required = true\n"), [new, order]);
}

/// Whole things come and go with all they have, in one line.
#[test]
fn added_and_removed_actions_and_structs() {
    let (old, new) = (Workspace::new(), Workspace::new());
    let file = new.root().join("spec").join(DESCRIBE);
    std::fs::remove_file(file).expect(DESCRIBE);
    let [old, new] = [&old, &new].map(|side| side.root().join("spec").display().to_string());
    let compare = |old: &str, new: &str| {
        let changes = difference(std::path::Path::new("."), old, new).expect("two folders");
        changes.iter().map(classified).collect::<Vec<_>>()
    };
    let action = |sign| format!("DescribeAigcSketch {sign}");
    assert_eq!(compare(&old, &new), [(action("-"), Breaking)]);
    assert_eq!(compare(&new, &old), [(action("+"), Compatible)]);
}

/// A struct in requests implements `Preflight` and keeps unknown members; others do neither.
#[test]
fn structs_that_are_no_longer_in_requests() {
    let frames = "type = \"SketchFrame\"\ndoc = \"The last one.\"\n\n[[response]]";
    let (old, new) = (Workspace::new(), Workspace::new());
    for side in [&old, &new] {
        let last = format!("[[response]]\nname = \"Last\"\n{frames}");
        side.replace(SKETCH, "[[response]]", &last);
    }
    new.replace(SKETCH, "List<SketchFrame>", "List<String>");
    let [from, to] = [&old, &new].map(|side| side.root().join("spec").display().to_string());
    let role = |old: &str, new: &str| {
        let changes = difference(std::path::Path::new("."), old, new).expect("two folders");
        let mut changes = changes.iter().map(classified);
        changes
            .find(|(what, _)| what == "SketchFrame role")
            .expect("a role")
            .1
    };
    assert_eq!(role(&from, &to), Breaking);
    assert_eq!(role(&to, &from), Compatible);
}

/// Returns the class of a change of one fact of one item from one value to another.
fn fact(kind: Kind, key: &'static str, from: Option<&str>, to: Option<&str>) -> Class {
    let model = |value: Option<&str>| {
        let words = |text: &str| match text {
            "false" => ItemValue::Text(text.to_owned()),
            list => ItemValue::Words(list.split(' ').map(str::to_owned).collect()),
        };
        let item = Item::new(kind, None).with_some(key, value.map(words));
        Items::from([("it".to_owned(), item)])
    };
    let changes = compare(&model(from), &model(to));
    assert_eq!(changes.len(), 1, "{changes:?}");
    changes[0].class
}

/// A row of a capability table is a bound: a value that it no longer has is refused.
#[test]
fn capability_rows() {
    let classified = |from, to| fact(Kind::Row, "durations", from, to);
    assert_eq!(classified(Some("5 10"), Some("5 10 15")), Compatible);
    assert_eq!(classified(Some("5 10"), Some("5")), Breaking);
    assert_eq!(classified(Some("5 10"), None), Compatible);
    assert_eq!(classified(None, Some("5 10")), Breaking);
    assert_eq!(classified(Some("false"), Some("5")), Compatible);
    assert_eq!(classified(Some("5"), Some("false")), Breaking);
    let doubtful = fact(Kind::Row, "doubtful_durations", Some("5"), None);
    assert_eq!(doubtful, Compatible);
    assert_eq!(
        fact(Kind::Row, "source", Some("a"), Some("b")),
        Documentation
    );
}

/// An unknown key is breaking.
#[test]
fn an_unknown_key_is_breaking() {
    assert_eq!(
        fact(Kind::RequestMember, "novelty", None, Some("yes")),
        Breaking
    );
}

/// The same scales hold for published descriptions.
#[test]
fn published_descriptions() {
    let assert_class = |change: &dyn Fn(&mut Value), expected: &[(&str, Class)]| {
        let workspace = Workspace::new();
        let mut file = description();
        let old = workspace
            .write("old.json", file.to_string())
            .display()
            .to_string();
        change(&mut file);
        let new = workspace
            .write("new.json", file.to_string())
            .display()
            .to_string();
        let changes = difference(workspace.root(), &old, &new).expect("two files");
        let found: Vec<_> = changes.iter().map(classified).collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(what, class)| ((*what).to_owned(), *class))
            .collect();
        assert_eq!(found, expected);
    };
    let request = "CreateAigcSketchRequest";
    assert_class(
        &|file| drop(members(file, request).remove(0)),
        &[("CreateAigcSketch.Prompt -", Breaking)],
    );
    assert_class(
        &|file| members(file, request).push(member("Seed", "int", "int64")),
        &[("CreateAigcSketch.Seed +", Compatible)],
    );
    assert_class(
        &|file| {
            let mut seed = member("Seed", "int", "int64");
            seed["required"] = true.into();
            members(file, request).push(seed);
        },
        &[("CreateAigcSketch.Seed +", Breaking)],
    );
    assert_class(
        &|file| members(file, "SketchFrame")[0]["required"] = false.into(),
        &[("SketchFrame.Url required", Breaking)],
    );
    assert_class(
        &|file| members(file, "SketchFrame")[1]["type"] = "int".into(),
        &[("SketchFrame.Weight type", Breaking)],
    );
    assert_class(
        &|file| members(file, "SketchFrame")[0]["document"] = "Else.".into(),
        &[("SketchFrame.Url doc", Documentation)],
    );
    assert_class(
        &|file| members(file, request)[0]["example"] = "a dog".into(),
        &[("CreateAigcSketch.Prompt example", Documentation)],
    );
    // Required flags of responses are ignored, since the published ones are unreliable.
    assert_class(
        &|file| members(file, "CreateAigcSketchResponse")[0]["output_required"] = false.into(),
        &[],
    );
    assert_class(
        &|file| file["actions"]["CreateAigcSketch"]["status"] = "offline".into(),
        &[("CreateAigcSketch status", Breaking)],
    );
}
