//! Which refusals end a wait.

use std::time::Duration;

use mps_core::ErrorKind as CallErrorKind;
use mps_models::service::ErrorClass;

/// Shortest time in which nothing but refusals came, before they end a wait.
const STREAK: Duration = Duration::from_secs(60);
/// Fewest refusals in a row before they end a wait.
const REFUSALS: u32 = 5;
/// Fewest answers in a row that a task is unknown, before they end the wait for an id that was not
/// created here.
const NOT_FOUND: u32 = 2;

/// The refusals in a row within one wait.
#[derive(Clone, Debug)]
pub(crate) struct Refusals {
    /// `true` if the task was created by this process, so that it certainly exists.
    is_own: bool,
    /// `true` once the service has described the task.
    is_known: bool,
    count: u32,
    not_found: u32,
    since: Duration,
}

/// The kinds of failed polls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Network, service or throttling: no statement about the task.
    Transient,
    /// The service does not know the task.
    NotFound,
    /// The machine has no usable credentials or configuration.
    Local,
    /// Any other refusal.
    Refused,
}

impl Kind {
    fn of(error: &mps_core::Error) -> Self {
        match error.kind() {
            _ if error.is_transient() => Self::Transient,
            CallErrorKind::Config | CallErrorKind::Credentials => Self::Local,
            _ if error.class() == Some(ErrorClass::NotFound) => Self::NotFound,
            _ => Self::Refused,
        }
    }
}

impl Refusals {
    pub(crate) fn new(is_own: bool) -> Self {
        Self {
            is_own,
            is_known: is_own,
            count: 0,
            not_found: 0,
            since: Duration::ZERO,
        }
    }

    /// Records an answer that describes the task.
    pub(crate) fn described(&mut self) {
        self.is_known = true;
        self.reset();
    }

    /// Records a failed poll at a time, and returns whether it ends the wait.
    pub(crate) fn failed(&mut self, error: &mps_core::Error, now: Duration) -> bool {
        self.record(Kind::of(error), now)
    }

    fn record(&mut self, kind: Kind, now: Duration) -> bool {
        if kind == Kind::Transient {
            self.reset();
            return false;
        }
        if self.count == 0 {
            self.since = now;
        }
        self.count += 1;
        self.not_found = match kind {
            Kind::NotFound => self.not_found + 1,
            _ => 0,
        };
        let is_unknown = !self.is_own && self.not_found >= NOT_FOUND;
        let is_local = !self.is_known && kind == Kind::Local;
        let is_lasting = self.count >= REFUSALS && now.saturating_sub(self.since) >= STREAK;
        is_unknown || is_local || is_lasting
    }

    fn reset(&mut self) {
        self.count = 0;
        self.not_found = 0;
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
        let own = || Refusals::new(true);
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
    fn an_answer_starts_the_minute_again() {
        let mut refusals = Refusals::new(true);
        assert_eq!(ends(&mut refusals, 10, &[Kind::NotFound; 6]), None);
        refusals.described();
        assert_eq!(ends(&mut refusals, 10, &[Kind::NotFound; 20]), Some(6));
    }

    #[test]
    fn a_foreign_id_that_is_unknown_twice_ends_the_wait() {
        use Kind::{Local, NotFound, Transient};
        let foreign = || Refusals::new(false);
        assert_eq!(ends(&mut foreign(), 1, &[NotFound; 5]), Some(1));
        assert_eq!(
            ends(&mut foreign(), 1, &[NotFound, Transient, NotFound]),
            None
        );
        assert_eq!(ends(&mut foreign(), 1, &[Local]), Some(0));
        let mut known = foreign();
        known.described();
        assert_eq!(ends(&mut known, 1, &[Local]), None);
    }
}
