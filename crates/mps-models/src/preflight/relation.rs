//! The rules on which members belong together.

use super::{
    check::{Check, Rule},
    value::IsSet,
};

/// Other members of the same object by name, and whether each is set.
type Peers<'p> = &'p [(&'static str, bool)];

impl<T: IsSet> Check<'_, T> {
    pub(crate) fn required(self, rule: Rule) -> Self {
        if self.value.is_set() {
            return self;
        }
        self.broken(
            "required",
            "required, but missing or empty".to_owned(),
            rule,
        )
    }

    pub(crate) fn required_unless_any(self, peers: Peers<'_>, rule: Rule) -> Self {
        if self.value.is_set() || peers.iter().any(|(_, set)| *set) {
            return self;
        }
        let names: Vec<&str> = peers.iter().map(|(name, _)| *name).collect();
        let message = format!("required unless one of {} is given", names.join(", "));
        self.broken("required-unless-any", message, rule)
    }

    pub(crate) fn requires(self, peers: Peers<'_>, rule: Rule) -> Self {
        let fault = |(name, set): &(&str, bool)| {
            (!set).then(|| ("requires", format!("only allowed together with {name}")))
        };
        self.each_peer(peers, fault, rule)
    }

    #[allow(dead_code, reason = "the specification decides which rules are in use")]
    pub(crate) fn conflicts_with(self, peers: Peers<'_>, rule: Rule) -> Self {
        let fault = |(name, set): &(&str, bool)| {
            set.then(|| {
                (
                    "conflicts-with",
                    format!("not allowed together with {name}"),
                )
            })
        };
        self.each_peer(peers, fault, rule)
    }

    /// Warns of a member the service does not know any more, `when` it was withdrawn.
    #[allow(dead_code, reason = "the specification decides which rules are in use")]
    pub(crate) fn withdrawn(self, when: &'static str, source: &'static str) -> Self {
        if !self.value.is_set() {
            return self;
        }
        let message = format!("withdrawn from the service on {when}");
        self.broken("withdrawn", message, Rule::warning(source))
    }

    fn each_peer(
        mut self,
        peers: Peers<'_>,
        fault: impl Fn(&(&'static str, bool)) -> Option<(&'static str, String)>,
        rule: Rule,
    ) -> Self {
        if self.value.is_set() {
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
