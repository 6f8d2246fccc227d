//! The code that comes out of each fixture.

use crate::support::{assert_snapshot, fixture, generated};

/// The generated files of a fixture that show its feature, as a snapshot each.
fn locks(name: &str, files: &[&str]) {
    let generated = generated(fixture(name));
    for file in files {
        let text = generated
            .get(*file)
            .unwrap_or_else(|| panic!("no {file}: {generated:?}"));
        let file = file.trim_end_matches(".rs").replace('/', "_");
        assert_snapshot(&format!("{name}-{file}"), text);
    }
}

#[test]
fn actions_and_the_lists_of_them() {
    locks(
        "action",
        &[
            "actions/start_work.rs",
            "actions/mod.rs",
            "catalog.rs",
            "mod.rs",
            "service.rs",
        ],
    );
}

#[test]
fn capability_tables_and_what_gives_way_to_them() {
    locks(
        "capabilities",
        &[
            "actions/make.rs",
            "capabilities/film.rs",
            "capabilities/mod.rs",
            "structs/shape.rs",
            "rules.rs",
            "mod.rs",
        ],
    );
}

#[test]
fn members_of_every_kind() {
    locks("kinds", &["actions/kinds.rs"]);
}

#[test]
fn required_members() {
    locks("required", &["actions/required.rs"]);
}

#[test]
fn rules() {
    locks("rules", &["actions/rules.rs"]);
}

#[test]
fn second_setters() {
    locks("helpers", &["actions/helpers.rs"]);
}

#[test]
fn sensitive_members() {
    locks("sensitive", &["actions/sensitive.rs"]);
}

#[test]
fn structs_of_requests_and_of_answers() {
    locks(
        "roles",
        &["structs/both.rs", "structs/tree.rs", "structs/mod.rs"],
    );
}

#[test]
fn open_enums() {
    locks("enums", &["enums.rs"]);
}

#[test]
fn documentation() {
    locks("docs", &["actions/docs.rs"]);
}

#[test]
fn names_that_rust_cannot_take() {
    locks(
        "names",
        &["actions/names.rs", "structs/match.rs", "structs/mod.rs"],
    );
}

#[test]
fn examples_in_the_documentation() {
    locks("example", &["actions/draw.rs"]);
}
