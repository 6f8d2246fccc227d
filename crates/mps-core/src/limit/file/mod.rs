//! The limit of all processes of a machine.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use sha2::{Digest, Sha256};

use super::{
    LimitError, LimitStats, Limiter, Permit, PermitRequest, Slot, Turn as QueueTurn, Unavailable,
    shared::{Answer, Question, Shared, Store, Trouble, Turn},
};
use crate::{
    BoxFuture,
    clock::{MachineClock, SharedClock, SystemMachineClock},
};

mod locked;
mod state;

use self::{locked::Locked, state::State};

/// A [`Limiter`] for all processes of this machine that name the same directory and account: one
/// small file for each action, locked while it is read and written. Clones share it.
///
/// Times in it are the machine's monotonic clock, so no setting of the wall clock matters. A file
/// that is new, damaged, from before a restart or implausible says nothing about what was just
/// started, so the first start then waits 1.1 s. A process that is killed at any point leaves a
/// sound file behind and at most one unused slot.
///
/// The directory must be on a disk of this machine: a network filesystem shares the file with
/// machines that have another clock, and is refused where it is recognised. All should name the same
/// limit for an action; of several, the highest holds.
///
/// # Errors
/// A file that cannot be created, locked or written is [`LimitError::Unavailable`], and nothing
/// starts.
#[derive(Clone, Debug)]
pub struct FileLimiter(Arc<Shared<FileStore>>);

impl FileLimiter {
    /// A limiter with files in `directory`, which is made when it is first needed, for its owner
    /// only. `account` is whatever tells accounts apart, such as host and secret id; only a hash
    /// of it becomes part of a file's name.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>, account: &str, clock: SharedClock) -> Self {
        let machine = Arc::new(SystemMachineClock::new());
        Self::on_machine_clock(directory, account, clock, machine)
    }

    /// The same on another machine's clock, for tests. Both clocks must pass at the same rate.
    #[must_use]
    pub fn on_machine_clock(
        directory: impl Into<PathBuf>,
        account: &str,
        clock: SharedClock,
        machine: Arc<dyn MachineClock>,
    ) -> Self {
        let store = FileStore {
            directory: directory.into(),
            account: Sha256::new().chain_update(account).chain_update([0]),
            clock: clock.clone(),
            machine,
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

#[derive(Clone)]
struct FileStore {
    directory: PathBuf,
    /// A hash that the account has gone into.
    account: Sha256,
    clock: SharedClock,
    machine: Arc<dyn MachineClock>,
}

impl fmt::Debug for FileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileStore")
            .field("directory", &self.directory)
            .finish_non_exhaustive()
    }
}

/// A slot, and the file it is in.
struct Place {
    path: PathBuf,
    /// Of the state the slot was taken from; it is in no other.
    epoch: u64,
    limit: u32,
    slot: Slot,
}

impl Store for FileStore {
    type Place = Place;

    const ANSWER_WITHIN: Duration = Duration::from_secs(5);

    fn ask<'a>(&'a self, question: Question<'a>) -> BoxFuture<'a, Result<Answer<Place>, Trouble>> {
        let path = self.path(question.action);
        let store = self.clone();
        let Question {
            limit,
            who,
            throttled,
            ..
        } = question;
        Box::pin(async move {
            let sent = self.clock.monotonic();
            let work = move || store.ask_file(path, limit, who, throttled, sent);
            // Files block, if only for a few microseconds.
            match tokio::task::spawn_blocking(work).await {
                Ok(answer) => answer,
                Err(error) => Err(Trouble::Lasting(
                    Unavailable::new("the rate limiter's file was not looked at")
                        .with_source(error),
                )),
            }
        })
    }

    fn is_silent(&self, limit: Duration) -> Unavailable {
        let (directory, ms) = (self.directory.display(), limit.as_millis());
        Unavailable::new(format!(
            "the disk did not give the rate limiter's file in {directory} within {ms} ms"
        ))
        .with_hint("name a directory on a disk of this machine that works")
    }

    fn give_back(&self, place: Place) {
        let store = self.clone();
        // Best effort: a slot that stays taken costs a tenth of a second.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn_blocking(move || store.give_back_to_file(place));
        }
    }
}

impl FileStore {
    fn ask_file(
        &self,
        path: PathBuf,
        limit: u32,
        who: u64,
        throttled: u32,
        sent: Duration,
    ) -> Result<Answer<Place>, Trouble> {
        let mut file = Locked::open(&path)?;
        // Read before the file is known to be the one others will open: should somebody delete it
        // now, whoever makes it anew assumes that slots were promised up to a later moment.
        let now = self.machine.now();
        file.check_still_there()?;
        let mut state = self.state(&mut file, limit, now)?;
        state.queue.widen(now, throttled);
        let turn = match state.queue.ask(now, who) {
            QueueTurn::Granted(slot) => Turn::Granted {
                sent,
                wait: slot.at().saturating_sub(now),
                place: Place {
                    epoch: state.epoch,
                    limit,
                    slot,
                    path,
                },
            },
            QueueTurn::Later { turn, ask_in } => Turn::Later { turn, ask_in },
        };
        file.write(&state.encode(self.machine.boot()))?;
        Ok(Answer {
            turn,
            widened: state.queue.widened(),
        })
    }

    fn give_back_to_file(&self, place: Place) -> Option<()> {
        let mut file = Locked::open(&place.path).ok()?;
        file.check_still_there().ok()?;
        let now = self.machine.now();
        let mut state = self.state(&mut file, place.limit, now).ok()?;
        if state.epoch == place.epoch && state.queue.give_back(place.slot) {
            file.write(&state.encode(self.machine.boot())).ok()?;
        }
        Some(())
    }

    /// What the file says, or the worst there can have been.
    fn state(&self, file: &mut Locked, limit: u32, now: Duration) -> Result<State, Trouble> {
        let text = file.read()?;
        let known = State::decode(&text, self.machine.boot(), limit);
        let known = known.filter(|state| state.queue.is_plausible(now));
        Ok(known.unwrap_or_else(|| State::after_loss(limit, now)))
    }

    /// The file of an action. An action named by a caller may be any text; it is part of the
    /// hash, so what is left out of the name makes no two files one.
    fn path(&self, action: &str) -> PathBuf {
        let hash = self.account.clone().chain_update(action).finalize();
        let plain = action.chars().filter(char::is_ascii_alphanumeric);
        let plain: String = plain.take(64).collect();
        let hash = hex::encode(hash.get(..8).unwrap_or_default());
        self.directory.join(format!("{plain}-{hash}"))
    }
}

/// What went wrong with a file, for a person.
fn trouble(doing: &str, path: &Path, error: io::Error) -> Trouble {
    let message = format!(
        "cannot {doing} the rate limiter's file {}: {error}",
        path.display()
    );
    Trouble::Lasting(
        Unavailable::new(message)
            .with_hint(
                "it must be a file that you may write, on a disk of this machine with space left",
            )
            .with_source(error),
    )
}
