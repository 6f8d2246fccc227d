//! The diagnostics about invalid specifications.
//!
//! Every case takes the sound fixture `example` and breaks one thing, so that its snapshot has
//! one message; all codes of the table in `spec/README.md` occur.

use std::{collections::BTreeSet, fs};

use xtask::{cli, model};

use crate::{
    broken::{Broken, DRAW, FILM},
    support::{assert_snapshot, diagnostics, fixture, workspace},
};

const POINT: &str = "structs/point.toml";
const ENUMS: &str = "enums.toml";
const SERVICE: &str = "service.toml";
const REQUEST: &str = "examples/Draw/simple.request.json";
const RESPONSE: &str = "examples/Draw/simple.response.json";
const POINTS: &str = "\"Points\": [{ \"X\": 1 }, { \"X\": -20000 }]";

#[test]
fn broken_toml() {
    Broken::replace(POINT, "name = \"X\"", "name = X").assert_diagnostic("broken-toml");
    Broken::replace(POINT, "doc = \"Across.\"", "doc = \"\"\ndoc = \"\"")
        .assert_diagnostic("duplicate-key");
}

#[test]
fn keys() {
    Broken::fact("Scale", "requird = true").assert_diagnostic("unknown-key");
    Broken::replace(POINT, "[[member]]", "[[field]]").assert_diagnostic("unknown-table");
    Broken::replace(POINT, "doc = \"Across.\"\n", "").assert_diagnostic("missing-key");
    Broken::replace(SERVICE, "hint = \"wait a minute\"\n", "").assert_diagnostic("missing-hint");
}

#[test]
fn types_of_values() {
    Broken::replace(DRAW, "limit = 1", "limit = \"1\"").assert_diagnostic("wrong-kind");
    Broken::replace(DRAW, "limit = 1", "limit = 4294967296").assert_diagnostic("number-too-large");
    Broken::fact("Scale", "requires = [\"Color\", 1]").assert_diagnostic("wrong-kind-of-item");
    Broken::replace(POINT, "source", "since = 2026-01-09\nsource").assert_diagnostic("no-table");
    Broken::replace(DRAW, "\"read\"", "\"paid_create\"").assert_diagnostic("wrong-word");
    Broken::replace(DRAW, "\"A line.\"", "\" \"").assert_diagnostic("empty-text");
}

/// The placeholders of an import are refused.
#[test]
fn stubs() {
    Broken::replace(POINT, "\"Across.\"", "\"TODO\"").assert_diagnostic("undescribed");
    Broken::replace(DRAW, "\"read\"", "\"TODO\"").assert_diagnostic("undecided");
}

#[test]
fn files() {
    Broken::with_file("structs/point.toml.orig", "").assert_diagnostic("misplaced-file");
    Broken::without_file(SERVICE).assert_diagnostic("no-service");
    Broken::renamed(POINT, "structs/dot.toml").assert_diagnostic("file-name");
}

#[test]
fn names() {
    let twice = "\"Unused\"\ntype = \"String\"\ndoc = \"Twice.\"\n\n[[request]]\nname = \"Unused\"";
    Broken::replace(DRAW, "\"Unused\"", twice).assert_diagnostic("duplicate-member");
    Broken::replace(DRAW, "\"Unused\"", "\"un-used\"").assert_diagnostic("bad-name");
    Broken::replace(POINT, "source", "since = { int = 2026-01-09 }\nsource")
        .assert_diagnostic("unknown-site");
    Broken::replace(SERVICE, "host = \"mps.", "host = \"msp.").assert_diagnostic("host");
    Broken::with_file("renames.toml", "[structs]\nPont = \"Dot\"\n").assert_diagnostic("rename");
}

#[test]
fn enums() {
    let twice = "\"red\"\ndoc = \"Twice.\"\n\n[[enum.value]]\nvalue = \"red\"";
    Broken::replace(ENUMS, "\"red\"", twice).assert_diagnostic("duplicate-value");
    let blue = "\"blue\"\nphase = \"failed\"\ndoc = \"Sky.\"\n\n[[enum.value]]\nvalue = \"red\"";
    Broken::replace(ENUMS, "\"red\"", blue).assert_diagnostic("some-phases");
    let value = "[[enum.value]]\nvalue = \"red\"\ndoc = \"Like blood.\"\n";
    Broken::replace(ENUMS, value, "").assert_diagnostic("no-values");
}

#[test]
fn types() {
    Broken::replace(
        DRAW,
        "\"Color\"\ntype = \"Color\"",
        "\"Color\"\ntype = \"Colour\"",
    )
    .and(
        DRAW,
        "\"Unused\"\ntype = \"String\"",
        "\"Unused\"\ntype = \"Color\"",
    )
    .assert_diagnostic("dangling-type");
    Broken::replace(DRAW, "source", "poll = \"Draww\"\nsource").assert_diagnostic("dangling-poll");
    Broken::replace(DRAW, "source", "errors = [\"Unheard.Of\"]\nsource")
        .assert_diagnostic("unexplained-error");
    Broken::replace(DRAW, "\"List<Point>\"", "\"List<List<Point>>\"")
        .and(REQUEST, POINTS, "\"Points\": []")
        .assert_diagnostic("list-of-lists");
    let lone = "name = \"Lone\"\ndoc = \"Alone.\"\nsource = \"a page\"\n";
    Broken::with_file("structs/lone.toml", lone).assert_diagnostic("unused");
    Broken::replace(POINT, "\"Integer\"", "\"Point\"\nrequired = true")
        .and(REQUEST, POINTS, "\"Points\": []")
        .assert_diagnostic("endless");
}

#[test]
fn facts() {
    Broken::fact("Scale", "max_chars = 5").assert_diagnostic("fact-of-another-type");
    Broken::fact("Scale", "min = 2\nmax = 1.5").assert_diagnostic("no-number-left");
    Broken::fact("Unused", "example = 5").assert_diagnostic("value-of-another-type");
    Broken::fact("Scale", "max = 2\ndefault = 3").assert_diagnostic("value-out-of-bounds");
    Broken::fact("Color", "default = \"rad\"").assert_diagnostic("value-not-in-enum");
    Broken::fact("Unused", "max_chars = 3\nexample = \"four\"").assert_diagnostic("value-too-long");
    Broken::fact("Unused", "warn_only = [\"max_chars\"]").assert_diagnostic("nothing-to-weaken");
    Broken::fact("Title", "default = \"none\"").assert_diagnostic("required-default");
    Broken::replace(DRAW, "limit = 1", "limit = 0").assert_diagnostic("no-starts");
}

#[test]
fn rules_of_response_members() {
    let response =
        "[[response]]\nname = \"Id\"\ntype = \"String\"\ndoc = \"An id.\"\nmax_chars = 5\n";
    Broken::replace(DRAW, "[[example]]", &format!("{response}\n[[example]]"))
        .assert_diagnostic("unchecked");
}

#[test]
fn relations() {
    Broken::fact("Unused", "requires = [\"Colour\"]").assert_diagnostic("dangling-member");
    Broken::fact("Unused", "requires = [\"Unused\"]").assert_diagnostic("itself");
    Broken::fact("Unused", "required_unless_any = [\"Title\"]").assert_diagnostic("always-there");
    Broken::fact(
        "Unused",
        "requires = [\"Color\"]\nconflicts_with = [\"Color\"]",
    )
    .assert_diagnostic("contradiction");
}

#[test]
fn conditions() {
    let unused_if = |member, is| {
        Broken::fact(
            "Unused",
            &format!("only_if = {{ member = \"{member}\", is = {is} }}"),
        )
    };
    unused_if("Points", "1").assert_diagnostic("condition-on-a-list");
    unused_if("Title", "1").assert_diagnostic("condition-of-another-type");
    unused_if("Titel", "\"\"").assert_diagnostic("condition-on-nothing");
    Broken::fact("Unused", "required_if = { member = \"Title\" }")
        .assert_diagnostic("half-a-condition");
    Broken::fact("Title", "required_if = { member = \"Unused\", is = \"a\" }")
        .assert_diagnostic("required-anyway");
    Broken::fact("Unused", "unique_items = true").assert_diagnostic("items-of-a-text");
}

#[test]
fn tasks_that_can_be_followed() {
    let work = |path: &str, from: &str, to: &str| Broken(fixture("action")).and(path, from, to);
    let (start, watch) = ("actions/start_work.toml", "actions/watch_work.toml");
    work(start, "name = \"TaskId\"", "name = \"Id\"").assert_diagnostic("task-without-id");
    work(start, "poll = \"WatchWork\"\n", "").assert_diagnostic("task-without-poll");
    work(watch, "effect = \"read\"", "effect = \"control\"").assert_diagnostic("poll-no-read");
    work(watch, "name = \"TaskId\"", "name = \"Id\"").assert_diagnostic("poll-without-id");
    work(
        watch,
        "name = \"Status\"\ntype = \"WorkStatus\"",
        "name = \"State\"\ntype = \"WorkStatus\"",
    )
    .and("enums.toml", "phase = \"pending\"\n", "")
    .and("enums.toml", "phase = \"succeeded\"\n", "")
    .assert_diagnostic("poll-without-status");
    Broken::replace(DRAW, "name = \"Unused\"", "name = \"Status\"")
        .assert_diagnostic("status-no-enum");
}

#[test]
fn facts_of_sites() {
    let on_site = |facts: &str| Broken::fact("Unused", &format!("site = [{{ {facts} }}]"));
    on_site("name = \"eu\", max_chars = 3").assert_diagnostic("site-of-a-fact");
    on_site("name = \"cn\", required = true").assert_diagnostic("site-required");
    on_site("name = \"cn\", max_items = 3").assert_diagnostic("site-rule-of-another-type");
    on_site("name = \"cn\", max_chars = 3, warn_only = [\"max_items\"]")
        .assert_diagnostic("site-warns-of-nothing");
    Broken::fact("Unused", "dropped = { max_chars = { cn = 2026-05-26 } }")
        .assert_diagnostic("dropped-nothing");
    Broken::table("doubtful_durations = [12]", "doubtful_durations = []")
        .assert_diagnostic("site-empty-set");
    Broken::table("duration_default = 6", "duration_default = 7").assert_diagnostic("site-default");
    Broken::table("listed_on = [\"intl\"]", "listed_on = [\"eu\"]")
        .assert_diagnostic("site-of-a-list");
}

#[test]
fn examples() {
    Broken::without_file(REQUEST).assert_diagnostic("no-example-file");
    Broken::with_file("examples/Draw/other.request.json", "{}")
        .assert_diagnostic("uncalled-for-example");
    Broken::replace(REQUEST, "\"red\",", "\"red\"").assert_diagnostic("broken-json");
    Broken::replace(REQUEST, "\"X\": 1", "\"x\": 1").assert_diagnostic("unknown-member-in-example");
    Broken::replace(REQUEST, "\"X\": 1", "\"X\": \"1\"").assert_diagnostic("wrong-kind-in-example");
    Broken::replace(REQUEST, "\"X\": 1", "\"X\": 1, \"X\": 2")
        .assert_diagnostic("member-twice-in-example");
    Broken::replace(RESPONSE, "\"Response\"", "\"Resp\"").assert_diagnostic("no-envelope");
}

#[test]
fn capability_tables() {
    Broken::table("\"no-version\"", "\"Whole\"").assert_diagnostic("duplicate-model");
    Broken::table("\"2.0-x\"", "\"1\"").assert_diagnostic("duplicate-version");
    Broken::table("audio", "audoi").assert_diagnostic("unknown-column");
    Broken::table("scenes = false", "scenes = []").assert_diagnostic("empty-set");
    Broken::table("{ max = 3 }", "{ min = 4, max = 3 }").assert_diagnostic("reversed-range");
    Broken::table(
        "resolutions = [\"720P\"]",
        "resolutions = [\"720p\", \"720P\"]",
    )
    .assert_diagnostic("resolution");
    Broken::table("\"1:1\"]", "\"1/1\"]").assert_diagnostic("aspect-ratio");
    Broken::table("scenes = false", "aspect_ratio_default = \"16:9\"")
        .assert_diagnostic("nothing-said");
    Broken::table("duration_default = 5", "duration_default = 16")
        .and(FILM, "durations = [5, 10]", "durations = [5, 16]")
        .assert_diagnostic("default-not-allowed");
    Broken::table(
        "doubtful_resolutions = [\"4K\"]",
        "doubtful_resolutions = [\"720P\"]",
    )
    .assert_diagnostic("doubtful-and-sure");
    Broken::table("[\"storyboard\", \"size\"]", "[\"storyboard\", \"audio\"]")
        .assert_diagnostic("no-column-to-weaken");
    Broken::table(
        "until = { intl = 2026-07-06 }",
        "until = { intl = 2026-01-06 }",
    )
    .assert_diagnostic("withdrawn-too-early");
    Broken::table("until = { intl", "until = { moon").assert_diagnostic("unknown-site-of-a-model");
}

#[test]
fn capability_columns() {
    let audio = "key = \"audio\"";
    Broken::column(audio, "key = \"audio-track\"")
        .and(FILM, "audio = false\n", "")
        .assert_diagnostic("column-key");
    Broken::column(audio, "key = \"source_of\"")
        .and(FILM, "audio = false\n", "")
        .assert_diagnostic("column-taken");
    Broken::column(audio, &format!("{audio}\nof = \"video\""))
        .and(FILM, "audio = false\n", "")
        .assert_diagnostic("column-of-nothing");
    Broken::column(audio, &format!("{audio}\nrole = \"default\"")).assert_diagnostic("column-role");
    Broken::column(audio, &format!("{audio}\nspelling = \"resolution\""))
        .assert_diagnostic("column-spelling");
    Broken::column("type = \"flag\"", "type = \"boolean\"").assert_diagnostic("column-type");
}

#[test]
fn families_and_rules() {
    let action = "actions/make.toml";
    let family = "capabilities = \"film\"";
    Broken(fixture("capabilities"))
        .and(action, family, "capabilities = \"flim\"")
        .assert_diagnostic("no-table-of-capabilities");
    let mut renamed = fixture("capabilities");
    let file = renamed.iter_mut().find(|file| file.path == FILM);
    file.expect(FILM).path = "capabilities/3d-film.toml".to_owned();
    Broken(renamed)
        .and(action, family, "")
        .assert_diagnostic("family-name");
    Broken(fixture("capabilities"))
        .and(action, "max_chars = 1000\n", "")
        .assert_diagnostic("nothing-gives-way");
    let rule = "id = \"duration\"";
    Broken(fixture("capabilities"))
        .and("rules.toml", rule, "id = \"Duration\"")
        .assert_diagnostic("rule-id");
    Broken(fixture("capabilities"))
        .and("rules.toml", rule, "id = \"max-chars\"")
        .assert_diagnostic("duplicate-rule");
}

#[test]
fn names_that_are_reserved_in_rust() {
    let twice = "\"UNUSED\"\ntype = \"String\"\ndoc = \"Twice.\"\n\n[[request]]\nname = \"Unused\"";
    Broken::replace(DRAW, "\"Unused\"", twice).assert_diagnostic("collision");
    Broken::replace(DRAW, "\"Unused\"", "\"Extra\"").assert_diagnostic("taken-member");
    let json = "\"UnusedJson\"\ntype = \"String\"\ndoc = \"Not a setter.\"\n\n[[request]]\n\
                name = \"Unused\"\nformat = \"json\"";
    Broken::replace(DRAW, "\"Unused\"", json).assert_diagnostic("taken-setter");
    Broken::replace(ENUMS, "\"Color\"", "\"Option\"")
        .and(DRAW, "type = \"Color\"", "type = \"Option\"")
        .assert_diagnostic("taken-type");
    Broken::replace(ENUMS, "\"red\"", "\"unknown\"").assert_diagnostic("taken-variant");
    Broken::replace(ENUMS, "\"red\"", "\"+\"").assert_diagnostic("no-variant");
}

#[test]
fn ten_mistakes_give_ten_messages() {
    let broken = Broken::replace(DRAW, "\"read\"", "\"reed\"")
        .and(DRAW, "limit = 1", "limit = 0.5")
        .and(DRAW, "source", "poll = \"Nothing\"\nsource")
        .and(DRAW, "\"Float\"", "\"Float\"\nmax_chars = 1")
        .and(DRAW, "type = \"Color\"", "type = \"Color\"\ntypo = true")
        .and(POINT, "source", "since = { moon = 2026-01-09 }\nsource")
        .and(POINT, "\"Integer\"", "\"Integer\"\nmin = 2\nmax = 1")
        .and(ENUMS, "\"Like blood.\"", "\"\"")
        .and(SERVICE, "\"input\"", "\"inputs\"")
        .and(SERVICE, "\"b-north\"", "\"a-south\"");
    let text = diagnostics(broken.0);
    assert_eq!(text.matches("error[E").count(), 10, "{text}");
    assert_snapshot("ten-mistakes", &text);
}

#[test]
fn a_missing_specification() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let failure = cli::spec_check(dir.path())
        .expect_err("nothing to check")
        .to_string();
    assert!(
        failure.contains("error[E0001]: cannot read the directory"),
        "{failure}"
    );
}

#[test]
fn a_file_that_cannot_be_read() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    fs::create_dir(dir.path().join("spec")).expect("folder");
    fs::write(dir.path().join("spec/enums.toml"), b"name = \"\xff\"").expect("file");
    let failure = cli::spec_check(dir.path())
        .expect_err("no text")
        .to_string();
    assert_snapshot("mistake-not-utf8", &failure);
}

/// The table in the handbook, the snapshots and the generator have the same codes.
#[test]
fn every_error_code_is_documented_and_has_a_snapshot() {
    let handbook = fs::read_to_string(workspace().join("spec/README.md")).expect("README.md");
    let explained = codes(&handbook, "| `E");
    let dir = fs::read_dir(workspace().join("tests/tests/snapshots")).expect("snapshots");
    let texts = dir.map(|entry| fs::read_to_string(entry.expect("entry").path()).expect("text"));
    let mut shown: BTreeSet<String> = texts.flat_map(|text| codes(&text, "error[E")).collect();
    // The message of the system differs between machines, so it has no snapshot.
    shown.insert("0001".to_owned());
    assert_eq!(explained, shown);
    let (generator, _) = model::read(&workspace().join("xtask/src"));
    let made: BTreeSet<String> = generator
        .iter()
        .flat_map(|(_, file)| codes(&file.text, "\"E"))
        .collect();
    assert_eq!(explained, made);
}

fn codes(text: &str, before: &str) -> BTreeSet<String> {
    let found = text.split(before).skip(1).filter_map(|rest| rest.get(..4));
    let numbers = found.filter(|code| code.chars().all(|c| c.is_ascii_digit()));
    numbers.map(str::to_owned).collect()
}
