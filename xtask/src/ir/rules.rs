//! The preflight rules of a member.

use crate::{
    model::Facts,
    rule_kinds::{BoundValue, RuleKind},
};

/// A preflight rule of a member.
#[derive(Debug)]
pub struct Rule {
    /// Its kind.
    pub kind: &'static RuleKind,
    /// Its value.
    pub value: BoundValue,
    /// True if a breach is only a warning.
    pub warns: bool,
}

impl Rule {
    /// Returns the stable id that a finding of this rule has.
    #[must_use]
    pub fn id(&self) -> String {
        self.kind.id(&self.value)
    }
}

pub(super) fn rules(facts: &Facts) -> Vec<Rule> {
    let rules = facts.bounds.iter().map(|bound| Rule {
        kind: bound.kind,
        value: bound.value.clone(),
        warns: facts.warns(bound.kind.key),
    });
    rules.collect()
}
