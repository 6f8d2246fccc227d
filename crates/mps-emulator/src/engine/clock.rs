//! The service's clock: the machine's time, until a test freezes, moves or accelerates it.

mod timeline;

use std::{
    error, fmt,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, SystemTime},
};

use mps_core::clock::{SharedClock, unix_seconds};
use serde::Serialize;
use tokio::sync::Notify;

pub(crate) use timeline::SavedTimeline;
use timeline::{Reading, Timeline};

use crate::lock::lock;

/// The emulator's virtual clock, which tests freeze, advance and accelerate.
///
/// Tasks, the expiry of results and tokens, the freshness of signatures, the `Date` header and the
/// bill follow it. Rate limits and the times of the request log do not: they measure clients, which
/// follow the machine's time. Time never runs backwards, except by
/// [`restore`](crate::Service::restore). Clones share one time.
///
/// # Examples
/// For example, to let a result expire:
/// ```
/// use std::time::Duration;
/// use mps_emulator::Emulator;
///
/// let service = Emulator::builder().service();
/// service.clock().freeze();
/// let before = service.clock().now();
/// service.clock().advance(Duration::from_secs(12 * 3600));
/// assert_eq!(service.clock().now() - before, Duration::from_secs(12 * 3600));
/// ```
#[derive(Clone)]
pub struct VirtualClock(Arc<Shared>);

struct Shared {
    base: SharedClock,
    /// Notifies the saver of each change.
    changed: Arc<Notify>,
    timeline: Mutex<Timeline>,
}

/// The reading of a [`VirtualClock`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ClockState {
    /// The wall clock that signatures are checked against, in Unix seconds.
    pub unix_seconds: i64,
    /// Virtual time since the emulator was created, in microseconds.
    pub virtual_us: u64,
    /// The machine's time since the emulator was created, in microseconds, as in the request log.
    pub monotonic_us: u64,
    /// Virtual seconds per second while time is not frozen. The default is 1.
    pub rate: f64,
    /// `true` if time is frozen.
    pub frozen: bool,
}

/// A change of the clock. Absent members leave their part unchanged.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Change {
    pub(crate) advance: Duration,
    pub(crate) rate: Option<f64>,
    pub(crate) freeze: Option<bool>,
}

/// The error for a rate that a clock cannot run at.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct InvalidRate {
    /// The requested rate.
    pub rate: f64,
}

impl VirtualClock {
    /// The highest rate.
    pub const MAX_RATE: f64 = 100_000.0;

    pub(crate) fn new(base: SharedClock, changed: Arc<Notify>) -> Self {
        let timeline = Timeline::starting(Reading::of(&*base));
        Self(Arc::new(Shared {
            base,
            changed,
            timeline: Mutex::new(timeline),
        }))
    }

    /// Returns the virtual time since the emulator was created.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.timeline().now(self.0.base.monotonic())
    }

    /// Returns the virtual wall clock.
    #[must_use]
    pub fn wall(&self) -> SystemTime {
        self.timeline().wall(Reading::of(&*self.0.base))
    }

    /// Freezes time. [`advance`](Self::advance) still moves it.
    pub fn freeze(&self) {
        self.change(Change {
            freeze: Some(true),
            ..Change::default()
        });
    }

    /// Lets frozen time continue at its earlier rate.
    pub fn resume(&self) {
        self.change(Change {
            freeze: Some(false),
            ..Change::default()
        });
    }

    /// Moves time forward at once. Time ends 1,000 years after the emulator was created.
    pub fn advance(&self, by: Duration) {
        self.change(Change {
            advance: by,
            ..Change::default()
        });
    }

    /// Sets the number of virtual seconds per second: more than 0, at most
    /// [`MAX_RATE`](Self::MAX_RATE). The default is 1. Frozen time stays frozen.
    ///
    /// # Errors
    /// Returns an error if the rate is out of range.
    pub fn set_rate(&self, rate: f64) -> Result<(), InvalidRate> {
        self.change(Change {
            rate: Some(checked_rate(rate)?),
            ..Change::default()
        });
        Ok(())
    }

    /// Returns the present reading.
    #[must_use]
    pub fn state(&self) -> ClockState {
        let reading = Reading::of(&*self.0.base);
        let timeline = self.timeline();
        ClockState {
            unix_seconds: unix_seconds(timeline.wall(reading)),
            virtual_us: micros(timeline.now(reading.monotonic)),
            monotonic_us: micros(timeline.uptime(reading.monotonic)),
            rate: timeline.rate(),
            frozen: timeline.is_frozen(),
        }
    }

    /// Makes all changes at one moment.
    pub(crate) fn change(&self, change: Change) {
        let reading = Reading::of(&*self.0.base);
        self.timeline().change(change, reading);
        self.0.changed.notify_one();
    }

    /// Returns the machine's time since the emulator was created, at a moment of the base clock.
    pub(crate) fn uptime(&self, monotonic: Duration) -> Duration {
        self.timeline().uptime(monotonic)
    }

    pub(crate) fn save(&self) -> SavedTimeline {
        self.timeline().save(Reading::of(&*self.0.base))
    }

    /// Continues from a saved clock, as if it had run on since.
    pub(crate) fn restore(&self, saved: &SavedTimeline) {
        let timeline = Timeline::restored(saved, Reading::of(&*self.0.base));
        *self.timeline() = timeline;
    }

    fn timeline(&self) -> MutexGuard<'_, Timeline> {
        lock(&self.0.timeline)
    }
}

/// Returns a time in whole microseconds, the unit of the control API.
pub(crate) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

pub(crate) fn checked_rate(rate: f64) -> Result<f64, InvalidRate> {
    if rate > 0.0 && rate <= VirtualClock::MAX_RATE {
        Ok(rate)
    } else {
        Err(InvalidRate { rate })
    }
}

impl fmt::Debug for VirtualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VirtualClock").field(&self.state()).finish()
    }
}

impl fmt::Display for InvalidRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the clock cannot run at a rate of {}: it must be more than 0 and at most {}",
            self.rate,
            VirtualClock::MAX_RATE
        )
    }
}

impl error::Error for InvalidRate {}
