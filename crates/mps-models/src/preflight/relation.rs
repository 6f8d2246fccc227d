//! Rules about members that belong together or exclude each other.

use super::{
    check::{Check, Rule},
    rules,
    value::IsSet,
};

/// Names of other members of the same object, and whether each is set.
type Peers<'p> = &'p [(&'static str, bool)];

impl<T: IsSet> Check<'_, T> {
    pub(crate) fn required(mut self, rule: Rule) -> Self {
        if !self.applies(rule) || self.value.is_set() {
            return self;
        }
        self.broken(
            rules::REQUIRED,
            "required, but missing or empty".to_owned(),
            rule,
        )
    }

    pub(crate) fn required_unless_any(mut self, peers: Peers<'_>, rule: Rule) -> Self {
        if !self.applies(rule) || self.value.is_set() || peers.iter().any(|(_, set)| *set) {
            return self;
        }
        let names: Vec<&str> = peers.iter().map(|(name, _)| *name).collect();
        let message = format!("required unless one of {} is given", names.join(", "));
        self.broken(rules::REQUIRED_UNLESS_ANY, message, rule)
    }

    /// Checks that the member is set if another one has a certain value, which `is_met` states.
    pub(crate) fn required_if(
        mut self,
        member: &'static str,
        value: &'static str,
        is_met: bool,
        rule: Rule,
    ) -> Self {
        if !self.applies(rule) || self.value.is_set() || !is_met {
            return self;
        }
        let message = format!("required if {member} is {value}, but missing or empty");
        self.broken(rules::REQUIRED_IF, message, rule)
    }

    pub(crate) fn requires(self, peers: Peers<'_>, rule: Rule) -> Self {
        let fault = |(name, set): &(&str, bool)| {
            (!set).then(|| {
                (
                    rules::REQUIRES,
                    format!("only allowed together with {name}"),
                )
            })
        };
        self.each_peer(peers, fault, rule)
    }

    #[allow(dead_code, reason = "the specification decides which rules are in use")]
    pub(crate) fn conflicts_with(self, peers: Peers<'_>, rule: Rule) -> Self {
        let fault = |(name, set): &(&str, bool)| {
            set.then(|| {
                (
                    rules::CONFLICTS_WITH,
                    format!("not allowed together with {name}"),
                )
            })
        };
        self.each_peer(peers, fault, rule)
    }

    /// Checks that the member is set only if another one has a certain value, which `is_met`
    /// states.
    pub(crate) fn only_if(
        mut self,
        member: &'static str,
        value: &'static str,
        is_met: bool,
        rule: Rule,
    ) -> Self {
        if !self.applies(rule) || !self.value.is_set() || is_met {
            return self;
        }
        let message = format!("only of use if {member} is {value}");
        let finding = rule
            .finding(&self.at, rules::ONLY_IF, message)
            .hint(format!("leave it out, or set {member} to {value}"));
        self.report.add(finding);
        self
    }

    /// Warns about a member that the service withdrew on the day `when`.
    #[allow(dead_code, reason = "the specification decides which rules are in use")]
    pub(crate) fn withdrawn(self, when: &'static str, source: &'static str) -> Self {
        if !self.value.is_set() {
            return self;
        }
        let message = format!("withdrawn from the service on {when}");
        self.broken(rules::WITHDRAWN, message, Rule::warning(source))
    }

    fn each_peer(
        mut self,
        peers: Peers<'_>,
        fault: impl Fn(&(&'static str, bool)) -> Option<(&'static str, String)>,
        rule: Rule,
    ) -> Self {
        if self.applies(rule) && self.value.is_set() {
            for (name, message) in peers.iter().filter_map(fault) {
                self = self.broken(name, message, rule);
            }
        }
        self
    }

    fn broken(self, name: &'static str, message: String, rule: Rule) -> Self {
        self.report.add(rule.finding(&self.at, name, message));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Path, Report},
        Rule,
    };

    const RULE: Rule = Rule::error("a page");

    /// Returns the findings about a member with this value.
    fn findings_for(
        value: &str,
        check: impl for<'a> FnOnce(super::Check<'a, String>) -> super::Check<'a, String>,
    ) -> Vec<String> {
        let mut report = Report::default();
        check(report.check(Path::ROOT.member("Text"), &value.to_owned()));
        let line =
            |finding: &super::super::Finding| format!("{}: {}", finding.rule, finding.message);
        report.findings().iter().map(line).collect()
    }

    #[test]
    fn an_empty_text_is_missing() {
        let required = |value| findings_for(value, |check| check.required(RULE));
        assert_eq!(required("a").len(), 0);
        assert_eq!(required(""), ["required: required, but missing or empty"]);
    }

    #[test]
    fn one_alternative_is_enough() {
        let unless = |peers| findings_for("", |check| check.required_unless_any(peers, RULE));
        assert_eq!(unless(&[("A", false), ("B", true)]).len(), 0);
        let message = "required-unless-any: required unless one of A, B is given";
        assert_eq!(unless(&[("A", false), ("B", false)]), [message]);
    }

    #[test]
    fn every_required_peer_must_be_set() {
        let requires = |value, peers| findings_for(value, |check| check.requires(peers, RULE));
        assert_eq!(requires("", &[("A", false)]).len(), 0);
        assert_eq!(requires("a", &[("A", true)]).len(), 0);
        let message = "requires: only allowed together with B";
        assert_eq!(requires("a", &[("A", true), ("B", false)]), [message]);
    }

    #[test]
    fn no_conflicting_peer_may_be_set() {
        let excludes =
            |value, peers| findings_for(value, |check| check.conflicts_with(peers, RULE));
        assert_eq!(excludes("", &[("A", true)]).len(), 0);
        assert_eq!(excludes("a", &[("A", false)]).len(), 0);
        let message = "conflicts-with: not allowed together with B";
        assert_eq!(excludes("a", &[("A", false), ("B", true)]), [message]);
    }

    #[test]
    fn a_condition_can_require_a_member() {
        let needed = |value, is_met| {
            findings_for(value, |check| {
                check.required_if("Action", "redo", is_met, RULE)
            })
        };
        assert_eq!(needed("", false).len(), 0);
        assert_eq!(needed("a", true).len(), 0);
        let message = "required-if: required if Action is redo, but missing or empty";
        assert_eq!(needed("", true), [message]);
    }

    #[test]
    fn a_condition_can_exclude_a_member() {
        let useful = |value, is_met| {
            findings_for(value, |check| check.only_if("Voice", "true", is_met, RULE))
        };
        assert_eq!(useful("", false).len(), 0);
        assert_eq!(useful("a", true).len(), 0);
        let message = "only-if: only of use if Voice is true";
        assert_eq!(useful("a", false), [message]);
    }

    #[test]
    fn a_withdrawn_member_is_a_warning() {
        let gone = |value| findings_for(value, |check| check.withdrawn("2026-09-03", "a page"));
        assert_eq!(gone("").len(), 0);
        assert_eq!(
            gone("a"),
            ["withdrawn: withdrawn from the service on 2026-09-03"]
        );
    }
}
