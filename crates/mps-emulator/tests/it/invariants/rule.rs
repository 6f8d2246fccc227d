//! Faults of a sequence.

use std::time::Duration;

use mps_emulator::{Fault, Outcome};
use proptest::{option, prelude::*, sample::select};

use crate::families::FAMILIES;

/// The status of a task under `unknown_status`.
pub(super) const ODD: &str = "HIBERNATING";

/// One fault of each kind that leaves ids as they are. A gateway that passes a call on answers HTML here, and one that does
/// not a plain error, so that their names in the log differ.
pub(super) fn kinds() -> Vec<Fault> {
    vec![
        Fault::refuse("InternalError"),
        Fault::throttle().code("RequestLimitExceeded.UinLimitExceeded"),
        Fault::token_expired(),
        Fault::skew(-3_600),
        Fault::http(502),
        Fault::html().executed(),
        Fault::delay(Duration::from_millis(700)),
        Fault::drip(Duration::from_millis(10)),
        Fault::truncate(),
        Fault::reset_before_read(),
        Fault::reset_after_read(),
        Fault::reply_lost(),
        Fault::close_idle(),
        Fault::content_type("text/plain"),
        Fault::done_without_url(),
        Fault::unknown_status().value(ODD),
        Fault::nulls(),
    ]
}

/// Returns the possible outcomes of a call under a fault, or under none.
pub(super) fn outcomes(kind: Option<&str>) -> &'static [Outcome] {
    match kind {
        Some("refuse" | "throttle" | "token_expired" | "skew") => &[Outcome::Refused],
        Some("http" | "reset_before_read" | "reset_after_read" | "close_idle") => {
            &[Outcome::Dropped]
        }
        Some("done_without_url" | "unknown_status" | "nulls") => &[Outcome::Executed],
        _ => &[Outcome::Executed, Outcome::Refused],
    }
}

/// Returns `true` if the caller receives no readable response.
pub(super) fn hides_the_answer(kind: Option<&str>) -> bool {
    let is_lost = |kind| matches!(kind, "html" | "truncate" | "reply_lost");
    outcomes(kind) == [Outcome::Dropped] || kind.is_some_and(is_lost)
}

pub(super) fn rule() -> impl Strategy<Value = Fault> {
    let creates = FAMILIES.iter().map(|family| family.create);
    let actions = creates.chain(FAMILIES.iter().map(|family| family.describe));
    let times = || 1_u32..5;
    let chance = || 0.0..=1.0;
    let how_often = prop_oneof![
        3 => times().prop_map(|times| (Some(times), None)),
        3 => chance().prop_map(|chance| (None, Some(chance))),
        1 => (times(), chance()).prop_map(|(times, chance)| (Some(times), Some(chance))),
        1 => Just((None, None)),
    ];
    let action = option::weighted(0.7, select(actions.collect::<Vec<_>>()));
    let rule = (select(kinds()), action, how_often, any::<bool>());
    rule.prop_map(|(mut rule, action, (times, chance), matches)| {
        if let Some(action) = action {
            rule = rule.action(action);
        }
        if let Some(times) = times {
            rule = rule.times(times);
        }
        if let Some(chance) = chance {
            rule = rule.probability(chance);
        }
        let reads_the_body = !["reset_before_read", "close_idle"].contains(&rule.kind());
        if matches && reads_the_body {
            rule = rule.matching("a");
        }
        rule
    })
}
