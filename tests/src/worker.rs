//! A process that starts as often as a shared limit permits, and logs the times.
//!
//! It is the test's own program, run again with variables that make it a worker. The logged time of a
//! start is the clock reading that decided on its permit, on the clock that all processes share, so
//! the log is exact however slow the machine is.

use std::{
    env,
    ffi::OsStr,
    fs::{File, OpenOptions},
    io::{self, Error, Write},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};

use mps_core::{
    BoxFuture,
    clock::{Clock, MachineClock, SharedClock, SystemClock, SystemMachineClock},
    limit::{
        FileLimiter, LimitError, Limiter, LocalLimiter, PermitRequest, PostgresLimiter,
        RedisLimiter, Reserve, Reserved,
    },
};
use mps_models::Effect;

use crate::bounded;

const LIMITER: &str = "MPS_TEST_WORKER_LIMITER";
const LOG: &str = "MPS_TEST_WORKER_LOG";

/// Action that the workers start.
pub const ACTION: &str = "CreateAigcVideoTask";
/// Most starts of all workers in any one second.
pub const LIMIT: u32 = 10;
/// Prefix of the URL of a Redis server for workers with a [`RESERVE`].
pub const RESERVED: &str = "reserved:";
/// Reserve of six workers.
pub const RESERVE: Reserve = Reserve {
    share: 1,
    owners: 6,
};

/// A running worker, killed when dropped.
#[derive(Debug)]
pub struct Worker(Child);

impl Worker {
    /// Runs this program again with `arguments` that lead it to [`work`]. `limiter` is a folder or
    /// the URL of a Redis server, which may follow [`RESERVED`], or of a PostgreSQL server.
    ///
    /// # Errors
    /// Returns an error if the program cannot be run.
    pub fn start<'a>(
        arguments: impl IntoIterator<Item = &'a str>,
        limiter: impl AsRef<OsStr>,
        log: &Path,
    ) -> io::Result<Self> {
        let child = Command::new(env::current_exe()?)
            .args(arguments)
            .env(LIMITER, limiter)
            .env(LOG, log)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()?;
        Ok(Self(child))
    }

    /// Returns its process id, as in [`starts`].
    #[must_use]
    pub fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = bounded::kill(&mut self.0);
    }
}

/// Starts again and again if this process is a worker; returns at once otherwise.
///
/// # Errors
/// Returns an error if the variables are invalid or the log cannot be written.
pub async fn work() -> io::Result<()> {
    let (Ok(limiter), Some(log)) = (env::var(LIMITER), env::var_os(LOG)) else {
        return Ok(());
    };
    let clock = Arc::new(RecordingClock::default());
    let limiter = limiter_of(&limiter, clock.clone()).map_err(Error::other)?;
    let mut log = OpenOptions::new().append(true).create(true).open(log)?;
    loop {
        start(&*limiter, &clock, &mut log).await?;
    }
}

fn limiter_of(named: &str, clock: SharedClock) -> Result<Box<dyn Limiter>, LimitError> {
    Ok(if let Some(url) = named.strip_prefix(RESERVED) {
        let shared = RedisLimiter::new(url, "account", clock.clone())?;
        let own = LocalLimiter::new(clock.clone());
        Box::new(Reserved::new(shared, own, RESERVE, clock))
    } else if named.starts_with("postgres://") {
        Box::new(PostgresLimiter::new(named, "account", clock)?)
    } else if named.contains("://") {
        Box::new(RedisLimiter::new(named, "account", clock)?)
    } else {
        Box::new(FileLimiter::new(named, "account", clock))
    })
}

/// Starts once. A refused permit is requested again, because tests make the limiter unavailable.
async fn start(limiter: &dyn Limiter, clock: &RecordingClock, log: &mut File) -> io::Result<()> {
    let request =
        PermitRequest::new(ACTION, Effect::PaidCreate, LIMIT).max_wait(Duration::from_secs(60));
    if let Ok(permit) = limiter.acquire(request).await
        && permit.start()
    {
        // In one write, so that a killed process leaves a whole line or none.
        let line = format!("{} {}\n", clock.last_us.load(Relaxed), std::process::id());
        log.write_all(line.as_bytes())?;
    }
    Ok(())
}

/// The machine's clock, which records its last reading.
#[derive(Debug, Default)]
struct RecordingClock {
    machine: SystemMachineClock,
    system: SystemClock,
    last_us: AtomicU64,
}

impl Clock for RecordingClock {
    fn wall(&self) -> SystemTime {
        self.system.wall()
    }

    fn monotonic(&self) -> Duration {
        let now = self.machine.now();
        let us = u64::try_from(now.as_micros()).unwrap_or(u64::MAX);
        self.last_us.store(us, Relaxed);
        now
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.system.sleep(duration)
    }
}

/// Returns the starts in a log: the time of each in microseconds, and the process.
///
/// # Errors
/// Returns an error if the log cannot be read.
pub fn starts(log: &Path) -> io::Result<Vec<(u64, u32)>> {
    let text = match std::fs::read_to_string(log) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        text => text?,
    };
    let start = |line: &str| {
        let (us, who) = line.split_once(' ')?;
        Some((us.parse().ok()?, who.parse().ok()?))
    };
    Ok(text.lines().filter_map(start).collect())
}
