//! The order in which files and keys stand, and which run it is, make no difference.

use toml::{Table, Value};
use xtask::model::SourceFile;

use crate::support::{fixture, generated, real};

#[test]
fn the_order_of_files_makes_no_difference() {
    let expected = generated(real());
    let mut files = real();
    files.reverse();
    assert_eq!(generated(files), expected);
    let mut files = real();
    files.rotate_left(3);
    assert_eq!(generated(files), expected);
}

#[test]
fn the_order_of_keys_makes_no_difference() {
    let moved: Vec<_> = real().into_iter().map(reordered).collect();
    assert_ne!(moved, real());
    assert_eq!(generated(moved), generated(real()));
}

#[test]
fn definitions_are_sorted_by_name() {
    let moved: Vec<_> = fixture("enums").into_iter().map(reversed).collect();
    assert_ne!(moved, fixture("enums"));
    assert_eq!(generated(moved), generated(fixture("enums")));
    let moved: Vec<_> = real().into_iter().map(reversed).collect();
    assert_eq!(generated(moved), generated(real()));
}

#[test]
fn a_second_run_makes_the_same() {
    assert_eq!(generated(real()), generated(real()));
}

/// The same contents with the keys of every table in alphabetical order, without comments.
fn reordered(file: SourceFile) -> SourceFile {
    edited(file, |_| {})
}

/// The same contents with every array reversed whose order says nothing.
fn reversed(file: SourceFile) -> SourceFile {
    edited(file, |table| {
        for key in ["enum", "error", "errors"] {
            reverse(table, key);
        }
        if let Some(regions) = table.get_mut("regions").and_then(Value::as_table_mut) {
            reverse(regions, "names");
        }
    })
}

fn reverse(table: &mut Table, key: &str) {
    if let Some(items) = table.get_mut(key).and_then(Value::as_array_mut) {
        items.reverse();
    }
}

fn edited(file: SourceFile, edit: impl Fn(&mut Table)) -> SourceFile {
    let Ok(mut table) = file.text.parse::<Table>() else {
        // An example or the handbook.
        return file;
    };
    edit(&mut table);
    let text = toml::to_string(&table).expect("TOML");
    SourceFile { text, ..file }
}
