//! Ids and output names that are there twice.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
};

use crate::manifest::{ManifestRow, RowFinding, error, rules};

/// The texts that were added, each by a hash of 128 bits with its line. Keys are random, so no file can
/// be written whose texts collide.
#[derive(Default)]
pub(super) struct Unique {
    keys: [RandomState; 2],
    lines: HashMap<[u64; 2], u64>,
}

impl Unique {
    /// Adds a text, and returns the line on which it was added before, if it was.
    pub(super) fn add(&mut self, text: &str, line: u64) -> Option<u64> {
        let hash = self.keys.each_ref().map(|key| key.hash_one(text));
        let first = *self.lines.entry(hash).or_insert(line);
        (first != line).then_some(first)
    }
}

/// Returns an output name as file systems compare it that do not distinguish upper and lower case.
pub(super) fn folded(name: &str) -> String {
    name.to_lowercase()
}

pub(super) fn duplicate_id(row: &ManifestRow, first: u64) -> RowFinding {
    let message = format!("line {first} has the same id");
    let finding = error("id", rules::DUPLICATE_ID, message)
        .value(row.key.as_str())
        .hint("give each row its own id");
    RowFinding::new(row.line, Some(row.key.as_str()), finding)
}

pub(super) fn duplicate_output(row: &ManifestRow, first: u64) -> RowFinding {
    let message =
        format!("line {first} has the same output name, except for the letter case at most");
    let finding = error("out", rules::DUPLICATE_OUTPUT, message)
        .value(row.out.as_str())
        .hint("set `out` to another name, or put {key} into it");
    RowFinding::new(row.line, Some(row.key.as_str()), finding)
}
