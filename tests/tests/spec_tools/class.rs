//! How each kind of difference is weighed.

use serde_json::Value;
use xtask::diff::{
    Change, Class, What, compare,
    model::{Kind, Model, Thing, Value as ModelValue},
};

use crate::support::{FRAME, SKETCH, Workspace, description, difference, member, members};

use Class::{Breaking, Compatible, Documentation};

const DESCRIBE: &str = "actions/describe_aigc_sketch.toml";
const ENUMS: &str = "enums.toml";
const SERVICE: &str = "service.toml";

/// What a difference is about, and how it is weighed.
type Weighed = (String, Class);

fn weighed(change: &Change) -> Weighed {
    let what = match &change.what {
        What::Added => "+",
        What::Removed => "-",
        What::Changed { key, .. } => key,
    };
    (format!("{} {what}", change.path), change.class)
}

/// Replaces a text in one file, and tells what a comparison says both ways.
fn both_ways(path: &str, from: &str, to: &str) -> [Vec<Weighed>; 2] {
    let (old, new) = (Workspace::new(), Workspace::new());
    new.replace(path, from, to);
    let [old, new] = [&old, &new].map(|side| side.root().join("spec").display().to_string());
    [(&old, &new), (&new, &old)].map(|(old, new)| {
        let changes = difference(std::path::Path::new("."), old, new);
        changes.expect("two folders").iter().map(weighed).collect()
    })
}

/// One difference in a specification: how it is weighed, and how its opposite is.
#[track_caller]
fn weighs(path: &str, from: &str, to: &str, what: &str, there: Class, back: Class) {
    let [found, opposite] = both_ways(path, from, to);
    assert_eq!(found, [(what.to_owned(), there)], "there");
    let back_what = match what.rsplit_once(' ') {
        Some((path, "+")) => format!("{path} -"),
        Some((path, "-")) => format!("{path} +"),
        _ => what.to_owned(),
    };
    assert_eq!(opposite, [(back_what, back)], "and back");
}

/// A bound of `Frames` added to what it has.
#[track_caller]
fn bound(bound: &str, key: &str, there: Class, back: Class) {
    let to = format!("max_chars = 100\n{bound}");
    let what = format!("CreateAigcSketch.Prompt {key}");
    weighs(SKETCH, "max_chars = 100", &to, &what, there, back);
}

const PROMPT: &str = "CreateAigcSketch.Prompt";

#[test]
fn documentation() {
    let both = |path, from, to, what| weighs(path, from, to, what, Documentation, Documentation);
    both(FRAME, "A frame.", "One frame.", "SketchFrame doc");
    both(FRAME, "Where it lies.", "Where.", "SketchFrame.Url doc");
    both(FRAME, "a page", "another page", "SketchFrame source");
    both(
        FRAME,
        "min = 0",
        "unit = \"kg\"\nmin = 0",
        "SketchFrame.Weight unit",
    );
    both(
        FRAME,
        "min = 0",
        "example = 1\nmin = 0",
        "SketchFrame.Weight example",
    );
    both(
        FRAME,
        "min = 0",
        "since = { intl = 2026-01-01 }\nmin = 0",
        "SketchFrame.Weight since",
    );
    both(
        SKETCH,
        "Starts a sketch.",
        "Starts.",
        "CreateAigcSketch summary",
    );
    both(SKETCH, "/create", "/made", "CreateAigcSketch doc_url");
    both(
        SKETCH,
        "name = \"plain\"",
        "name = \"simple\"",
        "CreateAigcSketch examples",
    );
    both(ENUMS, "Not yet.", "Not now.", "SketchStatus.WAIT doc");
    both(
        SERVICE,
        "is malformed",
        "is wrong",
        "error InvalidParameter meaning",
    );
}

#[test]
fn actions() {
    let weighs = |from, to, key, there, back| {
        let what = format!("CreateAigcSketch {key}");
        weighs(SKETCH, from, to, &what, there, back);
    };
    weighs("paid-create", "control", "effect", Breaking, Breaking);
    weighs(
        "limit = 10",
        "limit = 5",
        "rate_limit",
        Compatible,
        Compatible,
    );
    weighs(
        "poll = \"DescribeAigcSketch\"\n",
        "",
        "poll",
        Breaking,
        Compatible,
    );
    weighs(
        "errors = [\"InvalidParameter\"]\n",
        "",
        "errors",
        Compatible,
        Compatible,
    );
}

#[test]
fn members_come_and_go() {
    let optional = "[[member]]\nname = \"Late\"\ntype = \"Boolean\"\ndoc = \"Late.\"\n";
    let weight = "[[member]]\nname = \"Weight\"";
    let with = format!("{optional}\n{weight}");
    let late = "SketchFrame.Late +";
    weighs(FRAME, weight, &with, late, Compatible, Breaking);
    let with = format!("{optional}required = true\n\n{weight}");
    weighs(FRAME, weight, &with, late, Breaking, Breaking);
    let with = format!("{optional}required_unless_any = [\"Url\"]\n\n{weight}");
    weighs(FRAME, weight, &with, late, Breaking, Breaking);
    let answer = "[[response]]\nname = \"TaskId\"";
    let with =
        format!("[[response]]\nname = \"Left\"\ntype = \"Float\"\ndoc = \"Left.\"\n\n{answer}");
    weighs(
        SKETCH,
        answer,
        &with,
        "CreateAigcSketchResponse.Left +",
        Compatible,
        Breaking,
    );
}

#[test]
fn types_and_flags() {
    weighs(
        FRAME,
        "Float",
        "Integer",
        "SketchFrame.Weight type",
        Breaking,
        Breaking,
    );
    let url = "SketchFrame.Url required";
    weighs(FRAME, "required = true\n", "", url, Breaking, Breaking);
    weighs(
        FRAME,
        "required = true\n",
        "required = false\n",
        url,
        Breaking,
        Breaking,
    );
    let weak = "required = true\nwarn_only = [\"required\"]\n";
    weighs(FRAME, "required = true\n", weak, url, Compatible, Breaking);
    weighs(
        FRAME,
        "min = 0",
        "sensitive = true\nmin = 0",
        "SketchFrame.Weight sensitive",
        Compatible,
        Compatible,
    );
    weighs(
        FRAME,
        "min = 0",
        "default = 1\nmin = 0",
        "SketchFrame.Weight default",
        Compatible,
        Compatible,
    );
    weighs(
        FRAME,
        "min = 0",
        "until = 2026-01-01\nmin = 0",
        "SketchFrame.Weight until",
        Compatible,
        Compatible,
    );
}

#[test]
fn bounds() {
    weighs(
        SKETCH,
        "chars = 100",
        "chars = 99",
        &format!("{PROMPT} max_chars"),
        Breaking,
        Compatible,
    );
    weighs(
        SKETCH,
        "max_chars = 100\n",
        "",
        &format!("{PROMPT} max_chars"),
        Compatible,
        Breaking,
    );
    weighs(
        FRAME,
        "max = 1",
        "max = 0.5",
        "SketchFrame.Weight max",
        Breaking,
        Compatible,
    );
    weighs(
        FRAME,
        "min = 0",
        "min = 0.5",
        "SketchFrame.Weight min",
        Breaking,
        Compatible,
    );
    weighs(
        FRAME,
        "\"url\"",
        "\"json\"",
        "SketchFrame.Url format",
        Breaking,
        Breaking,
    );
    bound("one_of = [\"a\"]", "one_of", Breaking, Compatible);
    bound("requires = [\"Title\"]", "requires", Breaking, Compatible);
    bound(
        "conflicts_with = [\"Title\"]",
        "conflicts_with",
        Breaking,
        Compatible,
    );
    bound("format = \"json\"", "format", Breaking, Compatible);
    let ways = format!("{PROMPT} required_unless_any");
    weighs(
        SKETCH,
        "[\"Frames\"]",
        "[\"Frames\", \"Title\"]",
        &ways,
        Compatible,
        Breaking,
    );
}

#[test]
fn bounds_that_only_warn() {
    let items = "CreateAigcSketch.Frames max_items";
    weighs(
        SKETCH,
        "items = 3",
        "items = 2",
        items,
        Compatible,
        Compatible,
    );
    weighs(
        SKETCH,
        "  \"max_items\", # a list over several lines\n",
        "",
        items,
        Breaking,
        Compatible,
    );
    bound(
        "one_of = [\"a\"]\nwarn_only = [\"one_of\"]",
        "one_of",
        Compatible,
        Compatible,
    );
}

/// Another order of values is none, and of a list only what comes or goes counts.
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

#[test]
fn enums_and_the_service() {
    let late = "[[enum.value]]\nvalue = \"LATE\"\ndoc = \"Late.\"\nphase = \"failed\"\n\n";
    let done = "[[enum.value]]\nvalue = \"DONE\"";
    let with = format!("{late}{done}");
    weighs(
        ENUMS,
        done,
        &with,
        "SketchStatus.LATE +",
        Compatible,
        Breaking,
    );
    weighs(
        ENUMS,
        "succeeded",
        "failed",
        "SketchStatus.DONE phase",
        Breaking,
        Breaking,
    );
    weighs(
        SERVICE,
        "\"2019-06-12\"",
        "\"2020-01-01\"",
        "service version",
        Breaking,
        Breaking,
    );
    weighs(
        SERVICE,
        "[\"b-north\", \"a-south\"]",
        "[\"b-north\"]",
        "region a-south -",
        Breaking,
        Compatible,
    );
    weighs(
        SERVICE,
        "\"maybe\"",
        "\"yes\"",
        "error FailedOperation.Late executed",
        Breaking,
        Breaking,
    );
    weighs(
        SERVICE,
        "\"input\"",
        "\"client\"",
        "error InvalidParameter class",
        Breaking,
        Breaking,
    );
    weighs(
        SERVICE,
        "host = \"mps.intl",
        "host = \"mps2.intl",
        "site intl host",
        Breaking,
        Breaking,
    );
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
            .map(weighed)
            .collect::<Vec<_>>()
    };
    let order = ("SketchFrame order".to_owned(), Documentation);
    assert_eq!(swap(""), std::slice::from_ref(&order));
    let new = ("SketchFrame new".to_owned(), Breaking);
    assert_eq!(swap("required = true\n"), [new, order]);
}

/// Whole things come and go with all they have, in one line.
#[test]
fn actions_and_structs_come_and_go() {
    let (old, new) = (Workspace::new(), Workspace::new());
    let file = new.root().join("spec").join(DESCRIBE);
    std::fs::remove_file(file).expect(DESCRIBE);
    let [old, new] = [&old, &new].map(|side| side.root().join("spec").display().to_string());
    let compare = |old: &str, new: &str| {
        let changes = difference(std::path::Path::new("."), old, new).expect("two folders");
        changes.iter().map(weighed).collect::<Vec<_>>()
    };
    let action = |sign| format!("DescribeAigcSketch {sign}");
    assert_eq!(compare(&old, &new), [(action("-"), Breaking)]);
    assert_eq!(compare(&new, &old), [(action("+"), Compatible)]);
}

/// A struct that requests lead to can be checked and keeps what nobody knows; others do neither.
#[test]
fn structs_that_requests_lead_to_no_more() {
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
        let mut changes = changes.iter().map(weighed);
        changes
            .find(|(what, _)| what == "SketchFrame role")
            .expect("a role")
            .1
    };
    assert_eq!(role(&from, &to), Breaking);
    assert_eq!(role(&to, &from), Compatible);
}

/// How one fact of one thing is weighed that changes from one value to another.
fn fact(kind: Kind, key: &'static str, from: Option<&str>, to: Option<&str>) -> Class {
    let model = |value: Option<&str>| {
        let words = |text: &str| match text {
            "false" => ModelValue::Text(text.to_owned()),
            list => ModelValue::Words(list.split(' ').map(str::to_owned).collect()),
        };
        let thing = Thing::new(kind, None).with_some(key, value.map(words));
        Model::from([("it".to_owned(), thing)])
    };
    let changes = compare(&model(from), &model(to));
    assert_eq!(changes.len(), 1, "{changes:?}");
    changes[0].class
}

/// A row of a capability table is a bound: what it no longer has is refused.
#[test]
fn capability_rows() {
    let weighed = |from, to| fact(Kind::Row, "durations", from, to);
    assert_eq!(weighed(Some("5 10"), Some("5 10 15")), Compatible);
    assert_eq!(weighed(Some("5 10"), Some("5")), Breaking);
    assert_eq!(weighed(Some("5 10"), None), Compatible);
    assert_eq!(weighed(None, Some("5 10")), Breaking);
    assert_eq!(weighed(Some("false"), Some("5")), Compatible);
    assert_eq!(weighed(Some("5"), Some("false")), Breaking);
    let doubtful = fact(Kind::Row, "doubtful_durations", Some("5"), None);
    assert_eq!(doubtful, Compatible);
    assert_eq!(
        fact(Kind::Row, "source", Some("a"), Some("b")),
        Documentation
    );
}

/// What nobody has thought about yet is not waved through.
#[test]
fn a_key_that_has_no_weight_breaks() {
    assert_eq!(fact(Kind::Sent, "novelty", None, Some("yes")), Breaking);
}

/// The same scales hold for published descriptions.
#[test]
fn published_descriptions() {
    let weighs = |change: &dyn Fn(&mut Value), expected: &[(&str, Class)]| {
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
        let found: Vec<_> = changes.iter().map(weighed).collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(what, class)| ((*what).to_owned(), *class))
            .collect();
        assert_eq!(found, expected);
    };
    let request = "CreateAigcSketchRequest";
    weighs(
        &|file| drop(members(file, request).remove(0)),
        &[("CreateAigcSketch.Prompt -", Breaking)],
    );
    weighs(
        &|file| members(file, request).push(member("Seed", "int", "int64")),
        &[("CreateAigcSketch.Seed +", Compatible)],
    );
    weighs(
        &|file| {
            let mut seed = member("Seed", "int", "int64");
            seed["required"] = true.into();
            members(file, request).push(seed);
        },
        &[("CreateAigcSketch.Seed +", Breaking)],
    );
    weighs(
        &|file| members(file, "SketchFrame")[0]["required"] = false.into(),
        &[("SketchFrame.Url required", Breaking)],
    );
    weighs(
        &|file| members(file, "SketchFrame")[1]["type"] = "int".into(),
        &[("SketchFrame.Weight type", Breaking)],
    );
    weighs(
        &|file| members(file, "SketchFrame")[0]["document"] = "Else.".into(),
        &[("SketchFrame.Url doc", Documentation)],
    );
    weighs(
        &|file| members(file, request)[0]["example"] = "a dog".into(),
        &[("CreateAigcSketch.Prompt example", Documentation)],
    );
    // What answers always have is no promise: the published flags are unreliable.
    weighs(
        &|file| members(file, "CreateAigcSketchResponse")[0]["output_required"] = false.into(),
        &[],
    );
    weighs(
        &|file| file["actions"]["CreateAigcSketch"]["status"] = "offline".into(),
        &[("CreateAigcSketch status", Breaking)],
    );
}
