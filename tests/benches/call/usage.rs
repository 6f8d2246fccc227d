//! Wall time and processor time of a piece of work.

use std::{fs, hint::black_box, time::Duration};

use mps_core::clock::{Clock, SystemClock};

/// Wall and processor time in microseconds. The processor time is that of this thread, which does
/// all the work here; it is `None` on systems that do not report it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    pub(crate) wall_us: f64,
    pub(crate) cpu_us: Option<f64>,
}

/// Runs `work` `times` times and returns the mean usage.
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

/// Returns the processor time of this thread so far, or `None` outside Linux.
fn cpu_time() -> Option<Duration> {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanos = stat.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanos))
}
