//! Weighs a difference, in the terms of semantic versioning.

use super::item::{Fact, Item, Kind, Value};
use crate::rule_kinds::{Change, RULE_KINDS, rule_kind};

/// What a difference means for those who build on the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Nothing but other words.
    Documentation,
    /// More than before, or the same in another way.
    Compatible,
    /// Code no longer compiles, a request that used to pass is refused, or what may be sent
    /// twice is another thing.
    Breaking,
}

impl Class {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Documentation => "documentation",
            Self::Compatible => "compatible",
            Self::Breaking => "breaking",
        }
    }

    /// The part of a version that such a change raises.
    #[must_use]
    pub const fn version(self) -> &'static str {
        match self {
            Self::Documentation => "patch",
            Self::Compatible => "minor",
            Self::Breaking => "major",
        }
    }
}

/// What is new breaks only requests that were fine without it.
pub(super) fn of_new(item: &Item) -> Class {
    let strong = |key: &str| item.facts.get(key).is_some_and(|fact| !fact.weak);
    let mut demands = RULE_KINDS.iter().filter(|kind| kind.demands_member);
    if item.kind == Kind::Sent && demands.any(|kind| strong(kind.key)) {
        Class::Breaking
    } else {
        Class::Compatible
    }
}

/// A key that is not named here breaks: new keys are to be weighed before they are let through.
pub(super) fn of_change(
    kind: Kind,
    key: &str,
    before: Option<&Fact>,
    after: Option<&Fact>,
) -> Class {
    match key {
        "summary" | "doc" | "returns" | "doc_url" | "meaning" | "hint" | "source" | "example"
        | "examples" | "unit" | "since" | "order" | "response_order" => Class::Documentation,
        "billed_seconds" | "concurrency_text" | "default" | "until" | "sensitive"
        | "rate_limit" | "errors" => Class::Compatible,
        // Only the checks of the specification itself look at these.
        "of" | "role" | "spelling" if kind == Kind::Column => Class::Compatible,
        // The first way to ask for a task takes nothing away.
        "poll" if before.is_none() => Class::Compatible,
        "role" if after.is_some_and(|role| role.value == Value::Text("sent".to_owned())) => {
            Class::Compatible
        }
        // Changes the signature of `new`; whether it also warns is a matter of its strength.
        "required" if before.is_none() || after.is_none() => Class::Breaking,
        _ if kind == Kind::Row => row(before, after),
        key => match rule_kind(key) {
            Some(kind) => bound(kind.change, before, after),
            None => Class::Breaking,
        },
    }
}

fn bound(change: Change, before: Option<&Fact>, after: Option<&Fact>) -> Class {
    if tightened(change, before, after) {
        Class::Breaking
    } else {
        Class::Compatible
    }
}

/// What a model can do is a bound too: the values it knows, or `false` where it knows none.
fn row(before: Option<&Fact>, after: Option<&Fact>) -> Class {
    let none = Value::Text("false".to_owned());
    let advisory = before.or(after).is_some_and(|fact| fact.advisory);
    // Anything is more than nothing.
    if advisory || before.is_some_and(|fact| fact.value == none) {
        Class::Compatible
    } else {
        bound(Change::Alternatives, before, after)
    }
}

/// Whether there are requests that used to pass and are refused now.
fn tightened(change: Change, before: Option<&Fact>, after: Option<&Fact>) -> bool {
    let strong = |fact: Option<&Fact>| {
        fact.filter(|fact| !fact.weak)
            .map(|fact| fact.value.clone())
    };
    let (old, new) = match (strong(before), strong(after)) {
        (_, None) => return false,
        (None, Some(_)) => return true,
        (Some(old), Some(new)) => (old, new),
    };
    let lacks = |words: &[String], others: &[String]| others.iter().any(|it| !words.contains(it));
    match (change, &old, &new) {
        (Change::Maximum, Value::Number(old), Value::Number(new)) => new < old,
        (Change::Minimum, Value::Number(old), Value::Number(new)) => new > old,
        // Fewer values, or fewer ways around a requirement.
        (Change::Alternatives, Value::Words(old), Value::Words(new)) => lacks(new, old),
        (Change::Demands, Value::Words(old), Value::Words(new)) => lacks(old, new),
        _ => old != new,
    }
}
