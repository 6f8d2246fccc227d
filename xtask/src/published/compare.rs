//! Comparison of two fingerprints: every difference, with its class for users of the generated crate.

mod names;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use self::names::Names;
use super::fingerprint::{Action, Fingerprint, Member, Object, flags};
use crate::diff::Class;

/// A difference between two descriptions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Class for users of the generated crate; [`Class::Documentation`] if only a text differs.
    pub class: Class,
    /// True if it is in an action of the specification or of its family, or in a struct that one of
    /// them leads to.
    pub in_scope: bool,
    /// Path, for example `CreateAigcVideoTask.Prompt`.
    pub path: String,
    /// The change.
    pub change: Change,
}

/// The change of a part of a description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The part is new; the text describes it.
    Added(String),
    /// The part is gone; the text describes what it was.
    Removed(String),
    /// A property has another value.
    Changed {
        /// The property.
        what: &'static str,
        /// Value before.
        before: String,
        /// Value after.
        after: String,
    },
    /// The text names other values.
    Values {
        /// Values that are new.
        added: Vec<String>,
        /// Values that are no longer named.
        removed: Vec<String>,
    },
    /// Another text or example.
    Text {
        /// `text` or `example`.
        what: &'static str,
        /// Hash before.
        before: String,
        /// Hash after.
        after: String,
    },
}

/// The knowledge of the specification that a comparison needs.
#[derive(Debug, Default)]
pub struct Scope {
    /// The actions of the specification and of its family.
    pub actions: BTreeSet<String>,
    /// Values that the specification states, by the path of the member.
    pub values: BTreeMap<String, BTreeSet<String>>,
}

/// Returns every difference between two fingerprints, those in scope and the gravest first.
#[must_use]
pub fn compare(old: &Fingerprint, new: &Fingerprint, scope: &Scope) -> Vec<Difference> {
    let mut found = Comparison {
        old,
        new,
        scope,
        in_scope: Names::of([old, new], |name| scope.actions.contains(name)),
        all: Names::of([old, new], |_| true),
        differences: Vec::new(),
    };
    found.actions();
    found.structs();
    let mut differences = found.differences;
    differences.sort_by_key(|it| (Reverse(it.in_scope), Reverse(it.class)));
    differences
}

struct Comparison<'f> {
    old: &'f Fingerprint,
    new: &'f Fingerprint,
    scope: &'f Scope,
    in_scope: Names<'f>,
    all: Names<'f>,
    differences: Vec<Difference>,
}

/// The members of one message or struct of both sides.
struct Pair<'f> {
    path: String,
    old: &'f [Member],
    new: &'f [Member],
    sent: bool,
    in_scope: bool,
}

impl<'f> Comparison<'f> {
    fn push(&mut self, class: Class, in_scope: bool, path: &str, change: Change) {
        // Parts that the specification does not have break nothing.
        let class = if in_scope {
            class
        } else {
            class.min(Class::Compatible)
        };
        let path = path.to_owned();
        self.differences.push(Difference {
            class,
            in_scope,
            path,
            change,
        });
    }

    fn actions(&mut self) {
        let names: BTreeSet<&String> = self
            .old
            .actions
            .keys()
            .chain(self.new.actions.keys())
            .collect();
        for name in names {
            let in_scope = self.scope.actions.contains(name);
            match (self.old.actions.get(name), self.new.actions.get(name)) {
                (None, Some(_)) => {
                    let change = Change::Added("action".to_owned());
                    self.push(Class::Compatible, in_scope, name, change);
                }
                (Some(_), None) => {
                    let change = Change::Removed("action".to_owned());
                    self.push(Class::Breaking, in_scope, name, change);
                }
                (Some(old), Some(new)) => self.action(name, old, new, in_scope),
                (None, None) => {}
            }
        }
    }

    fn action(&mut self, name: &str, old: &Action, new: &Action, in_scope: bool) {
        if old.0 != new.0 {
            let class = if new.0 == "online" {
                Class::Compatible
            } else {
                Class::Breaking
            };
            self.push(class, in_scope, name, changed("status", &old.0, &new.0));
        }
        if old.3 != new.3 {
            self.push(
                Class::Documentation,
                in_scope,
                name,
                text("text", &old.3, &new.3),
            );
        }
        for (old, new, path, sent) in [
            (&old.1, &new.1, name.to_owned(), true),
            (&old.2, &new.2, format!("{name}Response"), false),
        ] {
            if old != new {
                self.push(
                    Class::Compatible,
                    in_scope,
                    &path,
                    changed("message", old, new),
                );
            }
            let [before, after] =
                [(self.old, old), (self.new, new)].map(|(side, object)| side.objects.get(object));
            self.object(&path, before, after, sent, in_scope);
        }
    }

    /// Compares the structs; messages are compared with their actions.
    fn structs(&mut self) {
        let sides = [self.old, self.new];
        let messages = sides.iter().flat_map(|side| side.actions.values());
        let messages: BTreeSet<&str> = messages.flat_map(|it| [&*it.1, &*it.2]).collect();
        let names = self.old.objects.keys().chain(self.new.objects.keys());
        let names: BTreeSet<&'f str> = names.map(String::as_str).collect();
        for name in names.into_iter().filter(|name| !messages.contains(name)) {
            let in_scope = self.in_scope.has(name);
            let sent = self.all.sent.contains(name);
            let [old, new] = sides.map(|side| side.objects.get(name));
            self.object(name, old, new, sent, in_scope);
        }
    }

    fn object(
        &mut self,
        path: &str,
        old: Option<&'f Object>,
        new: Option<&'f Object>,
        sent: bool,
        in_scope: bool,
    ) {
        match (old, new) {
            (None, None) => {}
            (None, Some(_)) => {
                let change = Change::Added("struct".to_owned());
                self.push(Class::Compatible, in_scope, path, change);
            }
            (Some(_), None) => {
                let change = Change::Removed("struct".to_owned());
                self.push(Class::Breaking, in_scope, path, change);
            }
            (Some(old), Some(new)) => {
                if old.text != new.text {
                    let change = text("text", &old.text, &new.text);
                    self.push(Class::Documentation, in_scope, path, change);
                }
                self.members(&Pair {
                    path: path.to_owned(),
                    old: &old.members,
                    new: &new.members,
                    sent,
                    in_scope,
                });
            }
        }
    }

    fn members(&mut self, pair: &Pair<'f>) {
        let [old, new] = [pair.old, pair.new].map(by_name);
        for member in pair.new {
            let path = format!("{}.{}", pair.path, member.0);
            match old.get(&*member.0) {
                Some(before) => self.member(pair, &path, before, member),
                None => self.added(pair, &path, member, "new"),
            }
        }
        for member in pair.old.iter().filter(|it| !new.contains_key(&*it.0)) {
            let path = format!("{}.{}", pair.path, member.0);
            self.removed(pair, &path, member, &member.1);
        }
        self.order(pair, &old, &new);
    }

    fn added(&mut self, pair: &Pair<'_>, path: &str, member: &Member, how: &str) {
        let is_required = pair.sent && member.has(flags::REQUIRED);
        let what = match (member.has(flags::DISABLED), is_required) {
            (true, _) => format!("{}, {how} but disabled", member.1),
            (_, true) => format!("{}, {how} and required", member.1),
            _ => format!("{}, {how}", member.1),
        };
        let breaks = is_required && !member.has(flags::DISABLED);
        let class = if breaks {
            Class::Breaking
        } else {
            Class::Compatible
        };
        self.push(class, pair.in_scope, path, Change::Added(what));
    }

    fn removed(&mut self, pair: &Pair<'_>, path: &str, member: &Member, what: &str) {
        let class = if member.has(flags::DISABLED) {
            Class::Documentation
        } else {
            Class::Breaking
        };
        self.push(class, pair.in_scope, path, Change::Removed(what.to_owned()));
    }

    fn member(&mut self, pair: &Pair<'_>, path: &str, old: &Member, new: &Member) {
        let in_scope = pair.in_scope;
        match (old.has(flags::DISABLED), new.has(flags::DISABLED)) {
            (false, true) => self.removed(pair, path, old, &format!("{}, now disabled", old.1)),
            (true, false) => self.added(pair, path, new, "no longer disabled"),
            _ => {}
        }
        if old.1 != new.1 {
            self.push(
                Class::Breaking,
                in_scope,
                path,
                changed("type", &old.1, &new.1),
            );
        }
        for (flag, what) in [
            (flags::REQUIRED, "required"),
            (flags::NULLABLE, "can be null"),
            (flags::ANSWERED, "in every response"),
        ] {
            let [before, after] = [old, new].map(|member| member.has(flag).to_string());
            if before != after {
                // The published flags of responses are unreliable, so nothing depends on them.
                let counts = pair.sent && flag == flags::REQUIRED;
                let class = if counts {
                    Class::Breaking
                } else {
                    Class::Documentation
                };
                self.push(class, in_scope, path, changed(what, &before, &after));
            }
        }
        self.values(in_scope, path, old, new);
        for (what, before, after) in [("text", &old.3, &new.3), ("example", &old.4, &new.4)] {
            if before != after {
                self.push(
                    Class::Documentation,
                    in_scope,
                    path,
                    text(what, before, after),
                );
            }
        }
    }

    /// Compares the values that the texts name. One that is gone breaks only what the specification
    /// states.
    fn values(&mut self, in_scope: bool, path: &str, old: &Member, new: &Member) {
        let lacks = |one: &Member, other: &Member| -> Vec<String> {
            let other: BTreeSet<&String> = other.5.iter().collect();
            one.5
                .iter()
                .filter(|it| !other.contains(it))
                .cloned()
                .collect()
        };
        let (added, removed) = (lacks(new, old), lacks(old, new));
        if added.is_empty() && removed.is_empty() {
            return;
        }
        let ours = self.scope.values.get(path);
        let stated = |value: &String| ours.is_some_and(|ours| ours.contains(value));
        let class = match () {
            () if removed.iter().any(stated) => Class::Breaking,
            () if !added.is_empty() => Class::Compatible,
            () => Class::Documentation,
        };
        self.push(class, in_scope, path, Change::Values { added, removed });
    }

    fn order(&mut self, pair: &Pair<'f>, old: &ByName<'f>, new: &ByName<'f>) {
        let order = |members: &'f [Member], other: &ByName<'f>, required: bool| -> Vec<&'f str> {
            let kept = members.iter().filter(|it| other.contains_key(&*it.0));
            let kept = kept.filter(|it| {
                let there = other.get(&*it.0);
                let both =
                    it.has(flags::REQUIRED) && there.is_some_and(|it| it.has(flags::REQUIRED));
                !required || both
            });
            kept.map(|it| &*it.0).collect()
        };
        let differs = |required| {
            let [before, after] = [
                order(pair.old, new, required),
                order(pair.new, old, required),
            ];
            (before != after).then_some((before, after))
        };
        // Required members are the arguments of `new`.
        let (class, (before, after)) =
            match (pair.sent.then(|| differs(true)).flatten(), differs(false)) {
                (Some(orders), _) => (Class::Breaking, orders),
                (None, Some(orders)) => (Class::Documentation, orders),
                (None, None) => return,
            };
        let [before, after] = [before, after].map(|names| names.join(", "));
        self.push(
            class,
            pair.in_scope,
            &pair.path,
            changed("order", &before, &after),
        );
    }
}

type ByName<'f> = BTreeMap<&'f str, &'f Member>;

fn by_name(members: &[Member]) -> ByName<'_> {
    members.iter().map(|member| (&*member.0, member)).collect()
}

fn changed(what: &'static str, before: &str, after: &str) -> Change {
    Change::Changed {
        what,
        before: before.to_owned(),
        after: after.to_owned(),
    }
}

fn text(what: &'static str, before: &str, after: &str) -> Change {
    Change::Text {
        what,
        before: before.to_owned(),
        after: after.to_owned(),
    }
}
