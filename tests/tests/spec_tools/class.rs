//! The class of a difference in one key, in both directions.

use xtask::diff::{
    Change,
    Class::{self, Breaking, Compatible, Documentation},
    Delta,
};

use crate::support::{FRAME, SKETCH, Workspace, difference};

const ENUMS: &str = "enums.toml";
const SERVICE: &str = "service.toml";

/// The path and the key of a difference, and its class.
pub(crate) type Weighed = (String, Class);

pub(crate) fn classified(change: &Change) -> Weighed {
    let what = match &change.delta {
        Delta::Added => "+",
        Delta::Removed => "-",
        Delta::Changed { key, .. } => key,
    };
    (format!("{} {what}", change.path), change.class)
}

/// Replaces a text in one file, and returns the differences in both directions.
fn in_both_directions(path: &str, from: &str, to: &str) -> [Vec<Weighed>; 2] {
    let (old, new) = (Workspace::new(), Workspace::new());
    new.replace(path, from, to);
    let [old, new] = [&old, &new].map(|side| side.root().join("spec").display().to_string());
    [(&old, &new), (&new, &old)].map(|(old, new)| {
        let changes = difference(std::path::Path::new("."), old, new);
        changes
            .expect("two folders")
            .iter()
            .map(classified)
            .collect()
    })
}

/// One difference in a specification: how it is classified, and how its opposite is.
#[track_caller]
fn assert_class(path: &str, from: &str, to: &str, what: &str, there: Class, back: Class) {
    let [found, opposite] = in_both_directions(path, from, to);
    assert_eq!(found, [(what.to_owned(), there)], "there");
    let back_what = match what.rsplit_once(' ') {
        Some((path, "+")) => format!("{path} -"),
        Some((path, "-")) => format!("{path} +"),
        _ => what.to_owned(),
    };
    assert_eq!(opposite, [(back_what, back)], "and back");
}

/// One more bound of `Prompt`.
#[track_caller]
fn bound(bound: &str, key: &str, there: Class, back: Class) {
    let to = format!("max_chars = 100\n{bound}");
    let what = format!("CreateAigcSketch.Prompt {key}");
    assert_class(SKETCH, "max_chars = 100", &to, &what, there, back);
}

const PROMPT: &str = "CreateAigcSketch.Prompt";

#[test]
fn documentation() {
    let both =
        |path, from, to, what| assert_class(path, from, to, what, Documentation, Documentation);
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
    let assert_class = |from, to, key, there, back| {
        let what = format!("CreateAigcSketch {key}");
        assert_class(SKETCH, from, to, &what, there, back);
    };
    assert_class("paid-create", "control", "effect", Breaking, Breaking);
    assert_class(
        "limit = 10",
        "limit = 5",
        "rate_limit",
        Compatible,
        Compatible,
    );
    assert_class(
        "poll = \"DescribeAigcSketch\"\n",
        "",
        "poll",
        Breaking,
        Compatible,
    );
    assert_class(
        "errors = [\"InvalidParameter\"]\n",
        "",
        "errors",
        Compatible,
        Compatible,
    );
}

#[test]
fn added_and_removed_members() {
    let optional = "[[member]]\nname = \"Late\"\ntype = \"Boolean\"\ndoc = \"Late.\"\n";
    let weight = "[[member]]\nname = \"Weight\"";
    let with = format!("{optional}\n{weight}");
    let late = "SketchFrame.Late +";
    assert_class(FRAME, weight, &with, late, Compatible, Breaking);
    let with = format!("{optional}required = true\n\n{weight}");
    assert_class(FRAME, weight, &with, late, Breaking, Breaking);
    let with = format!("{optional}required_unless_any = [\"Url\"]\n\n{weight}");
    assert_class(FRAME, weight, &with, late, Breaking, Breaking);
    let answer = "[[response]]\nname = \"TaskId\"";
    let with =
        format!("[[response]]\nname = \"Left\"\ntype = \"Float\"\ndoc = \"Left.\"\n\n{answer}");
    assert_class(
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
    assert_class(
        FRAME,
        "Float",
        "Integer",
        "SketchFrame.Weight type",
        Breaking,
        Breaking,
    );
    let url = "SketchFrame.Url required";
    assert_class(FRAME, "required = true\n", "", url, Breaking, Breaking);
    assert_class(
        FRAME,
        "required = true\n",
        "required = false\n",
        url,
        Breaking,
        Breaking,
    );
    let warn_only = "required = true\nwarn_only = [\"required\"]\n";
    assert_class(
        FRAME,
        "required = true\n",
        warn_only,
        url,
        Compatible,
        Breaking,
    );
    assert_class(
        FRAME,
        "min = 0",
        "sensitive = true\nmin = 0",
        "SketchFrame.Weight sensitive",
        Compatible,
        Compatible,
    );
    assert_class(
        FRAME,
        "min = 0",
        "default = 1\nmin = 0",
        "SketchFrame.Weight default",
        Compatible,
        Compatible,
    );
    assert_class(
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
    assert_class(
        SKETCH,
        "chars = 100",
        "chars = 99",
        &format!("{PROMPT} max_chars"),
        Breaking,
        Compatible,
    );
    assert_class(
        SKETCH,
        "max_chars = 100\n",
        "",
        &format!("{PROMPT} max_chars"),
        Compatible,
        Breaking,
    );
    assert_class(
        FRAME,
        "max = 1",
        "max = 0.5",
        "SketchFrame.Weight max",
        Breaking,
        Compatible,
    );
    assert_class(
        FRAME,
        "min = 0",
        "min = 0.5",
        "SketchFrame.Weight min",
        Breaking,
        Compatible,
    );
    assert_class(
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
    assert_class(
        SKETCH,
        "[\"Frames\"]",
        "[\"Frames\", \"Title\"]",
        &ways,
        Compatible,
        Breaking,
    );
}

#[test]
fn facts_of_one_site() {
    let site = |facts: &str| format!("site = [{{ name = \"intl\", {facts} }}]");
    bound(
        &site("max_chars = 50"),
        "max_chars on intl",
        Breaking,
        Compatible,
    );
    bound(
        &site("max_chars = 50, warn_only = [\"max_chars\"]"),
        "max_chars on intl",
        Compatible,
        Compatible,
    );
    bound(
        "dropped = { max_chars = { intl = 2026-07-06 } }",
        "dropped",
        Compatible,
        Compatible,
    );
}

#[test]
fn bounds_whose_breach_is_a_warning() {
    let items = "CreateAigcSketch.Frames max_items";
    assert_class(
        SKETCH,
        "items = 3",
        "items = 2",
        items,
        Compatible,
        Compatible,
    );
    assert_class(
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

#[test]
fn enums_and_the_service() {
    let late = "[[enum.value]]\nvalue = \"LATE\"\ndoc = \"Late.\"\nphase = \"failed\"\n\n";
    let done = "[[enum.value]]\nvalue = \"DONE\"";
    let with = format!("{late}{done}");
    assert_class(
        ENUMS,
        done,
        &with,
        "SketchStatus.LATE +",
        Compatible,
        Breaking,
    );
    assert_class(
        ENUMS,
        "succeeded",
        "failed",
        "SketchStatus.DONE phase",
        Breaking,
        Breaking,
    );
    assert_class(
        SERVICE,
        "\"2019-06-12\"",
        "\"2020-01-01\"",
        "service version",
        Breaking,
        Breaking,
    );
    assert_class(
        SERVICE,
        "[\"b-north\", \"a-south\"]",
        "[\"b-north\"]",
        "region a-south -",
        Breaking,
        Compatible,
    );
    assert_class(
        SERVICE,
        "\"maybe\"",
        "\"yes\"",
        "error FailedOperation.Late executed",
        Breaking,
        Breaking,
    );
    assert_class(
        SERVICE,
        "\"input\"",
        "\"client\"",
        "error InvalidParameter class",
        Breaking,
        Breaking,
    );
    assert_class(
        SERVICE,
        "host = \"mps.intl",
        "host = \"mps2.intl",
        "site intl host",
        Breaking,
        Breaking,
    );
}
