//! Comparison of two sets of items.

use std::{cmp::Reverse, collections::BTreeSet};

use super::{
    class::{self, Class},
    item::{Fact, Item, Items, Kind, Value},
};

/// A difference between two sets of items.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Class of the difference.
    pub class: Class,
    /// Path of the item, for example `CreateAigcVideoTask.Prompt`.
    pub path: String,
    /// Kind of the item.
    pub kind: Kind,
    /// The change itself.
    pub delta: Delta,
}

/// The change of an item.
#[derive(Clone, Debug, PartialEq)]
pub enum Delta {
    /// The item is new.
    Added,
    /// The item is gone.
    Removed,
    /// A fact about the item changed.
    Changed {
        /// Key of the fact.
        key: String,
        /// Value before, if there was one.
        before: Option<Fact>,
        /// Value after, if there is one.
        after: Option<Fact>,
    },
}

/// Returns every difference between two sets of items, the gravest first.
#[must_use]
pub fn compare(old: &Items, new: &Items) -> Vec<Change> {
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let mut changes = Vec::new();
    for path in paths {
        match (old.get(path), new.get(path)) {
            (Some(before), Some(after)) => facts(path, before, after, &mut changes),
            (None, Some(after)) if !follows_parent(after, old) => {
                let class = of_new(path, after, new);
                changes.push(change(path, after.kind, class, Delta::Added));
            }
            (Some(before), None) if !follows_parent(before, new) => {
                changes.push(change(path, before.kind, Class::Breaking, Delta::Removed));
            }
            _ => {}
        }
    }
    changes.sort_by_key(|change| Reverse(change.class));
    changes
}

/// Returns the class of a new item. A row inherits the facts of its model, and a new model brings
/// the rows of its versions.
fn of_new(path: &str, item: &Item, items: &Items) -> Class {
    let own = class::of_new(item);
    if item.kind != Kind::Row {
        return own;
    }
    let parent = item.parent.as_ref().and_then(|parent| items.get(parent));
    let inherited = parent.filter(|parent| parent.kind == Kind::Row);
    let children = items
        .values()
        .filter(|child| child.parent.as_deref() == Some(path));
    let classes = inherited.into_iter().chain(children).map(class::of_new);
    classes.fold(own, Class::max)
}

/// Returns whether the parent of an item is new or gone as well.
fn follows_parent(item: &Item, other_side: &Items) -> bool {
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
        let delta = Delta::Changed {
            key: key.clone(),
            before: old.cloned(),
            after: new.cloned(),
        };
        changes.push(change(path, after.kind, class, delta));
    }
}

fn same(old: Option<&Fact>, new: Option<&Fact>) -> bool {
    match (old.map(|fact| &fact.value), new.map(|fact| &fact.value)) {
        // New and gone names are changes of their own.
        (Some(Value::Order(old)), Some(Value::Order(new))) => {
            let stayed = old.iter().filter(|name| new.contains(name));
            stayed.eq(new.iter().filter(|name| old.contains(name)))
        }
        (Some(Value::Words(before)), Some(Value::Words(after))) => {
            let sets = [before, after].map(|words| words.iter().collect::<BTreeSet<_>>());
            let [before, after] = sets;
            before == after && old.map(|fact| fact.warn_only) == new.map(|fact| fact.warn_only)
        }
        _ => old == new,
    }
}

fn change(path: &str, kind: Kind, class: Class, delta: Delta) -> Change {
    let path = path.to_owned();
    Change {
        class,
        path,
        kind,
        delta,
    }
}
