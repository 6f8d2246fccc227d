//! The limiter of all processes of a machine.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use sha2::{Digest, Sha256};

use super::{
    LimitError, LimitStats, Limiter, Permit, PermitRequest, Unavailable,
    ring::Slot,
    shared::{Shared, SlotReply, SlotRequest, State, Store, StoreDecision, StoreError},
    slot_queue::Decision,
};
use crate::{
    BoxFuture,
    clock::{MachineClock, SharedClock, SystemMachineClock},
    sync::Worker,
};

mod locked;

use self::locked::Locked;

/// A [`Limiter`] for all processes of this machine that use the same directory and account: one
/// small file for each action, locked while it is read and written. Clones share one limit.
///
/// Times in a file are the machine's monotonic clock, so setting the wall clock changes nothing. A
/// file that is new, damaged, older than the last boot or implausible says nothing about recent
/// starts; then the first start of a paid create or a control action waits for 1.1 s. A process
/// that is killed at any point leaves a sound file and at most one unused slot behind.
///
/// Reads neither wait for a new file nor need one: while the file is unavailable, they are limited
/// within this process.
///
/// The directory must be on a disk of this machine. A network file system shares the file with
/// machines that have another clock, and is refused where it is recognised. A file that is a link,
/// a pipe, a socket or a device is refused as well. All processes should use the same limit for an
/// action; of several, the highest counts.
///
/// File operations run on a thread of their own, so a disk that does not respond delays neither a
/// caller beyond its longest wait nor the end of the runtime or the process.
///
/// # Errors
/// [`Limiter::acquire`] returns [`LimitError::Unavailable`] when the file cannot be created, locked,
/// read or written.
///
/// # Example
/// ```
/// use mps_core::{clock::SystemClock, limit::FileLimiter};
///
/// let directory = std::env::temp_dir().join("limits");
/// let limiter = FileLimiter::new(directory, "mps.intl.tencentcloudapi.com AKIDEXAMPLE", SystemClock::shared());
/// ```
#[derive(Clone, Debug)]
pub struct FileLimiter(Arc<Shared<FileStore>>);

impl FileLimiter {
    /// Returns a limiter with files in `directory`. Touches no file yet: the first request creates
    /// the directory, for its owner only. `account` distinguishes accounts, for example by
    /// [`Account::at`]; only a hash of it becomes part of a file name.
    ///
    /// [`Account::at`]: super::Account::at
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>, account: &str, clock: SharedClock) -> Self {
        let machine = Arc::new(SystemMachineClock::new());
        Self::with_worker(
            directory.into(),
            account,
            clock,
            machine,
            Worker::new("mps-limit-file"),
        )
    }

    /// Returns a limiter on another machine clock, for tests. File operations run within the call,
    /// so that a paused runtime does not skip time meanwhile. Both clocks must run at the same rate.
    #[cfg(any(test, feature = "test-util"))]
    #[must_use]
    pub fn on_machine_clock(
        directory: impl Into<PathBuf>,
        account: &str,
        clock: SharedClock,
        machine: Arc<dyn MachineClock>,
    ) -> Self {
        Self::with_worker(directory.into(), account, clock, machine, Worker::inline())
    }

    fn with_worker(
        directory: PathBuf,
        account: &str,
        clock: SharedClock,
        machine: Arc<dyn MachineClock>,
        worker: Worker,
    ) -> Self {
        let files = Arc::new(Files {
            directory,
            account: Sha256::new().chain_update(account).chain_update([0]),
            machine,
        });
        let store = FileStore {
            files,
            clock: clock.clone(),
            worker,
        };
        Self(Arc::new(Shared::new(store, clock)))
    }
}

impl Limiter for FileLimiter {
    fn acquire<'a>(
        &'a self,
        request: PermitRequest<'a>,
    ) -> BoxFuture<'a, Result<Permit, LimitError>> {
        self.0.acquire(request)
    }

    fn throttled(&self, action: &str) {
        self.0.throttled(action);
    }

    fn stats(&self, action: &str) -> Option<LimitStats> {
        self.0.stats(action)
    }
}

struct FileStore {
    files: Arc<Files>,
    clock: SharedClock,
    worker: Worker,
}

/// The files of one account. Its methods block.
struct Files {
    directory: PathBuf,
    /// A hash that already contains the account.
    account: Sha256,
    machine: Arc<dyn MachineClock>,
}

impl fmt::Debug for FileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileStore")
            .field("directory", &self.files.directory)
            .finish_non_exhaustive()
    }
}

/// A slot and the file that contains it.
struct SlotInFile {
    path: PathBuf,
    /// The epoch of the state that the slot was taken from; no other state contains it.
    epoch: u64,
    limit: u32,
    slot: Slot,
}

/// A request without borrowed data, for the worker's thread.
struct FileRequest {
    path: PathBuf,
    limit: u32,
    process: u64,
    throttled: u32,
    is_read: bool,
    sent: Duration,
}

impl Store for FileStore {
    type SlotKey = SlotInFile;

    const REPLY_WITHIN: Duration = Duration::from_secs(5);

    fn request<'a>(
        &'a self,
        request: SlotRequest<'a>,
    ) -> BoxFuture<'a, Result<SlotReply<SlotInFile>, StoreError>> {
        let files = self.files.clone();
        Box::pin(async move {
            let request = FileRequest {
                path: files.path(request.action),
                limit: request.limit,
                process: request.process,
                throttled: request.throttled,
                is_read: request.is_read(),
                sent: self.clock.monotonic(),
            };
            let reply = self.worker.run(move || files.request(request)).await;
            reply.unwrap_or_else(|error| {
                Err(StoreError::Transient(
                    Unavailable::new("the rate limiter cannot start a thread for its file")
                        .with_hint("raise the limit of processes and threads (ulimit -u)")
                        .with_source(error),
                ))
            })
        })
    }

    fn timed_out(&self, limit: Duration) -> Unavailable {
        let (directory, ms) = (self.files.directory.display(), limit.as_millis());
        Unavailable::new(format!(
            "the disk did not return the rate limiter's file in {directory} within {ms} ms"
        ))
        .with_hint("use a directory on a disk of this machine that responds")
    }

    /// Best effort: a slot that stays spent costs a tenth of a second.
    fn release(&self, slot: SlotInFile) {
        let files = self.files.clone();
        self.worker.run_detached(move || {
            files.release(slot);
        });
    }
}

impl Files {
    fn request(&self, request: FileRequest) -> Result<SlotReply<SlotInFile>, StoreError> {
        let mut file = Locked::open(&request.path)?;
        // Read before the file is known to be the one that others open: if it is deleted now, the
        // process that creates it anew assumes grants up to a later moment.
        let now = self.machine.now();
        file.check_still_there()?;
        let mut state = self.state(&mut file, request.limit, now, request.is_read)?;
        state.queue.record_throttling(now, request.throttled);
        let decision = match state.queue.request(now, request.process) {
            Decision::Granted(slot) => StoreDecision::Granted {
                sent: request.sent,
                wait: slot.at().saturating_sub(now),
                slot: SlotInFile {
                    epoch: state.epoch,
                    limit: request.limit,
                    slot,
                    path: request.path,
                },
            },
            Decision::Wait { slot_in, ask_in } => StoreDecision::Wait { slot_in, ask_in },
        };
        file.write(&state.encode(self.machine.boot()))?;
        Ok(SlotReply {
            decision,
            widening: state.queue.widening(now),
        })
    }

    fn release(&self, slot: SlotInFile) -> Option<()> {
        let mut file = Locked::open(&slot.path).ok()?;
        file.check_still_there().ok()?;
        let now = self.machine.now();
        let mut state = self.state(&mut file, slot.limit, now, false).ok()?;
        if state.epoch == slot.epoch && state.queue.release(slot.slot) {
            file.write(&state.encode(self.machine.boot())).ok()?;
        }
        Some(())
    }

    /// Returns the state in the file, or, when that is lost, the fullest possible one. A read needs
    /// no such care and gets an empty one.
    fn state(
        &self,
        file: &mut Locked,
        limit: u32,
        now: Duration,
        is_read: bool,
    ) -> Result<State, StoreError> {
        let text = file.read()?;
        let known = State::decode(&text, self.machine.boot(), limit);
        let known = known.filter(|state| state.queue.is_plausible(now));
        Ok(known.unwrap_or_else(|| {
            if is_read {
                State::empty(limit)
            } else {
                State::after_loss(limit, now)
            }
        }))
    }

    /// Returns the path of an action's file. A caller may use any text as an action; all of it is
    /// part of the hash, so that two actions never share a file.
    fn path(&self, action: &str) -> PathBuf {
        let hash = self.account.clone().chain_update(action).finalize();
        let plain = action.chars().filter(char::is_ascii_alphanumeric);
        let plain: String = plain.take(64).collect();
        let hash = hex::encode(hash.get(..8).unwrap_or_default());
        self.directory.join(format!("{plain}-{hash}"))
    }
}

/// Returns the error for a failed operation on the file, for example `open`.
fn file_error(operation: &str, path: &Path, error: std::io::Error) -> StoreError {
    let message = format!(
        "cannot {operation} the rate limiter's file {}: {error}",
        path.display()
    );
    StoreError::Permanent(
        Unavailable::new(message)
            .with_hint(
                "use a directory that you may write, on a disk of this machine with free space",
            )
            .with_source(error),
    )
}
