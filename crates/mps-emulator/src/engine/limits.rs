//! How many calls of one action the service starts in a second.

mod meter;

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use mps_models::ActionInfo;
use serde::{Deserialize, Serialize};

use crate::engine::ids::AccountIndex;
use meter::Meter;

/// How the documented limit of an action is enforced, for each account. Nobody outside knows how
/// the service does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RateLimit {
    /// No second, wherever it begins, holds more starts than the limit N. A refused call is no
    /// start. The strictest reading of the documentation, and the default.
    #[default]
    SlidingWindow,
    /// N starts in each second of the machine's wall clock. A second that begins elsewhere can hold
    /// up to 2 N, one burst on either side of the edge.
    FixedWindow,
    /// N starts at once, and another one every 1/N seconds. A second that begins with a full
    /// bucket can hold up to 2 N - 1.
    TokenBucket,
    /// No limit.
    Off,
}

/// When a call starts, on the machine's clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallStart {
    /// Since the emulator was made.
    pub(crate) uptime: Duration,
    pub(crate) wall: SystemTime,
}

/// The latest starts of each account and action: as much of them as the flavour needs.
#[derive(Debug, Default)]
pub(crate) struct Limiter {
    flavour: RateLimit,
    meters: BTreeMap<(AccountIndex, &'static str), Meter>,
}

/// A meter as it is written down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedMeter {
    account: AccountIndex,
    action: String,
    meter: Meter,
}

impl Limiter {
    pub(crate) fn new(flavour: RateLimit) -> Self {
        Self {
            flavour,
            ..Self::default()
        }
    }

    pub(crate) fn flavour(&self) -> RateLimit {
        self.flavour
    }

    /// Whether an account's call that starts now is within the limit; if so it counts.
    pub(crate) fn admit(
        &mut self,
        account: AccountIndex,
        action: &ActionInfo,
        start: CallStart,
    ) -> bool {
        let Some(empty) = Meter::empty(self.flavour) else {
            return true;
        };
        let meter = self.meters.entry((account, action.name)).or_insert(empty);
        meter.admit(action.rate_limit, start)
    }

    pub(crate) fn save(&self) -> Vec<SavedMeter> {
        let saved = self
            .meters
            .iter()
            .map(|((account, action), meter)| SavedMeter {
                account: *account,
                action: (*action).to_owned(),
                meter: meter.clone(),
            });
        saved.collect()
    }

    /// Takes over what was counted, as far as this flavour counts alike.
    pub(crate) fn restored(flavour: RateLimit, saved: Vec<SavedMeter>) -> Self {
        let known = saved.into_iter().filter_map(|saved| {
            let action = mps_models::action(&saved.action)?;
            let is_alike = saved.meter.is_of(flavour);
            is_alike.then_some(((saved.account, action.name), saved.meter))
        });
        Self {
            flavour,
            meters: known.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admit(limiter: &mut Limiter, account: AccountIndex, action: &str) -> bool {
        let start = CallStart {
            uptime: Duration::ZERO,
            wall: SystemTime::UNIX_EPOCH,
        };
        limiter.admit(account, mps_models::action(action).unwrap(), start)
    }

    #[test]
    fn neither_actions_nor_accounts_share_a_limit() {
        for flavour in [
            RateLimit::SlidingWindow,
            RateLimit::FixedWindow,
            RateLimit::TokenBucket,
        ] {
            let mut limiter = Limiter::new(flavour);
            for _ in 0..10 {
                assert!(admit(&mut limiter, 0, "CreateAigcVideoTask"));
            }
            assert!(
                !admit(&mut limiter, 0, "CreateAigcVideoTask"),
                "{flavour:?}"
            );
            assert!(admit(&mut limiter, 0, "CreateAigcImageTask"), "{flavour:?}");
            assert!(admit(&mut limiter, 1, "CreateAigcVideoTask"), "{flavour:?}");
        }
    }

    #[test]
    fn what_was_counted_still_counts_after_a_restore() {
        for flavour in [
            RateLimit::SlidingWindow,
            RateLimit::FixedWindow,
            RateLimit::TokenBucket,
        ] {
            let mut limiter = Limiter::new(flavour);
            (0..10).for_each(|_| assert!(admit(&mut limiter, 0, "CreateAigcVideoTask")));
            let saved = serde_json::to_string(&limiter.save()).unwrap();
            let saved: Vec<SavedMeter> = serde_json::from_str(&saved).unwrap();
            let mut limiter = Limiter::restored(flavour, saved.clone());
            assert!(
                !admit(&mut limiter, 0, "CreateAigcVideoTask"),
                "{flavour:?}"
            );
            let mut off = Limiter::restored(RateLimit::Off, saved);
            assert!(admit(&mut off, 0, "CreateAigcVideoTask"));
        }
    }
}
