//! A machine with processes that start calls.

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use mps_core::{
    clock::{Clock, MachineClock, SystemClock},
    limit::{FileLimiter, LimitError, Limiter, Permit, PermitRequest, internals::WINDOW},
};
use mps_models::Effect;

pub(crate) const ACCOUNT: &str = "mps.example.com AKIDSECRETID";
pub(crate) const ACTION: &str = "CreateAigcVideoTask";
pub(crate) const LIMIT: u32 = 3;
/// The wait after a lost state: the time of a grant ahead, the window and the tolerance.
pub(crate) const WAIT_AFTER_LOSS: Duration = Duration::from_millis(1_100);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);

/// A machine that can be rebooted.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    pub(crate) clock: SystemClock,
    pub(crate) boot: String,
    /// The time of its boot; zero is one minute before the test.
    pub(crate) since: Duration,
}

impl MachineClock for Machine {
    fn now(&self) -> Duration {
        (MINUTE + self.clock.monotonic()).saturating_sub(self.since)
    }

    fn boot(&self) -> &str {
        &self.boot
    }
}

pub(crate) struct Case {
    pub(crate) directory: tempfile::TempDir,
    pub(crate) machine: Machine,
    pub(crate) starts: Mutex<Vec<Duration>>,
}

impl Case {
    pub(crate) fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            machine: Machine {
                clock: SystemClock::new(),
                boot: "first".into(),
                since: Duration::ZERO,
            },
            starts: Mutex::default(),
        }
    }

    pub(crate) fn process(&self) -> FileLimiter {
        let clock = Arc::new(self.machine.clock);
        let machine = Arc::new(self.machine.clone());
        FileLimiter::on_machine_clock(self.folder(), ACCOUNT, clock, machine)
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.directory.path().join("state").join("limits")
    }

    pub(crate) fn file(&self) -> PathBuf {
        let mut files = fs::read_dir(self.folder()).unwrap();
        files.next().unwrap().unwrap().path()
    }

    pub(crate) fn now(&self) -> Duration {
        self.machine.clock.monotonic()
    }

    /// Reboots the machine, which resets its clock.
    pub(crate) fn reboot(&mut self) {
        self.machine.since = MINUTE + self.now();
    }

    /// Starts once. Returns the wait for the permit.
    pub(crate) async fn start(&self, process: &FileLimiter) -> Duration {
        let before = self.now();
        let permit = acquire(process, MINUTE).await.unwrap();
        let now = self.now();
        assert!(permit.start());
        self.starts.lock().unwrap().push(now);
        now.saturating_sub(before)
    }

    pub(crate) fn worst_window(&self) -> usize {
        let starts = self.starts.lock().unwrap();
        let inside = |from: Duration| {
            let window = from..from + WINDOW;
            starts.iter().filter(|start| window.contains(start)).count()
        };
        starts.iter().map(|start| inside(*start)).max().unwrap_or(0)
    }
}

/// A request of an action that only reads.
pub(crate) fn read() -> PermitRequest<'static> {
    PermitRequest::new("DescribeAigcVideoTask", Effect::Read, LIMIT).max_wait(MINUTE)
}

pub(crate) async fn acquire(
    process: &FileLimiter,
    max_wait: Duration,
) -> Result<Permit, LimitError> {
    let request = PermitRequest::new(ACTION, Effect::PaidCreate, LIMIT).max_wait(max_wait);
    process.acquire(request).await
}

pub(crate) fn unavailable(error: LimitError) -> String {
    match error {
        LimitError::Unavailable(error) => {
            assert!(error.hint().is_some());
            error.to_string()
        }
        other => panic!("{other}"),
    }
}
