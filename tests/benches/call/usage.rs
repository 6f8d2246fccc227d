//! What work takes: time on the wall, and time on the processor.

use std::{fs, hint::black_box, time::Duration};

use mps_core::clock::{Clock, SystemClock};

/// What a piece of work took, in microseconds. The processor time is this thread's, which does
/// all the work here; not every system tells it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    pub(crate) wall_us: f64,
    pub(crate) cpu_us: Option<f64>,
}

/// What `work` takes, from doing it so many times.
pub(crate) fn of<T>(times: u32, work: impl Fn() -> T) -> Usage {
    let cpu_before = cpu_time();
    let clock = SystemClock::new();
    for _ in 0..times {
        drop(black_box(work()));
    }
    let wall = clock.monotonic();
    let cpu = cpu_before.and_then(|before| cpu_time()?.checked_sub(before));
    let each = |total: Duration| total.as_secs_f64() * 1e6 / f64::from(times);
    Usage {
        wall_us: each(wall),
        cpu_us: cpu.map(each),
    }
}

/// How long this thread has run so far, as Linux tells it.
fn cpu_time() -> Option<Duration> {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanos = stat.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanos))
}
