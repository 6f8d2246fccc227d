//! The names that rows claim, compared with each other.
//!
//! Of each row 16 bytes are kept: the hashes of its id and of its output name. Names whose hashes occur
//! more than once are suspects. If there are any, the manifest is read a second time, with the texts of
//! the suspects, so that no hash decides about a row.

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    hash::{BuildHasher as _, Hasher as _, RandomState},
};

use super::names::{self, Collision};
use crate::manifest::{RowFacts, RowFinding};

/// Hashes of names. The key is random, so that no file can be made whose names have equal hashes.
#[derive(Clone, Default)]
pub(super) struct Hashes(RandomState);

impl Hashes {
    /// Returns the hash of an id.
    fn id(&self, id: &str) -> u64 {
        self.of(0, id)
    }

    /// Returns the hash of an output name, which is another one than that of the same text as an id.
    fn output(&self, name: &str) -> u64 {
        self.of(1, name)
    }

    fn of(&self, kind: u8, name: &str) -> u64 {
        let mut hasher = self.0.build_hasher();
        hasher.write_u8(kind);
        hasher.write(name.as_bytes());
        hasher.finish()
    }
}

/// The names of a row, as hashes.
pub(super) struct Claims {
    id: u64,
    output: u64,
    /// The output names that this row excludes; none for most rows.
    excluded: Box<[u64]>,
}

impl Claims {
    pub(super) fn of(row: &RowFacts, hashes: &Hashes) -> Self {
        let output = names::folded(&row.out);
        let excluded = names::excluded(&output);
        Self {
            id: hashes.id(row.key.as_str()),
            output: hashes.output(&output),
            excluded: excluded.map(|(name, _)| hashes.output(&name)).collect(),
        }
    }
}

/// The output names of a row as text, folded.
pub(super) struct Names {
    output: String,
    excluded: Vec<(String, Collision)>,
}

impl Names {
    /// Returns the names of a row; `None` if none of them is a suspect, its id included.
    pub(super) fn of(row: &RowFacts, hashes: &Hashes, suspects: &Suspects) -> Option<Self> {
        if !suspects.have_one_of(&Claims::of(row, hashes)) {
            return None;
        }
        let output = names::folded(&row.out).into_owned();
        let excluded = names::excluded(&output);
        let excluded = excluded.map(|(name, collision)| (name.into_owned(), collision));
        Some(Self {
            excluded: excluded.collect(),
            output,
        })
    }
}

/// The hashes of all names.
#[derive(Default)]
pub(super) struct Seen {
    claimed: Vec<u64>,
    excluded: HashSet<u64>,
}

impl Seen {
    pub(super) fn add(&mut self, claims: &Claims) {
        self.claimed.extend([claims.id, claims.output]);
        self.excluded.extend(claims.excluded.iter().copied());
    }

    /// Returns the names that were claimed more than once, or claimed and excluded; `None` if there are
    /// none, which is certain.
    pub(super) fn suspects(mut self) -> Option<Suspects> {
        self.claimed.sort_unstable();
        let pairs = self.claimed.iter().zip(self.claimed.iter().skip(1));
        let twice = pairs.filter(|(one, next)| one == next).map(|(one, _)| *one);
        let is_claimed = |name: &u64| self.claimed.binary_search(name).is_ok();
        let excluded = self.excluded.iter().copied().filter(is_claimed);
        let suspects: HashSet<_> = twice.chain(excluded).collect();
        (!suspects.is_empty()).then_some(Suspects(suspects))
    }
}

/// The hashes of names that are probably there twice.
pub(super) struct Suspects(HashSet<u64>);

impl Suspects {
    fn have_one_of(&self, claims: &Claims) -> bool {
        let names = claims.excluded.iter().chain([&claims.id, &claims.output]);
        names.into_iter().any(|name| self.0.contains(name))
    }
}

/// The suspects as text, each with the line on which it was claimed first.
#[derive(Default)]
pub(super) struct Compared {
    ids: HashMap<String, u64>,
    outputs: HashMap<String, u64>,
    excluded: HashMap<String, (u64, Collision)>,
}

impl Compared {
    /// Adds the names of a row, and returns the finding if one of them collides with that of a row before.
    pub(super) fn add(&mut self, line: u64, id: &str, names: Names) -> Option<RowFinding> {
        let Names { output, excluded } = names;
        match self.ids.entry(id.to_owned()) {
            // The same id has the same name: one finding is enough.
            Entry::Occupied(first) => return Some(names::duplicate_id(line, id, *first.get())),
            Entry::Vacant(new) => new.insert(line),
        };
        let collision = match self.outputs.entry(output.clone()) {
            Entry::Occupied(first) => Some((*first.get(), Collision::Same)),
            Entry::Vacant(new) => {
                new.insert(line);
                self.exclusion(line, &output, excluded)
            }
        };
        collision.map(|(first, collision)| collision.finding(&output, line, id, first))
    }

    /// Returns the line of a row that excludes the output name, or whose output name this one excludes.
    fn exclusion(
        &mut self,
        line: u64,
        output: &str,
        excluded: Vec<(String, Collision)>,
    ) -> Option<(u64, Collision)> {
        let mut outputs = excluded.iter().filter_map(|(name, collision)| {
            let first = self.outputs.get(name)?;
            Some((*first, *collision))
        });
        let first = self.excluded.get(output).copied();
        let first = first.or_else(|| outputs.next());
        for (name, collision) in excluded {
            self.excluded.entry(name).or_insert((line, collision));
        }
        first
    }
}
