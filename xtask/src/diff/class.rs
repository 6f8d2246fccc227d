//! Classifies a difference in terms of semantic versioning.

use super::item::{Fact, Item, Kind, Value};
use crate::rule_kinds::{Change, RULE_KINDS, rule_kind};

/// Separates the key of a fact of a single site from the site.
pub(super) const ON_SITE: &str = " on ";

/// The class of a difference, for users of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Only the wording changed.
    Documentation,
    /// Every request that used to pass still passes, and code still compiles.
    Compatible,
    /// Code stops compiling, a request that used to pass is refused, or other requests are retried.
    Breaking,
}

impl Class {
    /// Returns its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Documentation => "documentation",
            Self::Compatible => "compatible",
            Self::Breaking => "breaking",
        }
    }

    /// Returns the part of a version number that such a change raises.
    #[must_use]
    pub const fn version(self) -> &'static str {
        match self {
            Self::Documentation => "patch",
            Self::Compatible => "minor",
            Self::Breaking => "major",
        }
    }
}

/// Returns the class of a new item, which breaks only requests that passed without it.
pub(super) fn of_new(item: &Item) -> Class {
    if item.kind == Kind::Row {
        return of_new_row(item);
    }
    let strong = |key: &str| item.facts.get(key).is_some_and(|fact| !fact.warn_only);
    let mut demands = RULE_KINDS.iter().filter(|kind| kind.demands_member);
    if item.kind == Kind::RequestMember && demands.any(|kind| strong(kind.key)) {
        Class::Breaking
    } else {
        Class::Compatible
    }
}

/// Returns the class of a new row. A model or version without a row is sent with a warning, so the
/// first row that states a bound refuses requests that used to pass.
fn of_new_row(row: &Item) -> Class {
    let classes = row
        .facts
        .iter()
        .map(|(key, fact)| of_change(Kind::Row, key, None, Some(fact)));
    // A new row without facts still has a name that can be listed.
    classes
        .max()
        .map_or(Class::Compatible, |class| class.max(Class::Compatible))
}

/// Returns the class of a changed key. An unknown key is breaking, so that new keys get a class
/// here.
pub(super) fn of_change(
    kind: Kind,
    key: &str,
    before: Option<&Fact>,
    after: Option<&Fact>,
) -> Class {
    let key = key.split_once(ON_SITE).map_or(key, |(key, _)| key);
    match key {
        "summary" | "doc" | "returns" | "doc_url" | "meaning" | "hint" | "source" | "example"
        | "examples" | "unit" | "values" | "tier" | "unpublished" | "package" | "since"
        | "sources" | "order" | "response_order" => Class::Documentation,
        // A bound that descriptions dropped stays an error.
        "billed_seconds" | "concurrency_text" | "default" | "until" | "sensitive"
        | "rate_limit" | "errors" | "dropped" => Class::Compatible,
        // A model of another site becomes an error.
        "listed_on" => bound(Change::Demands, before, after),
        "about" | "column" if kind == Kind::Rule => Class::Compatible,
        // A rule that becomes an error refuses requests that used to pass.
        "severity"
            if after.is_none_or(|after| after.value == Value::Text("warning".to_owned())) =>
        {
            Class::Compatible
        }
        // Only the checks of the specification itself use these keys.
        "of" | "role" | "spelling" | "read_from" if kind == Kind::Column => Class::Compatible,
        // A first way to describe a task takes nothing away.
        "poll" if before.is_none() => Class::Compatible,
        "role" if after.is_some_and(|role| role.value == Value::Text("sent".to_owned())) => {
            Class::Compatible
        }
        // Changes the signature of `new`, even where a breach is only a warning.
        "required" if before.is_none() || after.is_none() => Class::Breaking,
        _ if kind == Kind::Row => row(before, after),
        "plural" | "value" if is_of_tasks(kind) => Class::Documentation,
        // Fewer options, or options of other members.
        "options" if kind == Kind::TaskFamily => bound(Change::Alternatives, before, after),
        // How responses are read is no part of the interface.
        "status" | "stage" | "code" | "message" | "finished" | "request" | "details" | "store"
        | "result" | "kind" | "confirm" | "result_hours" | "id_tag"
            if kind == Kind::TaskFamily =>
        {
            Class::Compatible
        }
        "file_doc" | "media" if before.is_none() => Class::Compatible,
        "file_doc" if after.is_some() => Class::Documentation,
        key => match rule_kind(key) {
            Some(kind) => bound(kind.change, before, after),
            None => Class::Breaking,
        },
    }
}

fn is_of_tasks(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::TaskFamily | Kind::TaskCreate | Kind::CommandOption
    )
}

fn bound(change: Change, before: Option<&Fact>, after: Option<&Fact>) -> Class {
    if refuses_more(change, before, after) {
        Class::Breaking
    } else {
        Class::Compatible
    }
}

/// Returns the class of a changed cell: its values bound requests, and `false` means that there are
/// none.
fn row(before: Option<&Fact>, after: Option<&Fact>) -> Class {
    let none = Value::Text("false".to_owned());
    let advisory = before.or(after).is_some_and(|fact| fact.advisory);
    // Any values are more than none.
    if advisory || before.is_some_and(|fact| fact.value == none) {
        Class::Compatible
    } else {
        bound(Change::Alternatives, before, after)
    }
}

/// Returns whether a request that used to pass is refused now.
fn refuses_more(change: Change, before: Option<&Fact>, after: Option<&Fact>) -> bool {
    let strong = |fact: Option<&Fact>| {
        fact.filter(|fact| !fact.warn_only)
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
