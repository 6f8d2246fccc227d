//! How far this machine's clock is off, learned from the service's own.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::SystemTime,
};

use crate::clock::unix_seconds;

/// More than this is not a clock that is off but an answer that is wrong; following it would sign
/// requests that somebody could use much later.
const BOUND_S: i64 = 24 * 60 * 60;

/// An offset in seconds, shared by all clones of a client.
#[derive(Debug, Default)]
pub(super) struct Skew(AtomicI64);

impl Skew {
    pub(super) fn offset_s(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Follows the service's clock; the new offset, or `None` when it teaches nothing.
    pub(super) fn learn(&self, service: SystemTime, machine: SystemTime) -> Option<i64> {
        let offset = unix_seconds(service).saturating_sub(unix_seconds(machine));
        let news = offset.abs() <= BOUND_S && offset != self.offset_s();
        news.then(|| {
            self.0.store(offset, Ordering::Relaxed);
            offset
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_offset_is_learned_once_and_within_reason() {
        let skew = Skew::default();
        let machine = SystemTime::UNIX_EPOCH + Duration::from_secs(1_771_125_945);
        assert_eq!(skew.learn(machine, machine), None);
        assert_eq!(
            skew.learn(machine + Duration::from_secs(900), machine),
            Some(900)
        );
        assert_eq!(
            skew.learn(machine + Duration::from_secs(900), machine),
            None
        );
        assert_eq!(
            skew.learn(machine - Duration::from_secs(30), machine),
            Some(-30)
        );
        assert_eq!(skew.learn(SystemTime::UNIX_EPOCH, machine), None);
        assert_eq!(skew.offset_s(), -30);
    }
}
