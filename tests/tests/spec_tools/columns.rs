//! Classes of changes of capability columns.

use std::path::Path;

use xtask::diff::Class::{self, Breaking, Compatible, Documentation};

use crate::{
    class::classified,
    support::{Workspace, difference},
};

const COLUMNS: &str = "[[column]]\nkey = \"audio\"\ntype = \"flag\"\ndoc = \"Sound.\"\n\
                       returns = \"whether there is sound\"\n";

const DEFAULT: &str = "\n[[column]]\nkey = \"audio_default\"\ntype = \"flag\"\nof = \"audio\"\n\
                       role = \"default\"\ndoc = \"Default.\"\nreturns = \"the default\"\n";

const TABLE: &str =
    "source = \"a page\"\n\n[[model]]\nname = \"A\"\nsource = \"a row\"\naudio = true\n";

/// Returns the differences between two lists of columns and two tables.
fn changes(old: (&str, &str), new: (&str, &str)) -> Vec<(String, Class)> {
    let sides = [old, new].map(|(columns, table)| {
        let side = Workspace::new();
        side.write("spec/columns.toml", columns);
        side.write("spec/capabilities/film.toml", table);
        side
    });
    let [old, new] = sides
        .each_ref()
        .map(|side| side.root().join("spec").display().to_string());
    let changes = difference(Path::new("."), &old, &new).expect("two folders");
    changes.iter().map(classified).collect()
}

#[test]
fn a_column_can_be_added_but_not_removed() {
    let more = format!("{COLUMNS}{DEFAULT}");
    let added = changes((COLUMNS, TABLE), (&more, TABLE));
    assert_eq!(added, [("column audio_default +".to_owned(), Compatible)]);
    let removed = changes((&more, TABLE), (COLUMNS, TABLE));
    assert_eq!(removed, [("column audio_default -".to_owned(), Breaking)]);
}

#[test]
fn another_type_is_breaking_and_another_text_is_documentation() {
    let silent = TABLE.replace("audio = true\n", "");
    let text = COLUMNS.replace("\"flag\"", "\"text\"");
    let found = changes((COLUMNS, &silent), (&text, &silent));
    assert_eq!(found, [("column audio type".to_owned(), Breaking)]);
    let doc = COLUMNS.replace("Sound.", "A sound track.");
    let found = changes((COLUMNS, TABLE), (&doc, TABLE));
    assert_eq!(found, [("column audio doc".to_owned(), Documentation)]);
}

#[test]
fn a_default_refuses_no_request_and_a_denial_does() {
    let columns = format!("{COLUMNS}{DEFAULT}");
    let with_default = format!("{TABLE}audio_default = true\n");
    let found = changes((&columns, TABLE), (&columns, &with_default));
    let path = "film model A audio_default".to_owned();
    assert_eq!(found, [(path, Compatible)]);
    let denied = TABLE.replace("true", "false");
    let found = changes((COLUMNS, TABLE), (COLUMNS, &denied));
    assert_eq!(found, [("film model A audio".to_owned(), Breaking)]);
}
