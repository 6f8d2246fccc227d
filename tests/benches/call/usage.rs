//! What work takes: time on the wall, and time on the processor.

use std::{fs, hint::black_box, time::Duration};

use mps_core::clock::{Clock, SystemClock};

/// What some work took. The processor time is this thread's, which does everything here; not
/// every system tells it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    pub(crate) wall: Duration,
    pub(crate) cpu: Option<Duration>,
}

/// What it takes to do `work` so many times.
pub(crate) fn of<T>(times: u32, work: impl Fn() -> T) -> Usage {
    let before = cpu_time();
    let clock = SystemClock::new();
    for _ in 0..times {
        drop(black_box(work()));
    }
    Usage {
        wall: clock.monotonic(),
        cpu: before.and_then(|before| cpu_time()?.checked_sub(before)),
    }
}

/// How long this thread has run so far, as Linux tells it.
fn cpu_time() -> Option<Duration> {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanos = stat.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanos))
}
