//! The time the service lives by: the machine's, until a test holds it, moves it or speeds it up.

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

/// The emulator's own time, which tests freeze, move forward and speed up.
///
/// Tasks, the expiry of results and tokens, the freshness of signatures, the `Date` header and the
/// bill go by it. Rate limits and the times of the request log do not: they measure a client, and
/// a client lives by the machine's time. No change takes time back; only
/// [`restore`](crate::Service::restore) does. Clones share one time.
///
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
    /// TaskSummary of every change, for whoever saves the state.
    changed: Arc<Notify>,
    timeline: Mutex<Timeline>,
}

/// What a [`VirtualClock`] shows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ClockState {
    /// The wall clock that signatures are held against, in Unix seconds.
    pub unix_seconds: i64,
    /// Virtual time since the emulator was made, in microseconds.
    pub virtual_us: u64,
    /// The machine's time since then, in microseconds: what the request log counts by.
    pub monotonic_us: u64,
    /// How many virtual seconds pass in a second, when time is not frozen.
    pub rate: f64,
    /// Whether time stands still.
    pub frozen: bool,
}

/// What shall become of the time. What is absent stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Change {
    pub(crate) advance: Duration,
    pub(crate) rate: Option<f64>,
    pub(crate) freeze: Option<bool>,
}

/// A rate that a clock cannot run at.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct InvalidRate {
    /// The rate that was asked for.
    pub rate: f64,
}

impl VirtualClock {
    /// The fastest it can run.
    pub const MAX_RATE: f64 = 100_000.0;

    pub(crate) fn new(base: SharedClock, changed: Arc<Notify>) -> Self {
        let timeline = Timeline::starting(Reading::of(&*base));
        Self(Arc::new(Shared {
            base,
            changed,
            timeline: Mutex::new(timeline),
        }))
    }

    /// Virtual time since the emulator was made.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.timeline().now(self.0.base.monotonic())
    }

    /// The virtual wall clock.
    #[must_use]
    pub fn wall(&self) -> SystemTime {
        self.timeline().wall(Reading::of(&*self.0.base))
    }

    /// Holds time still. It can be moved all the same.
    pub fn freeze(&self) {
        self.change(Change {
            freeze: Some(true),
            ..Change::default()
        });
    }

    /// Lets time go on, at the rate it had.
    pub fn resume(&self) {
        self.change(Change {
            freeze: Some(false),
            ..Change::default()
        });
    }

    /// Moves time forward at once. It stops 1,000 years after the emulator was made.
    pub fn advance(&self, by: Duration) {
        self.change(Change {
            advance: by,
            ..Change::default()
        });
    }

    /// Sets how many virtual seconds pass in a second: more than 0, at most
    /// [`MAX_RATE`](Self::MAX_RATE). Frozen time stays frozen.
    pub fn set_rate(&self, rate: f64) -> Result<(), InvalidRate> {
        self.change(Change {
            rate: Some(checked_rate(rate)?),
            ..Change::default()
        });
        Ok(())
    }

    /// What it shows at this moment.
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

    /// Changes everything at one moment.
    pub(crate) fn change(&self, change: Change) {
        let reading = Reading::of(&*self.0.base);
        self.timeline().change(change, reading);
        self.0.changed.notify_one();
    }

    /// The machine's time since the emulator was made, at a moment of the base clock.
    pub(crate) fn uptime(&self, monotonic: Duration) -> Duration {
        self.timeline().uptime(monotonic)
    }

    pub(crate) fn save(&self) -> SavedTimeline {
        self.timeline().save(Reading::of(&*self.0.base))
    }

    /// Goes on where another clock was saved, as if it had run on since.
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
