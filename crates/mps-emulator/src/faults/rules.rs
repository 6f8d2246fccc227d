//! The active rules and their counts.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Fault, InvalidFault, Kind, RequestView};
use crate::engine::ids::Ids;

/// The active rules, oldest first. The first one that matches a request is applied.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Faults {
    rules: Vec<Rule>,
    /// Number of rules ever added, so that each draws its own random numbers.
    added: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Rule {
    number: u64,
    fault: Fault,
    #[serde(rename = "struck")]
    applied: u32,
    drawn: u64,
}

/// Far more than any test needs.
const MAX_RULES: usize = 1_000;

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) -> Result<(), InvalidFault> {
        fault.check()?;
        if self.rules.len() == MAX_RULES {
            let bound = format!("among at most {MAX_RULES} rules");
            return Err(
                InvalidFault::new("kind", fault.kind(), bound).with_hint("clear the faults first")
            );
        }
        self.rules.push(Rule {
            number: self.added,
            fault,
            applied: 0,
            drawn: 0,
        });
        self.added = self.added.wrapping_add(1);
        Ok(())
    }

    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    /// Returns every rule as it was given, with the number of times it was applied.
    pub(crate) fn list(&self) -> Value {
        let shown = |rule: &Rule| {
            let mut shown = serde_json::to_value(&rule.fault).unwrap_or_default();
            if let Some(members) = shown.as_object_mut() {
                members.insert("struck".to_owned(), rule.applied.into());
            }
            shown
        };
        self.rules.iter().map(shown).collect()
    }

    /// Returns how often each rule was applied, oldest first.
    pub(crate) fn applied(&self) -> Vec<u32> {
        self.rules.iter().map(|rule| rule.applied).collect()
    }

    /// Returns the fault of the first rule that matches `request`, is due and is drawn.
    pub(super) fn matching_rule(
        &mut self,
        ids: &Ids,
        request: &RequestView<'_>,
        is_due: impl Fn(&Kind) -> bool,
    ) -> Option<Kind> {
        let mut candidates = self.rules.iter_mut().filter(|rule| {
            rule.is_left() && rule.fault.matches(request) && is_due(&rule.fault.kind)
        });
        let rule = candidates.find_map(|rule| rule.is_drawn(ids).then_some(rule))?;
        rule.applied = rule.applied.saturating_add(1);
        Some(rule.fault.kind.clone())
    }

    /// Returns the clock offsets that were shown to clients, in seconds.
    pub(crate) fn clock_offsets(&self) -> impl Iterator<Item = i64> {
        let applied = self.rules.iter().filter(|rule| rule.applied > 0);
        applied.filter_map(|rule| match rule.fault.kind {
            Kind::Skew { offset } => Some(offset),
            _ => None,
        })
    }
}

impl Rule {
    fn is_left(&self) -> bool {
        self.fault.times.is_none_or(|times| self.applied < times)
    }

    /// Draws from the emulator's seed, so that a run repeats.
    fn is_drawn(&mut self, ids: &Ids) -> bool {
        let Some(probability) = self.fault.probability else {
            return true;
        };
        let draw = format!("fault {} {}", self.number, self.drawn);
        // The number comes from a snapshot, which may contain any value.
        self.drawn = self.drawn.wrapping_add(1);
        share(&ids.fixed(&draw)) < probability
    }
}

/// Returns hex digits as a number from 0 to below 1.
fn share(digits: &str) -> f64 {
    let number = digits
        .get(..8)
        .and_then(|digits| u32::from_str_radix(digits, 16).ok());
    f64::from(number.unwrap_or_default()) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applies(faults: &mut Faults, seed: u64, action: &str, text: &str) -> bool {
        let request = RequestView {
            action,
            text: text.as_bytes(),
        };
        faults
            .matching_rule(&Ids::new(seed), &request, |_| true)
            .is_some()
    }

    fn with(fault: Fault) -> Faults {
        let mut faults = Faults::default();
        faults.add(fault).unwrap();
        faults
    }

    #[test]
    fn a_rule_applies_to_its_action_its_text_and_a_number_of_times() {
        let fault = Fault::nulls().action("CreateAigcVideoTask");
        let mut faults = with(fault.matching("cat").times(2));
        assert!(!applies(&mut faults, 1, "DescribeAigcVideoTask", "a cat"));
        assert!(!applies(&mut faults, 1, "CreateAigcVideoTask", "a dog"));
        let hits = [(); 3].map(|()| applies(&mut faults, 1, "CreateAigcVideoTask", "a cat"));
        assert_eq!(hits, [true, true, false]);
        assert_eq!(faults.applied(), [2]);
    }

    #[test]
    fn a_rule_without_an_action_is_about_every_call_and_no_download() {
        let mut faults = with(Fault::reply_lost());
        assert!(applies(&mut faults, 1, "anything", ""));
        assert!(!applies(&mut faults, 1, "download", ""));
        assert!(applies(
            &mut with(Fault::reply_lost().download()),
            1,
            "download",
            ""
        ));
    }

    #[test]
    fn probabilities_are_drawn_from_the_seed_at_the_given_rate() {
        let run = |seed| {
            let mut faults = with(Fault::nulls().probability(0.25));
            let hits: Vec<bool> = (0..2_000)
                .map(|_| applies(&mut faults, seed, "a", ""))
                .collect();
            hits
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
        let hits = run(7).into_iter().filter(|hit| *hit).count();
        assert!((400..600).contains(&hits), "{hits}");
        for (probability, expected) in [(0.0, false), (1.0, true)] {
            let mut faults = with(Fault::nulls().probability(probability));
            assert!((0..50).all(|_| applies(&mut faults, 1, "a", "") == expected));
        }
    }

    #[test]
    fn the_oldest_matching_rule_applies_until_it_is_used_up() {
        let mut faults = with(Fault::throttle().times(1));
        faults.add(Fault::nulls()).unwrap();
        let mut applied = || {
            let request = RequestView {
                action: "a",
                text: b"",
            };
            let kind = faults.matching_rule(&Ids::new(1), &request, |_| true);
            kind.map(|kind| kind.name())
        };
        assert_eq!([applied(), applied()], [Some("throttle"), Some("nulls")]);
    }

    #[test]
    fn the_counts_of_a_rule_survive_serialization() {
        let mut faults = with(Fault::reply_lost().times(2).probability(0.5));
        for _ in 0..3 {
            applies(&mut faults, 1, "a", "");
        }
        let text = serde_json::to_string(&faults).unwrap();
        let mut read: Faults = serde_json::from_str(&text).unwrap();
        let rest = |faults: &mut Faults| [(); 20].map(|()| applies(faults, 1, "a", ""));
        assert_eq!(rest(&mut read), rest(&mut faults));
    }

    #[test]
    fn counts_that_a_snapshot_made_up_do_not_overflow() {
        let mut faults = with(Fault::nulls().probability(1.0));
        faults.added = u64::MAX;
        faults.rules[0].drawn = u64::MAX;
        assert!(applies(&mut faults, 1, "a", ""));
        faults.add(Fault::nulls()).unwrap();
        assert_eq!((faults.added, faults.rules[0].drawn), (0, 0));
    }
}
