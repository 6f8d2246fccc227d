//! The ledger of a command: its place, and the consequence when it cannot be used.

use std::{
    io,
    path::{Path, PathBuf},
    pin::Pin,
};

use futures_util::{
    FutureExt as _,
    future::{MaybeDone, maybe_done},
};
use mps_aigc::Endpoint;
use mps_core::{BoxFuture, clock::SharedClock};
use mps_jobs::{Ledger, LedgerError, LedgerErrorKind, content_hash, state_folder_from_env};

use crate::{
    failure::{self, Failure},
    foreign_text,
    options::{GlobalOptions, LedgerPlace},
    outcome::{Outcome, Reason},
    secret_url,
};

/// The file of the ledger in the state folder.
const FILE: &str = "ledger.db";

/// The ledger of a command that creates a task.
pub(crate) enum Recording {
    /// Creates are recorded in this ledger.
    On {
        ledger: Ledger,
        /// The file, if this command is the first to use it.
        new_file: Option<PathBuf>,
    },
    /// Nothing is recorded, by the user's choice.
    Off,
    /// Nothing is recorded, for want of a place: the reason.
    NoPlace(String),
}

/// The endpoint and the key that a command uses: a ledger for an emulator has a file of its own.
#[derive(Clone, Copy)]
pub(crate) struct Identity<'a> {
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) secret_id: &'a str,
}

/// A ledger that is being opened on its thread while the command does other work.
#[derive(Default)]
pub(crate) struct Opening(Option<(PathBuf, OpeningLedger)>);

type OpeningLedger = Pin<Box<MaybeDone<BoxFuture<'static, Result<Ledger, LedgerError>>>>>;

impl Opening {
    /// Begins to open the ledger of a create. Does nothing if it is no file, or a new one, which is announced
    /// when it is certain that something is recorded.
    pub(crate) fn begin(
        global: &GlobalOptions,
        identity: Identity<'_>,
        clock: &SharedClock,
    ) -> Self {
        let file = match place(global, identity) {
            Ok(Some(Place::File(file))) if !global.emulator && file.exists() => file,
            _ => return Self(None),
        };
        let (place, clock) = (Place::File(file.clone()), clock.clone());
        let open: BoxFuture<'static, _> = Box::pin(async move { place.open(&clock).await });
        let mut ledger = Box::pin(maybe_done(open));
        // The first poll starts the thread.
        let _begun = ledger.as_mut().now_or_never();
        Self(Some((file, ledger)))
    }

    /// Returns the ledger of a place, opened now if that was not begun.
    async fn finish(self, place: &Place, clock: &SharedClock) -> Result<Ledger, LedgerError> {
        if let (Some((begun, mut ledger)), Place::File(file)) = (self.0, place)
            && begun == *file
        {
            ledger.as_mut().await;
            if let Some(opened) = ledger.as_mut().take_output() {
                return opened;
            }
        }
        place.open(clock).await
    }
}

/// Opens the ledger for a create.
///
/// # Errors
/// Returns an error when the ledger cannot be used, unless the user named none and there is no place
/// for one.
pub(crate) async fn open_to_record(
    global: &GlobalOptions,
    identity: Identity<'_>,
    clock: &SharedClock,
    opening: Opening,
) -> Result<Recording, Failure> {
    if global.emulator {
        let ledger = Ledger::in_memory(clock.clone())?;
        return Ok(Recording::On {
            ledger,
            new_file: None,
        });
    }
    let place = match place(global, identity) {
        Ok(Some(place)) => place,
        Ok(None) => return Ok(Recording::Off),
        Err(reason) => return Ok(Recording::NoPlace(reason)),
    };
    let new_file = place
        .file()
        .filter(|file| !file.exists())
        .map(Path::to_owned);
    match opening.finish(&place, clock).await {
        Ok(ledger) => Ok(Recording::On { ledger, new_file }),
        Err(error) if is_want_of_a_place(&error) => match global.ledger {
            None => Ok(Recording::NoPlace(error.to_string())),
            Some(_) => Err(Failure::from(error).outcome(Outcome::NotCreated(Reason::Usage))),
        },
        Err(error) => Err(error.into()),
    }
}

/// Opens the ledger for a command that cannot do without one.
///
/// # Errors
/// Returns an error when there is no ledger or it cannot be used.
pub(crate) async fn open(
    global: &GlobalOptions,
    identity: Identity<'_>,
    clock: &SharedClock,
) -> Result<Ledger, Failure> {
    match open_to_record(global, identity, clock, Opening::default()).await? {
        Recording::On { ledger, .. } => Ok(ledger),
        Recording::Off => Err(needed("the ledger is turned off")),
        Recording::NoPlace(reason) => Err(needed(&reason)),
    }
}

/// Opens the ledger for a command that works without one: returns `None` and a warning, if any.
pub(crate) async fn open_if_possible(
    global: &GlobalOptions,
    identity: Identity<'_>,
    clock: &SharedClock,
) -> (Option<Ledger>, Option<String>) {
    let absent = match place(global, identity) {
        Ok(Some(Place::File(file))) => !file.exists(),
        Ok(Some(Place::Url(_))) => false,
        Ok(None) | Err(_) => true,
    };
    if global.emulator || absent {
        return (None, None);
    }
    match open_to_record(global, identity, clock, Opening::default()).await {
        Ok(Recording::On { ledger, .. }) => (Some(ledger), None),
        Ok(Recording::Off | Recording::NoPlace(_)) => (None, None),
        Err(failure) => {
            let warning = format!("the ledger is not used: {}", failure.message);
            (None, Some(warning))
        }
    }
}

/// The place of a ledger, without opening it.
pub(crate) enum Located {
    InMemory,
    Off,
    NoPlace(String),
    File(PathBuf),
    /// A server, by its URL without a password.
    Server(String),
}

/// Returns the place of the ledger of a command.
pub(crate) fn locate(global: &GlobalOptions, identity: Identity<'_>) -> Located {
    if global.emulator {
        return Located::InMemory;
    }
    if let Some(LedgerPlace::Url(url)) = &global.ledger {
        return Located::Server(url.to_string());
    }
    match place(global, identity) {
        Ok(Some(Place::File(file))) => Located::File(file),
        Ok(Some(Place::Url(url))) => Located::Server(secret_url::masked(&url)),
        Ok(None) => Located::Off,
        Err(reason) => Located::NoPlace(reason),
    }
}

/// Returns the usage error of an option or command that needs a ledger.
pub(crate) fn needed(reason: &str) -> Failure {
    Failure::usage(format!("this needs a ledger: {reason}"))
        .hint("name a file on a disk of this machine: --ledger PATH")
}

/// The place of a ledger that is on.
enum Place {
    File(PathBuf),
    Url(String),
}

impl Place {
    fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Url(_) => None,
        }
    }

    async fn open(&self, clock: &SharedClock) -> Result<Ledger, LedgerError> {
        let location = match self {
            Self::File(path) => path.to_string_lossy(),
            Self::Url(url) => url.into(),
        };
        Ledger::open(&location, clock.clone()).await
    }
}

/// Returns the place of the ledger; `None` if it is turned off.
///
/// # Errors
/// Returns the reason when the user named none and there is no state folder.
fn place(global: &GlobalOptions, identity: Identity<'_>) -> Result<Option<Place>, String> {
    match &global.ledger {
        Some(LedgerPlace::Off) => Ok(None),
        Some(LedgerPlace::File(path)) => Ok(Some(Place::File(path.clone()))),
        Some(LedgerPlace::Url(url)) => Ok(Some(Place::Url(url.reveal_with_password_file()))),
        None => {
            let folder = state_folder_from_env().map_err(|error| error.to_string())?;
            Ok(Some(Place::File(folder.join(file_name(identity)))))
        }
    }
}

/// Returns the file of the ledger of a command that names none; `None` without a state folder.
#[cfg(feature = "shell")]
pub(crate) fn default_file(identity: Identity<'_>) -> Option<PathBuf> {
    let folder = state_folder_from_env().ok()?;
    Some(folder.join(file_name(identity)))
}

/// Returns the name of the ledger's file. An emulator on this machine has a file of its own, named
/// after its address and key, so that its tasks are not among those that were paid for.
fn file_name(identity: Identity<'_>) -> String {
    if !identity.endpoint.is_loopback() {
        return FILE.to_owned();
    }
    let host = identity.endpoint.host();
    let hash = content_hash(host, identity.secret_id);
    let hash = hash.get(..16).unwrap_or_default();
    format!("emulator-{hash}.db")
}

/// Returns whether a ledger that the user did not name is simply not there, rather than broken.
fn is_want_of_a_place(error: &LedgerError) -> bool {
    use LedgerErrorKind::{NetworkFileSystem, ReadOnly};
    let cause =
        std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<io::Error>());
    let is_unusable = |cause: &io::Error| {
        matches!(
            cause.kind(),
            io::ErrorKind::PermissionDenied
                | io::ErrorKind::NotADirectory
                | io::ErrorKind::AlreadyExists
        )
    };
    matches!(error.kind(), ReadOnly | NetworkFileSystem) || cause.is_some_and(is_unusable)
}

impl From<LedgerError> for Failure {
    /// Converts an error of the ledger from before anything was sent.
    fn from(error: LedgerError) -> Self {
        Self {
            causes: failure::causes(&error),
            hint: error.hint().map(str::to_owned),
            ..Self::new(
                Outcome::NotCreated(reason(error.kind())),
                error.kind().as_str(),
                foreign_text::cut_message(&error.to_string()),
            )
        }
    }
}

/// Returns the reason that decides the exit code: an error that passes by itself is trouble (6), and
/// one that needs a change of the usage is not (2).
fn reason(kind: LedgerErrorKind) -> Reason {
    use LedgerErrorKind::{Busy, CapReached, ClaimLost, Full, Io, Unreachable};
    match kind {
        CapReached => Reason::SpendGuard,
        Busy | Full | Unreachable | ClaimLost | Io => Reason::Trouble,
        _ => Reason::Usage,
    }
}
