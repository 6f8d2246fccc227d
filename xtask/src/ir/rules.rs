//! What can be broken about a member.

use crate::model::{self, Facts, Located, Scalar, YIELDING};

/// A rule and its weight.
#[derive(Debug)]
pub struct Rule {
    /// What it asks for.
    pub kind: RuleKind,
    /// Whether breaking it is only a warning.
    pub warns: bool,
}

/// What a rule asks for.
#[derive(Debug)]
pub enum RuleKind {
    /// Has to be given.
    Required,
    /// Has to be given unless one of these is.
    RequiredUnlessAny(Vec<String>),
    /// Has to be given if this holds.
    RequiredIf(Condition),
    /// Needs these as well.
    Requires(Vec<String>),
    /// Excludes these.
    ConflictsWith(Vec<String>),
    /// Makes no sense unless this holds.
    OnlyIf(Condition),
    /// Most characters.
    MaxChars(u32),
    /// Most items.
    MaxItems(u32),
    /// No item twice.
    UniqueItems,
    /// Least number.
    Min(Scalar),
    /// Greatest number.
    Max(Scalar),
    /// One of these texts or numbers.
    OneOf(Vec<Scalar>),
    /// The form of a text: `url` or `json`.
    Format(&'static str),
}

/// That another member of the same object has a certain value.
#[derive(Debug)]
pub struct Condition {
    /// Name of the other member.
    pub member: String,
    /// The value.
    pub is: Scalar,
}

impl RuleKind {
    /// The stable id that a finding of this rule bears.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::RequiredUnlessAny(_) => "required-unless-any",
            Self::RequiredIf(_) => "required-if",
            Self::Requires(_) => "requires",
            Self::ConflictsWith(_) => "conflicts-with",
            Self::OnlyIf(_) => "only-if",
            Self::MaxChars(_) => "max-chars",
            Self::MaxItems(_) => "max-items",
            Self::UniqueItems => "unique-items",
            Self::Min(_) => "min",
            Self::Max(_) => "max",
            Self::OneOf(_) => "one-of",
            Self::Format("url") => "format-url",
            Self::Format(_) => "format-json",
        }
    }

    /// Whether the rule gives way where a model's own row speaks of the member.
    #[must_use]
    pub fn gives_way(&self) -> bool {
        YIELDING.contains(&self.id().replace('-', "_").as_str())
    }
}

/// The rules a member's facts amount to, in one fixed order.
pub(super) fn rules(facts: &Facts) -> Vec<Rule> {
    let kinds = [
        (
            "required",
            facts.is_required().then_some(RuleKind::Required),
        ),
        (
            "required_unless_any",
            names(&facts.required_unless_any, RuleKind::RequiredUnlessAny),
        ),
        (
            "required_if",
            condition(facts.required_if.as_ref(), RuleKind::RequiredIf),
        ),
        ("requires", names(&facts.requires, RuleKind::Requires)),
        (
            "conflicts_with",
            names(&facts.conflicts_with, RuleKind::ConflictsWith),
        ),
        (
            "only_if",
            condition(facts.only_if.as_ref(), RuleKind::OnlyIf),
        ),
        (
            "max_items",
            value(facts.max_items.as_ref(), RuleKind::MaxItems),
        ),
        (
            "unique_items",
            facts.has_unique_items().then_some(RuleKind::UniqueItems),
        ),
        (
            "max_chars",
            value(facts.max_chars.as_ref(), RuleKind::MaxChars),
        ),
        ("min", value(facts.min.as_ref(), RuleKind::Min)),
        ("max", value(facts.max.as_ref(), RuleKind::Max)),
        (
            "one_of",
            facts
                .one_of
                .as_deref()
                .map(|known| RuleKind::OneOf(values(known))),
        ),
        ("format", value(facts.format.as_ref(), RuleKind::Format)),
    ];
    let rule = |(key, kind): (&str, Option<RuleKind>)| {
        let warns = facts.warns(key);
        kind.map(|kind| Rule { kind, warns })
    };
    kinds.into_iter().filter_map(rule).collect()
}

fn names(peers: &[Located<String>], kind: fn(Vec<String>) -> RuleKind) -> Option<RuleKind> {
    (!peers.is_empty()).then(|| kind(values(peers)))
}

fn condition(fact: Option<&model::Condition>, kind: fn(Condition) -> RuleKind) -> Option<RuleKind> {
    fact.map(|fact| {
        kind(Condition {
            member: fact.member.value.clone(),
            is: fact.is.value.clone(),
        })
    })
}

fn value<T: Clone>(fact: Option<&Located<T>>, kind: fn(T) -> RuleKind) -> Option<RuleKind> {
    fact.map(|fact| kind(fact.value.clone()))
}

fn values<T: Clone>(located: &[Located<T>]) -> Vec<T> {
    located.iter().map(|item| item.value.clone()).collect()
}
