//! Which refusals end a wait.

use std::time::Duration;

use mps_core::ErrorKind as CallErrorKind;
use mps_models::service::ErrorClass;

/// Shortest time in which nothing but refusals came, before they end a wait.
const STREAK: Duration = Duration::from_secs(60);
/// Fewest refusals in a row before they end a wait.
const REFUSALS: u32 = 5;

/// The refusals in a row within one wait.
#[derive(Clone, Debug)]
pub(super) struct Refusals {
    /// `true` if the task was created by this process, so that it certainly exists.
    is_own: bool,
    /// `true` if the service has described the task.
    is_known: bool,
    count: u32,
    since: Duration,
}

/// The kinds of failed polls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Network, service or throttling: no statement about the task.
    Transient,
    /// The service does not know the task.
    NotFound,
    /// Nothing was sent: the machine has no usable credentials or configuration, or the id breaks a rule
    /// of the service.
    Local,
    /// Any other refusal.
    Refused,
}

impl Kind {
    fn of(error: &mps_core::Error) -> Self {
        match error.kind() {
            _ if error.is_transient() => Self::Transient,
            CallErrorKind::Config | CallErrorKind::Credentials | CallErrorKind::Preflight => {
                Self::Local
            }
            _ if error.class() == Some(ErrorClass::NotFound) => Self::NotFound,
            _ => Self::Refused,
        }
    }
}

impl Refusals {
    /// Returns an empty record. `is_own` if this process has created the task, `is_known` if the
    /// service has described it.
    pub(super) fn new(is_own: bool, is_known: bool) -> Self {
        Self {
            is_own,
            is_known,
            count: 0,
            since: Duration::ZERO,
        }
    }

    /// Records a failed poll at a time, and returns whether it ends the wait.
    pub(super) fn failed(&mut self, error: &mps_core::Error, now: Duration) -> bool {
        self.record(Kind::of(error), now)
    }

    fn record(&mut self, kind: Kind, now: Duration) -> bool {
        if kind == Kind::Transient {
            self.count = 0;
            return false;
        }
        if self.count == 0 {
            self.since = now;
        }
        self.count += 1;
        if !self.is_known {
            return matches!(kind, Kind::NotFound | Kind::Local);
        }
        let is_lasting = self.count >= REFUSALS && now.saturating_sub(self.since) >= STREAK;
        is_lasting && (self.is_own || kind == Kind::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number of the poll that ends the wait, with a poll every `seconds`.
    fn ends(refusals: &mut Refusals, seconds: u64, kinds: &[Kind]) -> Option<usize> {
        let mut at = (0..).map(|poll| Duration::from_secs(poll * seconds));
        let mut kinds = kinds.iter();
        kinds.position(|kind| refusals.record(*kind, at.next().unwrap()))
    }

    #[test]
    fn refusals_end_the_wait_for_an_own_task_after_a_minute_of_nothing_else() {
        use Kind::{NotFound, Refused, Transient};
        let own = || Refusals::new(true, true);
        assert_eq!(ends(&mut own(), 10, &[NotFound; 20]), Some(6));
        assert_eq!(ends(&mut own(), 60, &[Refused; 20]), Some(4));
        assert_eq!(ends(&mut own(), 1, &[Refused; 60]), None);
        // Anything else starts the minute again.
        let mut mixed = vec![NotFound; 6];
        mixed.push(Transient);
        mixed.extend([Refused; 7]);
        assert_eq!(ends(&mut own(), 10, &mixed), Some(13));
    }

    #[test]
    fn only_an_unknown_task_and_missing_credentials_end_the_wait_for_a_foreign_id() {
        use Kind::{Local, NotFound, Refused, Transient};
        let foreign = || Refusals::new(false, false);
        assert_eq!(ends(&mut foreign(), 1, &[NotFound; 5]), Some(0));
        assert_eq!(ends(&mut foreign(), 1, &[Transient, Local]), Some(1));
        assert_eq!(ends(&mut foreign(), 60, &[Refused; 60]), None);
        let known = || Refusals::new(false, true);
        assert_eq!(ends(&mut known(), 1, &[Local, NotFound]), None);
        assert_eq!(ends(&mut known(), 10, &[NotFound; 20]), Some(6));
        assert_eq!(ends(&mut known(), 60, &[Refused; 60]), None);
    }
}
