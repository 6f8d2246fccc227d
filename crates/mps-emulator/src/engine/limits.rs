//! Rate limits: the number of calls of an action per second.

mod meter;

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use mps_models::ActionInfo;
use serde::{Deserialize, Serialize};

use crate::engine::ids::AccountIndex;
use meter::Meter;

/// Enforcement of the documented limit of an action for each account. The service's own way is not
/// documented.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RateLimit {
    /// At most N starts in any window of one second; refused calls do not count. The strictest
    /// reading of the documentation, and the default.
    #[default]
    SlidingWindow,
    /// N starts in each second of the machine's wall clock. Other windows of one second can contain
    /// up to 2 N: one burst on either side of the edge.
    FixedWindow,
    /// N starts at once, then one every 1/N seconds. A window of one second that begins with a full
    /// bucket can contain up to 2 N - 1.
    TokenBucket,
    /// No limit.
    Off,
}

/// The start of a call, on the machine's clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallStart {
    /// Time since the emulator was created.
    pub(crate) uptime: Duration,
    pub(crate) wall: SystemTime,
}

/// The latest starts by account and action, as far as the flavour needs them.
#[derive(Debug, Default)]
pub(crate) struct Limiter {
    flavour: RateLimit,
    meters: BTreeMap<(AccountIndex, &'static str), Meter>,
}

/// A serialized meter.
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

    /// Counts a call that starts now, and returns whether it is within the limit. A refused call is
    /// not counted.
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

    /// Continues with saved counts, as far as they have the same flavour.
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
    fn counts_survive_a_restore() {
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
