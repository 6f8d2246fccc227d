//! Finds the differences between two sets of items.

use std::{cmp::Reverse, collections::BTreeSet};

use super::{
    class::{self, Class},
    item::{Fact, Item, Items, Kind, Value},
};

/// A difference.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What it means for those who build on the API.
    pub class: Class,
    /// What it is about, such as `CreateAigcVideoTask.Prompt`.
    pub path: String,
    /// What that is.
    pub kind: Kind,
    /// What became of it.
    pub what: What,
}

/// What became of something.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// It is new.
    Added,
    /// It is no more.
    Removed,
    /// Something about it is not what it was.
    Changed {
        /// What about it.
        key: String,
        /// What it was.
        before: Option<Fact>,
        /// What it is.
        after: Option<Fact>,
    },
}

/// Every difference between two sets of items, the gravest first.
#[must_use]
pub fn compare(old: &Items, new: &Items) -> Vec<Change> {
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let mut changes = Vec::new();
    for path in paths {
        match (old.get(path), new.get(path)) {
            (Some(before), Some(after)) => facts(path, before, after, &mut changes),
            (None, Some(after)) if !comes_along(after, old) => {
                changes.push(change(path, after.kind, class::of_new(after), What::Added));
            }
            (Some(before), None) if !comes_along(before, new) => {
                changes.push(change(path, before.kind, Class::Breaking, What::Removed));
            }
            _ => {}
        }
    }
    changes.sort_by_key(|change| Reverse(change.class));
    changes
}

/// Whether something comes or goes with what it is part of.
fn comes_along(item: &Item, other_side: &Items) -> bool {
    let parent = item.parent.as_ref();
    parent.is_some_and(|parent| !other_side.contains_key(parent))
}

fn facts(path: &str, before: &Item, after: &Item, changes: &mut Vec<Change>) {
    let keys: BTreeSet<_> = before.facts.keys().chain(after.facts.keys()).collect();
    for key in keys {
        let (old, new) = (before.facts.get(key), after.facts.get(key));
        if same(old, new) {
            continue;
        }
        let class = class::of_change(after.kind, key, old, new);
        let what = What::Changed {
            key: key.clone(),
            before: old.cloned(),
            after: new.cloned(),
        };
        changes.push(change(path, after.kind, class, what));
    }
}

fn same(old: Option<&Fact>, new: Option<&Fact>) -> bool {
    match (old.map(|fact| &fact.value), new.map(|fact| &fact.value)) {
        // Names that come or go are told where they do.
        (Some(Value::Order(old)), Some(Value::Order(new))) => {
            let stayed = old.iter().filter(|name| new.contains(name));
            stayed.eq(new.iter().filter(|name| old.contains(name)))
        }
        (Some(Value::Words(before)), Some(Value::Words(after))) => {
            let sets = [before, after].map(|words| words.iter().collect::<BTreeSet<_>>());
            let [before, after] = sets;
            before == after && old.map(|fact| fact.weak) == new.map(|fact| fact.weak)
        }
        _ => old == new,
    }
}

fn change(path: &str, kind: Kind, class: Class, what: What) -> Change {
    let path = path.to_owned();
    Change {
        class,
        path,
        kind,
        what,
    }
}
