//! Ids and output names that are there twice.

use std::{
    borrow::Cow,
    collections::HashMap,
    hash::{BuildHasher as _, BuildHasherDefault, Hasher, RandomState},
};

use crate::manifest::{RowFinding, error, rules};

/// A hash of 128 bits.
pub(super) type Hash = [u64; 2];

/// Hashes of texts. The keys are random, so no file can be written whose texts collide.
#[derive(Clone, Default)]
pub(super) struct Hashes([RandomState; 2]);

impl Hashes {
    pub(super) fn of(&self, text: &str) -> Hash {
        self.0.each_ref().map(|key| key.hash_one(text))
    }
}

/// The texts that were added, each by its hash, with its line.
#[derive(Default)]
pub(super) struct Unique {
    hashes: Hashes,
    lines: HashMap<Hash, u64, Unhashed>,
}

impl Unique {
    pub(super) fn hashes(&self) -> Hashes {
        self.hashes.clone()
    }

    /// Adds a text by its hash, and returns the line on which it was added before, if it was.
    pub(super) fn add(&mut self, text: Hash, line: u64) -> Option<u64> {
        let first = *self.lines.entry(text).or_insert(line);
        (first != line).then_some(first)
    }

    /// Returns the line on which a text was added, by its hash.
    pub(super) fn line(&self, text: Hash) -> Option<u64> {
        self.lines.get(&text).copied()
    }
}

/// Returns the folders of an output name, as in `a` and `a/b` of `a/b/c.mp4`.
pub(super) fn folders(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('/')
        .filter_map(|(end, _)| name.get(..end))
}

/// The hasher of what is a hash already.
#[derive(Default)]
pub(super) struct FirstHalf(u64);

type Unhashed = BuildHasherDefault<FirstHalf>;

impl Hasher for FirstHalf {
    fn write(&mut self, bytes: &[u8]) {
        // Half of the hash is enough to find its place in the map.
        self.0 = bytes
            .iter()
            .take(8)
            .fold(0, |hash, byte| hash << 8 | u64::from(*byte));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 ^= number;
    }

    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Returns an output name as file systems compare it that do not distinguish upper and lower case.
pub(super) fn folded(name: &str) -> Cow<'_, str> {
    let is_lower = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    if name.bytes().all(is_lower) {
        Cow::Borrowed(name)
    } else {
        Cow::Owned(name.to_lowercase())
    }
}

pub(super) fn duplicate_id(line: u64, id: &str, first: u64) -> RowFinding {
    let message = format!("line {first} has the same id");
    let finding = error("id", rules::DUPLICATE_ID, message).hint("give each row its own id");
    RowFinding::new(line, Some(id), finding)
}

pub(super) fn file_and_folder(line: u64, id: &str, first: u64) -> RowFinding {
    let message = format!("the name of a file is that of a folder on line {first}, or the reverse");
    let finding = error("out", rules::DUPLICATE_OUTPUT, message)
        .hint("give the file another name than the folder");
    RowFinding::new(line, Some(id), finding)
}

pub(super) fn duplicate_output(line: u64, id: &str, first: u64) -> RowFinding {
    let message = format!("line {first} has the same output name; letter case does not count");
    let finding = error("out", rules::DUPLICATE_OUTPUT, message)
        .hint("set `out` to another name, or put {key} into it");
    RowFinding::new(line, Some(id), finding)
}
