//! The preflight rules of a member.

use super::Since;
use crate::{
    model::{Bound, Facts},
    rule_kinds::{BoundValue, RULE_KINDS, RuleKind},
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
    /// The sites that have it; empty for all.
    pub sites: Vec<String>,
    /// Sites and days since which the description no longer states it.
    pub dropped: Since,
    /// Its source, if it differs from that of the member.
    pub source: Option<String>,
}

impl Rule {
    /// Returns the stable id that a finding of this rule has.
    #[must_use]
    pub fn id(&self) -> String {
        self.kind.id(&self.value)
    }
}

/// Returns the rules of a member on all sites, in the order of [`RULE_KINDS`].
pub(super) fn rules(facts: &Facts, all_sites: &[String]) -> Vec<Rule> {
    let rules = RULE_KINDS
        .iter()
        .flat_map(|kind| of_kind(facts, kind.key, all_sites));
    rules.collect()
}

/// Returns the rule with this key for all sites, except those with one of their own, and theirs.
fn of_kind(facts: &Facts, key: &str, all_sites: &[String]) -> Vec<Rule> {
    let own: Vec<(&str, Rule)> = facts
        .sites
        .iter()
        .filter_map(|own| {
            let bound = own.bounds.iter().find(|bound| bound.kind.key == key)?;
            let warns = own.warn_only.iter().any(|weak| weak.value == key);
            let rule = Rule {
                sites: vec![own.site.value.clone()],
                source: own.source.clone(),
                ..rule(bound, warns)
            };
            Some((&*own.site.value, rule))
        })
        .collect();
    let others = all_sites
        .iter()
        .filter(|site| !own.iter().any(|(name, _)| name == site));
    let sites: Vec<String> = others.cloned().collect();
    let common = facts
        .bound(key)
        .filter(|_| !sites.is_empty())
        .map(|bound| Rule {
            sites: if own.is_empty() { Vec::new() } else { sites },
            dropped: super::since(facts.dropped(key)),
            ..rule(bound, facts.warns(key))
        });
    common
        .into_iter()
        .chain(own.into_iter().map(|(_, rule)| rule))
        .collect()
}

fn rule(bound: &Bound, warns: bool) -> Rule {
    Rule {
        kind: bound.kind,
        value: bound.value.clone(),
        warns,
        sites: Vec::new(),
        dropped: Since::new(),
        source: None,
    }
}
