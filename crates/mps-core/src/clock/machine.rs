//! The clock that all processes of a machine share.

use std::{fmt, fs, time::Duration};

use rustix::time::{ClockId, clock_gettime};

/// A clock that reads the same in every process of a machine and never goes back while it runs.
pub trait MachineClock: fmt::Debug + Send + Sync {
    /// Time since a moment that is fixed while the machine runs.
    fn now(&self) -> Duration;

    /// Returns an id that changes with every start of the machine; empty if the system has none.
    fn boot(&self) -> &str;
}

/// The system's own monotonic clock.
#[derive(Clone, Debug)]
pub struct SystemMachineClock {
    boot: String,
}

impl SystemMachineClock {
    /// Reads which boot this is, which Linux tells. Elsewhere a restart shows by the clock having
    /// begun anew, and takes longer than any limit looks back.
    #[must_use]
    pub fn new() -> Self {
        // Processes that do not share a clock must not take each other's times for their own.
        let parts = [
            "/proc/sys/kernel/random/boot_id",
            "/proc/self/timens_offsets",
        ];
        let texts = parts.map(|part| fs::read_to_string(part).unwrap_or_default());
        let words: Vec<_> = texts
            .iter()
            .flat_map(|text| text.split_whitespace())
            .collect();
        Self {
            boot: words.join(" "),
        }
    }
}

impl Default for SystemMachineClock {
    fn default() -> Self {
        Self::new()
    }
}

impl MachineClock for SystemMachineClock {
    fn now(&self) -> Duration {
        let now = clock_gettime(ClockId::Monotonic);
        let seconds = u64::try_from(now.tv_sec).unwrap_or_default();
        let nanos = u32::try_from(now.tv_nsec).unwrap_or_default();
        Duration::new(seconds, nanos)
    }

    fn boot(&self) -> &str {
        &self.boot
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_same_for_everybody_and_goes_forward() {
        let (one, other) = (SystemMachineClock::new(), SystemMachineClock::new());
        assert_eq!(one.boot(), other.boot());
        let before = one.now();
        let after = other.now();
        assert!(before <= after && after < before + Duration::from_secs(3_600));
    }
}
