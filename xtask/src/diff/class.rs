//! Weighs a difference, in the terms of semantic versioning.

use super::item::{Fact, Item, Kind, Value};

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
    let needed = ["required", "required_unless_any", "required_if"];
    let strong = |key: &&str| item.facts.get(*key).is_some_and(|fact| !fact.weak);
    if item.kind == Kind::Sent && needed.iter().any(strong) {
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
        "concurrency_text" | "default" | "until" | "sensitive" | "rate_limit" | "errors" => {
            Class::Compatible
        }
        // Only the checks of the specification itself look at these.
        "of" | "role" | "spelling" if kind == Kind::Column => Class::Compatible,
        // The first way to ask for a task takes nothing away.
        "poll" if before.is_none() => Class::Compatible,
        "role" if after.is_some_and(|role| role.value == Value::Text("sent".to_owned())) => {
            Class::Compatible
        }
        // Changes the signature of `new`; whether it also warns is a matter of its strength.
        "required" if before.is_none() || after.is_none() => Class::Breaking,
        "required"
        | "required_unless_any"
        | "required_if"
        | "only_if"
        | "requires"
        | "conflicts_with"
        | "max_chars"
        | "max_items"
        | "unique_items"
        | "min"
        | "max"
        | "one_of"
        | "format" => bound(key, before, after),
        _ if kind == Kind::Row => row(before, after),
        _ => Class::Breaking,
    }
}

fn bound(key: &str, before: Option<&Fact>, after: Option<&Fact>) -> Class {
    if tightened(key, before, after) {
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
        bound("one_of", before, after)
    }
}

/// Whether there are requests that used to pass and are refused now.
fn tightened(key: &str, before: Option<&Fact>, after: Option<&Fact>) -> bool {
    let strong = |fact: Option<&Fact>| {
        fact.filter(|fact| !fact.weak)
            .map(|fact| fact.value.clone())
    };
    match (key, strong(before), strong(after)) {
        (_, _, None) => false,
        (_, None, Some(_)) => true,
        ("max_chars" | "max_items" | "max", Some(Value::Number(old)), Some(Value::Number(new))) => {
            new < old
        }
        ("min", Some(Value::Number(old)), Some(Value::Number(new))) => new > old,
        // Fewer values, or fewer ways around a requirement.
        ("one_of" | "required_unless_any", Some(Value::Words(old)), Some(Value::Words(new))) => {
            old.iter().any(|word| !new.contains(word))
        }
        ("requires" | "conflicts_with", Some(Value::Words(old)), Some(Value::Words(new))) => {
            new.iter().any(|word| !old.contains(word))
        }
        (_, old, new) => old != new,
    }
}
