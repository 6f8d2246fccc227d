//! Differences that a comparison must not miss, and mistakes that a check must not miss: rule ids,
//! the order of sites, defaults that conditions compare, new rows, and names that collide in Rust.

use std::path::Path;

use xtask::diff::Class::{self, Breaking, Compatible, Documentation};

use crate::{
    class::classified,
    support::{FRAME, SKETCH, Workspace, difference},
};

const COLUMNS: &str = "[[column]]\nkey = \"audio\"\ntype = \"flag\"\ndoc = \"Sound.\"\n\
                       returns = \"whether there is sound\"\n";

/// Returns the differences between a workspace before and after a change.
fn changes(before: impl Fn(&Workspace), change: impl Fn(&Workspace)) -> Vec<(String, Class)> {
    let (old, new) = (Workspace::new(), Workspace::new());
    before(&old);
    before(&new);
    change(&new);
    let [old, new] = [&old, &new].map(|side| side.root().join("spec").display().to_string());
    let changes = difference(Path::new("."), &old, &new).expect("two folders");
    changes.iter().map(classified).collect()
}

fn one(what: &str, class: Class) -> Vec<(String, Class)> {
    vec![(what.to_owned(), class)]
}

#[test]
fn a_renamed_rule_is_a_removed_and_an_added_one() {
    let rules = |id: &str, severity: &str| {
        format!(
            "[[rule]]\nid = \"{id}\"\nabout = \"member\"\nseverity = \"{severity}\"\n\
             meaning = \"a value is too long\"\n"
        )
    };
    let write = |id: &'static str, severity: &'static str| {
        move |side: &Workspace| {
            side.write("spec/rules.toml", rules(id, severity));
        }
    };
    assert_eq!(
        changes(write("max-chars", "error"), write("max-length", "error")),
        [
            ("rule max-chars -".to_owned(), Breaking),
            ("rule max-length +".to_owned(), Compatible)
        ]
    );
    let stricter = changes(write("max-chars", "warning"), write("max-chars", "error"));
    assert_eq!(stricter, one("rule max-chars severity", Breaking));
    let milder = changes(write("max-chars", "error"), write("max-chars", "warning"));
    assert_eq!(milder, one("rule max-chars severity", Compatible));
}

#[test]
fn the_first_site_is_the_default_one() {
    let site = "[[site]]\nname = \"intl\"\ndoc = \"International site.\"\n\
                host = \"mps.intl.example.com\"\nroot_domain = \"intl.example.com\"\n\
                regional_domain = \"example.com\"\n";
    let other = |name: &str| {
        site.replace("intl", name)
            .replace("International", "Another")
    };
    let before = |side: &Workspace| {
        let all = format!("{site}\n{}\n{}", other("cn"), other("eu"));
        side.replace("service.toml", site, &all);
    };
    let swap = |first: &'static str, second: &'static str| {
        move |side: &Workspace| {
            let text = side.file("service.toml");
            let mark = |name: &str| format!("name = \"{name}\"");
            let swapped = text
                .replace(&format!("{first}.example.com"), "@.example.com")
                .replace(&format!("{second}.example.com"), "#.example.com")
                .replace(&mark(first), "name = \"@\"")
                .replace(&mark(second), "name = \"#\"")
                .replace("\"@\"", &format!("\"{second}\""))
                .replace("\"#\"", &format!("\"{first}\""))
                .replace("@.example.com", &format!("{second}.example.com"))
                .replace("#.example.com", &format!("{first}.example.com"));
            side.write("spec/service.toml", swapped);
        }
    };
    let found = changes(before, swap("intl", "cn"));
    assert!(
        found.contains(&("service default_site".to_owned(), Breaking)),
        "{found:?}"
    );
    let mut found = changes(before, swap("cn", "eu"));
    // The package stays in its place, while the names are swapped.
    found.retain(|(path, _)| !path.ends_with(" package"));
    assert_eq!(found, one("service order", Documentation));
}

/// A condition compares the default of an absent member, so another default refuses other
/// requests.
#[test]
fn a_default_that_a_condition_compares_is_a_bound() {
    let condition = |side: &Workspace| {
        side.replace(
            SKETCH,
            "[[request]]\nname = 'Frames'",
            "[[request]]\nname = \"Scope\"\ntype = \"String\"\ndoc = \"Scope.\"\n\
             default = \"all\"\n\n[[request]]\nname = 'Frames'",
        );
        side.replace(
            SKETCH,
            "max_items = 3",
            "max_items = 3\nrequired_if = { member = \"Scope\", is = \"all\" }",
        );
    };
    let other = |side: &Workspace| {
        side.replace(SKETCH, "default = \"all\"", "default = \"some\"");
    };
    assert_eq!(
        changes(condition, other),
        [
            (
                "CreateAigcSketch.Scope default_in_conditions".to_owned(),
                Breaking
            ),
            ("CreateAigcSketch.Scope default".to_owned(), Compatible),
        ]
    );
    let weak = |side: &Workspace| {
        condition(side);
        side.replace(
            SKETCH,
            "\"max_items\", #",
            "\"max_items\", \"required_if\", #",
        );
    };
    let found = changes(weak, other);
    assert_eq!(found, one("CreateAigcSketch.Scope default", Compatible));
}

/// A model without a row is sent with a warning, so a row that states a fact refuses requests that
/// used to pass.
#[test]
fn a_new_row_that_bounds_requests_is_breaking() {
    let before = |table: &'static str| {
        move |side: &Workspace| {
            side.write("spec/columns.toml", COLUMNS);
            side.write(
                "spec/capabilities/film.toml",
                format!("source = \"a page\"\n{table}"),
            );
        }
    };
    let found = |old: &'static str, new: &'static str| changes(before(old), before(new));
    let silent = "[[model]]\nname = \"A\"\nsource = \"a row\"\n";
    assert_eq!(found("", silent), one("film model A +", Compatible));
    let strict = "[[model]]\nname = \"A\"\nsource = \"a row\"\naudio = false\n";
    assert_eq!(found("", strict), one("film model A +", Breaking));
    let weak =
        "[[model]]\nname = \"A\"\nsource = \"a row\"\naudio = false\nwarn_only = [\"audio\"]\n";
    assert_eq!(found("", weak), one("film model A +", Compatible));
    // The versions of a new model count, and a new version inherits the facts of its model.
    let inside = "[[model]]\nname = \"A\"\nsource = \"a row\"\n\
                  [[model.version]]\nname = \"1\"\naudio = false\n";
    assert_eq!(found("", inside), one("film model A +", Breaking));
    let inherits = "[[model]]\nname = \"A\"\nsource = \"a row\"\naudio = false\n\
                    [[model.version]]\nname = \"1\"\n";
    assert_eq!(found(strict, inherits), one("film model A 1 +", Breaking));
    let plain = "[[model]]\nname = \"A\"\nsource = \"a row\"\n[[model.version]]\nname = \"1\"\n";
    assert_eq!(found(silent, plain), one("film model A 1 +", Compatible));
}

/// `spec check` refuses what `codegen` refuses, together with all other mistakes.
#[test]
fn a_check_reports_collisions_and_all_other_mistakes_at_once() {
    let workspace = Workspace::new();
    workspace.replace(FRAME, "name = \"Weight\"", "name = \"URL\"");
    let collision = workspace.check().expect_err("two members are one field");
    assert!(collision.contains("error[E0501]"), "{collision}");
    workspace
        .replace(SKETCH, "rate_limit = 10", "rate_limit = 0")
        .write("spec/enums.toml", b"name = \"\xff\"");
    workspace.write("spec/rules.toml", "broken = ");
    let all = workspace.check().expect_err("four mistakes");
    for code in ["E0002", "E0101", "E0308", "E0501"] {
        assert!(all.contains(&format!("error[{code}]")), "{code}: {all}");
    }
}
