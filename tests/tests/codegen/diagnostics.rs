//! What the generator says of specifications that are wrong.
//!
//! Every case takes the sound fixture `example` and breaks one thing, so that its snapshot has
//! one message; all codes of the table in `spec/README.md` occur.

use std::{collections::BTreeSet, fs};

use xtask::{cli, spec::SourceFile};

use crate::support::{assert_snapshot, complaint, fixture, workspace};

const DRAW: &str = "actions/draw.toml";
const POINT: &str = "structs/point.toml";
const ENUMS: &str = "enums.toml";
const SERVICE: &str = "service.toml";
const REQUEST: &str = "examples/Draw/simple.request.json";
const RESPONSE: &str = "examples/Draw/simple.response.json";

/// The fixture with one text in one file replaced, which has to be there.
fn with(path: &str, from: &str, to: &str) -> Vec<SourceFile> {
    let mut files = fixture("example");
    replace(&mut files, path, from, to);
    files
}

fn replace(files: &mut [SourceFile], path: &str, from: &str, to: &str) {
    let file = files.iter_mut().find(|file| file.path == path).expect(path);
    assert!(file.text.contains(from), "{path} has no {from}");
    file.text = file.text.replacen(from, to, 1);
}

fn add(files: &mut Vec<SourceFile>, path: &str, text: &str) {
    let (path, text) = (path.to_owned(), text.to_owned());
    files.push(SourceFile { path, text });
}

fn says(name: &str, files: Vec<SourceFile>) {
    let text = complaint(files);
    assert_eq!(text.matches("error[E").count(), 1, "{text}");
    assert_snapshot(&format!("mistake-{name}"), &text);
}

#[test]
fn broken_toml() {
    says("broken-toml", with(POINT, "name = \"X\"", "name = X"));
    says(
        "duplicate-key",
        with(
            POINT,
            "type = \"Integer\"",
            "type = \"Integer\"\ntype = \"String\"",
        ),
    );
}

#[test]
fn keys() {
    says(
        "unknown-key",
        with(DRAW, "name = \"Scale\"", "name = \"Scale\"\nrequird = true"),
    );
    says("unknown-table", with(POINT, "[[member]]", "[[field]]"));
    says("missing-key", with(POINT, "doc = \"Across.\"\n", ""));
    says(
        "wrong-kind",
        with(DRAW, "rate_limit = 1", "rate_limit = \"1\""),
    );
    says(
        "wrong-kind-of-item",
        with(DRAW, "required = true", "requires = [\"Color\", 1]"),
    );
    says(
        "number-too-large",
        with(DRAW, "rate_limit = 1", "rate_limit = 4294967296"),
    );
    says(
        "no-table",
        with(
            DRAW,
            "source = \"a page\"",
            "source = \"a page\"\nsince = 2026-01-09",
        ),
    );
    says(
        "wrong-word",
        with(DRAW, "effect = \"read\"", "effect = \"paid_create\""),
    );
    says(
        "empty-text",
        with(DRAW, "\"Has an example in its documentation.\"", "\" \""),
    );
}

#[test]
fn files() {
    let mut files = fixture("example");
    add(&mut files, "structs/point.toml.orig", "");
    says("misplaced-file", files);
    let mut files = fixture("example");
    files.retain(|file| file.path != SERVICE);
    says("no-service", files);
    let mut files = fixture("example");
    files
        .iter_mut()
        .find(|file| file.path == POINT)
        .expect(POINT)
        .path = "structs/dot.toml".to_owned();
    says("file-name", files);
}

#[test]
fn names() {
    let twice =
        "name = \"Title\"\ntype = \"String\"\ndoc = \"Again.\"\n\n[[request]]\nname = \"Title\"";
    says("duplicate-member", with(DRAW, "name = \"Title\"", twice));
    let twice = "value = \"red\"\ndoc = \"Again.\"\n\n[[enum.value]]\nvalue = \"red\"";
    says("duplicate-value", with(ENUMS, "value = \"red\"", twice));
    says(
        "bad-name",
        with(DRAW, "name = \"Unused\"", "name = \"un-used\""),
    );
    says(
        "unknown-site",
        with(POINT, "source", "since = { int = 2026-01-09 }\nsource"),
    );
    says("host", with(SERVICE, "host = \"mps.", "host = \"msp."));
    says("some-phases", with(ENUMS, "doc = \"Like blood.\"", PHASES));
    says(
        "no-values",
        with(ENUMS, "doc = \"What", "value = []\ndoc = \"What")
            .into_iter()
            .map(valueless)
            .collect(),
    );
}

const PHASES: &str =
    "doc = \"Like blood.\"\n\n[[enum.value]]\nvalue = \"blue\"\ndoc = \"Sky.\"\nphase = \"failed\"";

fn valueless(file: SourceFile) -> SourceFile {
    let kept = file
        .text
        .split("[[enum.value]]")
        .next()
        .unwrap_or_default()
        .to_owned();
    SourceFile { text: kept, ..file }
}

#[test]
fn types() {
    says(
        "dangling-type",
        with(DRAW, "type = \"List<Point>\"", "type = \"List<Pointt>\"")
            .into_iter()
            .chain(used_elsewhere())
            .collect(),
    );
    says(
        "dangling-poll",
        with(DRAW, "effect", "poll = \"Draww\"\neffect"),
    );
    says(
        "unexplained-error",
        with(DRAW, "effect", "errors = [\"Unheard.Of\"]\neffect"),
    );
    says(
        "list-of-lists",
        with(DRAW, "\"List<Point>\"", "\"List<List<Point>>\"")
            .into_iter()
            .map(pointless)
            .collect(),
    );
    let mut files = fixture("example");
    add(
        &mut files,
        "structs/lone.toml",
        &POINT_FILE.replace("Point", "Lone"),
    );
    says("unused", files);
    says(
        "endless",
        with(POINT, "type = \"Integer\"", "type = \"Point\"")
            .into_iter()
            .map(pointless)
            .collect(),
    );
}

const POINT_FILE: &str = "name = \"Point\"\ndoc = \"A place.\"\nsource = \"a page\"\n";

/// An action that keeps `Point` in use.
fn used_elsewhere() -> Option<SourceFile> {
    let mut files = fixture("example");
    replace(&mut files, DRAW, "\"Draw\"", "\"Other\"");
    let file = files
        .into_iter()
        .find(|file| file.path == DRAW)
        .expect(DRAW);
    let text = file
        .text
        .split("[[example]]")
        .next()
        .unwrap_or_default()
        .to_owned();
    let path = "actions/other.toml".to_owned();
    Some(SourceFile { path, text })
}

/// The example request without its points.
fn pointless(file: SourceFile) -> SourceFile {
    let text = file
        .text
        .replace(",\n  \"Points\": [{ \"X\": 1 }, { \"X\": -20000 }]", "");
    SourceFile { text, ..file }
}

fn fact(member: &str, facts: &str) -> Vec<SourceFile> {
    let name = format!("name = \"{member}\"");
    with(DRAW, &name, &format!("{name}\n{facts}"))
}

#[test]
fn facts() {
    says("fact-of-another-type", fact("Scale", "max_chars = 5"));
    says("no-number-left", fact("Scale", "min = 2\nmax = 1.5"));
    says("value-of-another-type", fact("Unused", "example = 5"));
    says("value-out-of-bounds", fact("Scale", "max = 2\ndefault = 3"));
    says("value-not-in-enum", fact("Color", "default = \"rad\""));
    says(
        "value-too-long",
        fact("Unused", "max_chars = 3\nexample = \"four\""),
    );
    says(
        "nothing-to-weaken",
        fact("Unused", "warn_only = [\"max_chars\"]"),
    );
    says("required-default", fact("Title", "default = \"none\""));
    says("no-starts", with(DRAW, "rate_limit = 1", "rate_limit = 0"));
    let response = "[[response]]\nname = \"Id\"\ntype = \"String\"\ndoc = \"An id.\"\nmax_chars = 5\n\n[[example]]";
    says("unchecked", with(DRAW, "[[example]]", response));
}

#[test]
fn relations() {
    says("dangling-member", fact("Unused", "requires = [\"Colour\"]"));
    says("itself", fact("Unused", "requires = [\"Unused\"]"));
    says(
        "always-there",
        fact("Unused", "required_unless_any = [\"Title\"]"),
    );
    says(
        "contradiction",
        fact(
            "Unused",
            "requires = [\"Color\"]\nconflicts_with = [\"Color\"]",
        ),
    );
}

#[test]
fn examples() {
    says(
        "no-example-file",
        with(DRAW, "\"simple.request.json\"", "\"simpel.request.json\"")
            .into_iter()
            .filter(|file| file.path != REQUEST)
            .collect(),
    );
    let mut files = fixture("example");
    add(&mut files, "examples/Draw/other.request.json", "{}");
    says("uncalled-for-example", files);
    says(
        "broken-json",
        with(REQUEST, "\"Color\": \"red\",", "\"Color\": \"red\""),
    );
    says(
        "unknown-member-in-example",
        with(REQUEST, "\"X\": 1", "\"x\": 1"),
    );
    says(
        "wrong-kind-in-example",
        with(REQUEST, "\"X\": 1", "\"X\": \"1\""),
    );
    says("no-envelope", with(RESPONSE, "\"Response\"", "\"Resp\""));
    says(
        "member-twice-in-example",
        with(REQUEST, "\"X\": 1", "\"X\": 1, \"X\": 2"),
    );
}

#[test]
fn collisions() {
    let twice = "name = \"EnableTTS\"\ntype = \"Boolean\"\ndoc = \"One.\"\n\n[[request]]\nname = \"EnableTts\"\ntype = \"Boolean\"\ndoc = \"Another.\"\n\n[[request]]\nname = \"Unused\"";
    says("collision", with(DRAW, "name = \"Unused\"", twice));
    says(
        "taken-member",
        with(DRAW, "name = \"Unused\"", "name = \"Extra\""),
    );
    says(
        "taken-type",
        with(ENUMS, "\"Color\"", "\"Option\"")
            .into_iter()
            .map(optional)
            .collect(),
    );
    says(
        "taken-variant",
        with(ENUMS, "value = \"red\"", "value = \"unknown\""),
    );
    says(
        "no-variant",
        with(ENUMS, "value = \"red\"", "value = \"+\""),
    );
}

fn optional(file: SourceFile) -> SourceFile {
    let text = file.text.replace("type = \"Color\"", "type = \"Option\"");
    SourceFile { text, ..file }
}

#[test]
fn ten_mistakes_are_ten_messages() {
    let mut files = fixture("example");
    for (path, from, to) in [
        (DRAW, "effect = \"read\"", "effect = \"reed\""),
        (DRAW, "rate_limit = 1", "rate_limit = 0.5"),
        (DRAW, "type = \"Float\"", "type = \"Float\"\nmax_chars = 1"),
        (DRAW, "type = \"Color\"", "type = \"Color\"\ntypo = true"),
        (DRAW, "source", "poll = \"Nothing\"\nsource"),
        (POINT, "source", "since = { moon = 2026-01-09 }\nsource"),
        (
            POINT,
            "type = \"Integer\"",
            "type = \"Integer\"\nmin = 2\nmax = 1",
        ),
        (ENUMS, "doc = \"Like blood.\"", "doc = \"\""),
        (SERVICE, "class = \"input\"", "class = \"inputs\""),
        (
            SERVICE,
            "\"b-north\", \"a-south\"",
            "\"a-south\", \"a-south\"",
        ),
    ] {
        replace(&mut files, path, from, to);
    }
    let text = complaint(files);
    assert_eq!(text.matches("error[E").count(), 10, "{text}");
    assert_snapshot("ten-mistakes", &text);
}

#[test]
fn a_specification_that_is_not_there() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let failure = cli::spec_check(dir.path())
        .expect_err("no specification")
        .to_string();
    assert!(
        failure.contains("error[E0001]: cannot read the directory"),
        "{failure}"
    );
}

#[test]
fn files_that_cannot_be_read() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    fs::create_dir(dir.path().join("spec")).expect("folder");
    fs::write(dir.path().join("spec/enums.toml"), b"name = \"\xff\"").expect("file");
    let failure = cli::spec_check(dir.path())
        .expect_err("no text")
        .to_string();
    assert_snapshot("mistake-not-utf8", &failure);
}

/// The table in the handbook, the snapshots and the codes in the generator are the same set.
#[test]
fn every_code_is_explained_and_shown() {
    let handbook = fs::read_to_string(workspace().join("spec/README.md")).expect("README.md");
    let explained = codes(&handbook, "| `E");
    let snapshots = fs::read_dir(workspace().join("tests/tests/snapshots")).expect("snapshots");
    let texts =
        snapshots.map(|entry| fs::read_to_string(entry.expect("entry").path()).expect("text"));
    let mut shown: BTreeSet<String> = texts.flat_map(|text| codes(&text, "error[E")).collect();
    // What the system says in this case differs from machine to machine, so it has no snapshot.
    shown.insert("0001".to_owned());
    assert_eq!(explained, shown);
}

fn codes(text: &str, before: &str) -> BTreeSet<String> {
    let found = text.split(before).skip(1);
    found.map(|rest| rest.chars().take(4).collect()).collect()
}
