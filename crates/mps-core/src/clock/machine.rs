//! The clock that all processes of a machine share.

use std::{fmt, fs, time::Duration};

use rustix::time::{ClockId, clock_gettime};

/// A clock that all processes of a machine share, which never goes back while the machine runs.
pub trait MachineClock: fmt::Debug + Send + Sync {
    /// Returns the time since a moment that is fixed while the machine runs.
    fn now(&self) -> Duration;

    /// Returns an id that changes with every start of the machine; empty if the system has none.
    fn boot(&self) -> &str;
}

/// The system's monotonic clock.
#[derive(Clone, Debug)]
pub struct SystemMachineClock {
    boot: String,
}

impl SystemMachineClock {
    /// Returns the clock with the id of this boot, which Linux reports. On other systems the clock
    /// itself shows a reboot, because it begins anew.
    #[must_use]
    pub fn new() -> Self {
        // Processes in different time namespaces do not share a clock, so the id includes the namespace.
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
    fn two_clocks_of_one_machine_agree_and_go_forward() {
        let (one, other) = (SystemMachineClock::new(), SystemMachineClock::new());
        assert_eq!(one.boot(), other.boot());
        let before = one.now();
        let after = other.now();
        assert!(before <= after && after < before + Duration::from_secs(3_600));
    }
}
