//! The generated code of each fixture, as snapshots.

use crate::support::{assert_snapshot, fixture, fixture_names, generated, real};

/// The generated files of a fixture that show its feature, as a snapshot each.
fn assert_files(name: &str, files: &[&str]) {
    let generated = generated(fixture(name));
    for file in files {
        let text = generated
            .get(*file)
            .unwrap_or_else(|| panic!("no {file}: {generated:?}"));
        let file = file.trim_start_matches("generated/");
        let file = file.trim_end_matches(".rs").replace('/', "_");
        assert_snapshot(&format!("{name}-{file}"), text);
    }
}

#[test]
fn actions_and_their_catalog() {
    assert_files(
        "action",
        &[
            "generated/actions/start_work.rs",
            "generated/actions.rs",
            "generated/catalog.rs",
            "generated.rs",
            "generated/service.rs",
        ],
    );
}

#[test]
fn capability_tables_and_overridable_rules() {
    assert_files(
        "capabilities",
        &[
            "generated/actions/make.rs",
            "generated/capabilities/film.rs",
            "generated/capabilities.rs",
            "generated/structs/shape.rs",
            "generated/columns.rs",
            "generated/rules.rs",
            "generated.rs",
        ],
    );
}

#[test]
fn members_of_every_type() {
    assert_files("kinds", &["generated/actions/kinds.rs"]);
}

#[test]
fn required_members() {
    assert_files("required", &["generated/actions/required.rs"]);
}

#[test]
fn rules() {
    assert_files("rules", &["generated/actions/rules.rs"]);
}

#[test]
fn second_setters() {
    assert_files("helpers", &["generated/actions/helpers.rs"]);
}

#[test]
fn sensitive_members() {
    assert_files("sensitive", &["generated/actions/sensitive.rs"]);
}

#[test]
fn structs_of_requests_and_of_responses() {
    assert_files(
        "roles",
        &[
            "generated/structs/both.rs",
            "generated/structs/tree.rs",
            "generated/structs.rs",
        ],
    );
}

#[test]
fn open_enums() {
    assert_files("enums", &["generated/enums.rs"]);
}

#[test]
fn documentation() {
    assert_files("docs", &["generated/actions/docs.rs"]);
}

#[test]
fn names_that_are_keywords_in_rust() {
    assert_files(
        "names",
        &[
            "generated/actions/names.rs",
            "generated/structs/match.rs",
            "generated/structs.rs",
        ],
    );
}

#[test]
fn examples_in_the_documentation() {
    assert_files("example", &["generated/actions/draw.rs"]);
}

/// Templates that are text must give what the printer gives for the same code.
#[test]
fn text_templates_have_the_layout_of_the_printer() {
    let fixtures = fixture_names();
    assert!(fixtures.len() > 10, "{fixtures:?}");
    let fixtures = fixtures.iter().map(|name| fixture(name));
    for files in fixtures.chain([real()]) {
        for (path, text) in generated(files) {
            let mut file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
            file.items.retain(|item| !matches!(item, syn::Item::Use(_)));
            let printed = prettyplease::unparse(&file);
            let printed: Vec<_> = printed.lines().filter(|line| !line.is_empty()).collect();
            assert_eq!(code(&text), printed, "{path}");
        }
    }
}

/// Returns the lines of a generated file without its imports, whose layout is the generator's own.
fn code(text: &str) -> Vec<&str> {
    let is_code = |block: &&str| {
        let others = ["// ", "use ", "pub use "];
        !others.iter().any(|start| block.starts_with(start))
    };
    let blocks = text.split("\n\n").filter(is_code);
    blocks
        .flat_map(str::lines)
        .filter(|line| !line.is_empty())
        .collect()
}
