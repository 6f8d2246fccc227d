//! Opening a ledger's file: one process at a time, so that creation, the switch to a write-ahead log,
//! migration and the comparison with the seal need no care for others.

use std::{
    fs::{self, File, Metadata},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, atomic::AtomicBool},
    time::Duration,
};

use mps_core::{
    BoxFuture,
    clock::SharedClock,
    sync::{Worker, lock},
};
use rusqlite::Connection;

use super::{
    LedgerFile, Locks, Shared,
    connection::{self, Facts, failed},
    locks::try_lock,
};
use crate::{
    ledger::{
        error::{LedgerError, LedgerErrorKind},
        files::{self, beside},
        learned::{meta, set_meta},
        names::Timestamp,
        recall::recall,
        schema::{self, LOST_EPOCHS},
        seal::{Seal, SealFile, Sent},
        thread_ended,
        tx::{Mode, Op, Process, Transaction},
    },
    machine,
};

/// Longest wait for other processes that open the ledger.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// Pause between two tries.
const PAUSE: Duration = Duration::from_millis(5);
/// Time after which the whole file is checked again.
const CHECKED: Duration = Duration::from_secs(24 * 60 * 60);

/// A ledger that is open, and the thread that opened it and writes from now on.
pub(super) struct Opened {
    pub(super) shared: Shared,
    pub(super) seal: Seal,
    pub(super) thread: Worker,
    /// The time of a commit that earlier processes measured.
    pub(super) commit_us: Option<u64>,
}

/// The first step: another process may hold the lock.
enum Beginning {
    Done(Box<Parts>),
    Locked(File),
}

/// The parts of a ledger that is open.
struct Parts {
    shared: Shared,
    seal: Seal,
    commit_us: Option<u64>,
}

/// Opens the ledger at a location and its seal.
pub(super) async fn open(location: &str, clock: &SharedClock) -> Result<Opened, LedgerError> {
    let path = path(location)?;
    // A thread of its own, which a disk that does not respond may keep for ever.
    let thread = Worker::new("mps-ledger-write");
    let beginning = {
        let (path, clock) = (path.clone(), clock.clone());
        thread.run(move || begin(&path, clock)).await
    };
    let parts = match beginning.unwrap_or_else(|error| Err(thread_ended(error)))? {
        Beginning::Done(parts) => *parts,
        Beginning::Locked(lock) => {
            wait_for(&lock, &path, clock).await?;
            let clock = clock.clone();
            let opened = thread.run(move || open_and_unlock(&path, clock, lock));
            let opened = opened.await;
            opened.unwrap_or_else(|error| Err(thread_ended(error)))?
        }
    };
    Ok(Opened {
        shared: parts.shared,
        seal: parts.seal,
        thread,
        commit_us: parts.commit_us,
    })
}

/// Opens the ledger at once if no other process opens it.
fn begin(path: &Path, clock: SharedClock) -> Result<Beginning, LedgerError> {
    let lock = open_lock(path)?;
    if !try_lock(&lock, path)? {
        return Ok(Beginning::Locked(lock));
    }
    let parts = open_and_unlock(path, clock, lock)?;
    Ok(Beginning::Done(Box::new(parts)))
}

fn open_and_unlock(path: &Path, clock: SharedClock, lock: File) -> Result<Parts, LedgerError> {
    let opened = open_locked(path, clock);
    // Others go on.
    drop(lock);
    opened
}

/// Returns the path that a location names.
fn path(location: &str) -> Result<PathBuf, LedgerError> {
    let refused = |message: String, hint: &str| {
        Err(LedgerError::new(LedgerErrorKind::Location, message).with_hint(hint))
    };
    let path = location.strip_prefix("sqlite:").unwrap_or(location);
    match path {
        "" => refused(
            "the location of the ledger is empty".to_owned(),
            "name a file: --ledger PATH",
        ),
        ":memory:" => refused(
            "a ledger in memory has no location".to_owned(),
            "name a file: --ledger PATH",
        ),
        path if path.contains("://") => {
            let scheme = path.split("://").next().unwrap_or_default();
            let message = format!("this build does not support ledgers at {scheme}://");
            refused(
                message,
                "name a file, or use a build with the feature `postgres`",
            )
        }
        path => Ok(PathBuf::from(path)),
    }
}

fn open_lock(path: &Path) -> Result<File, LedgerError> {
    files::prepare_folder(path)?;
    for suffix in ["", "-wal", "-shm", "-seal", "-lock"] {
        files::check(&beside(path, suffix))?;
    }
    files::open(&beside(path, "-lock"))
}

async fn wait_for(lock: &File, path: &Path, clock: &SharedClock) -> Result<(), LedgerError> {
    let begun = clock.monotonic();
    while !try_lock(lock, path)? {
        if clock.monotonic().saturating_sub(begun) > LONGEST_WAIT {
            let message = "another program opens the ledger for more than 5 s";
            return Err(LedgerError::new(LedgerErrorKind::Busy, message)
                .with_hint("end the program that opens it, which may be stopped"));
        }
        clock.sleep(PAUSE).await;
    }
    Ok(())
}

fn open_locked(path: &Path, clock: SharedClock) -> Result<Parts, LedgerError> {
    let metadata = create_if_missing(path)?;
    // Before the store: a send that another process records meanwhile is in the store first.
    let seal = SealFile::open(&beside(path, "-seal"))?;
    let writer = connection::open(path)?;
    connection::use_log(&writer)?;
    // Only now: SQLite deletes a log beside an empty file, and so does another program that closes the file last.
    let log_has_commits = fs::metadata(beside(path, "-wal")).is_ok_and(|log| log.len() > 0);
    if !log_has_commits {
        make_log_last(&writer, path)?;
    }
    let process = Process::new();
    let shared = Shared {
        reader: Mutex::default(),
        is_durable: AtomicBool::new(false),
        writer: Mutex::new(writer),
        clock,
        file: Some(LedgerFile {
            path: path.to_owned(),
            identity: files::identity(&metadata),
            locks: Locks::open(path, &process.id)?,
        }),
        process,
    };
    let facts = shared.migrate()?;
    let id = shared.identify(&facts, seal.newest_ledger())?;
    let newest = seal.newest_send();
    let seal = seal.of(&id);
    shared.compare(&seal, newest.as_ref(), &facts)?;
    Ok(Parts {
        shared,
        seal,
        commit_us: facts.commit_us,
    })
}

/// Makes the name of a log durable before its first commit, and the removal of the journal before it: SQLite
/// is built to leave that to the ledger (`.cargo/config.toml`), or would do it once in each process.
fn make_log_last(writer: &Connection, path: &Path) -> Result<(), LedgerError> {
    connection::read_header(writer)?;
    sync_folder(path)
}

fn sync_folder(path: &Path) -> Result<(), LedgerError> {
    files::sync_folder(path).map_err(|error| files::failed("sync", path, error))
}

/// Creates the file for its owner only if there is none, and returns its metadata.
///
/// A file that exists is not opened here: SQLite's locks belong to the process, and closing any handle
/// of the file would release those of another ledger of this process.
fn create_if_missing(path: &Path) -> Result<Metadata, LedgerError> {
    match files::create(path) {
        Ok(_new) => files::sync_folder(path),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
    .and_then(|()| fs::symlink_metadata(path))
    .map_err(|error| files::failed("create", path, error))
}

impl Shared {
    /// Brings the schema up to date, and returns what the ledger says about itself.
    fn migrate(&self) -> Result<Facts, LedgerError> {
        let version = {
            let writer = lock(&self.writer);
            // A lock of another program is noticed here, and not by the first command that needs the ledger.
            self.begin(&writer, Mode::Relaxed)?;
            let facts = connection::facts(&writer);
            connection::run(&writer, "COMMIT").map_err(failed)?;
            match facts {
                Ok(facts) if facts.schema == Some(schema::VERSION) => return Ok(facts),
                _ => connection::schema_version(&writer)?,
            }
        };
        self.transaction(Op::durable("migrate"), &version, schema::migrate_file)?;
        connection::facts(&lock(&self.writer)).map_err(failed)
    }

    /// Returns the id of the ledger. A new ledger beside a seal is one that lost its file, and takes the
    /// seal's id; one of another machine is a copy, and gets a new id.
    fn identify(&self, facts: &Facts, sealed: Option<String>) -> Result<String, LedgerError> {
        let host = machine::identity();
        let id = match facts.id.as_ref().zip(facts.host.as_ref()) {
            Some((id, of)) if *of == host => return Ok(id.clone()),
            Some(_) => new_id(),
            None => sealed.unwrap_or_else(new_id),
        };
        let args = (id.clone(), host);
        self.transaction(Op::durable("identify"), &args, |tx, (id, host)| {
            Box::pin(async move {
                set_meta(tx, "id", id).await?;
                set_meta(tx, "host", host).await
            })
        })?;
        Ok(id)
    }

    /// Compares the store with the seal when it does not know the newest send, and after each boot and each day.
    /// Checks the structure of the file as well.
    fn compare(
        &self,
        seal: &Seal,
        newest: Option<&Sent>,
        facts: &Facts,
    ) -> Result<(), LedgerError> {
        let now = Timestamp::from(self.clock.wall());
        if self.knows(newest, facts)? && !is_check_due(facts.checked.as_deref(), now) {
            return Ok(());
        }
        connection::check_integrity(&lock(&self.writer))?;
        if let Some(file) = &self.file {
            // A copy that was put back has a log that no ledger made.
            sync_folder(&file.path)?;
        }
        let sealed = newest.map_or(0, |sent| sent.epoch);
        if facts.epoch < sealed {
            tracing::warn!("the ledger lost commits; its seal is compared with it");
        }
        let mut recalled = 0;
        seal.for_each_part(|sends| {
            let op = Op::durable("recall");
            recalled += self.transaction(op, &sends, |tx, sends| Box::pin(recall(tx, sends)))?;
            Ok(())
        })?;
        if recalled > 0 {
            tracing::warn!(
                recalled,
                "the ledger forgot sends; they are in doubt, see `mps tasks --in-doubt`"
            );
        }
        let args = (sealed, checked(now), newest.map(identity));
        self.transaction(Op::durable("compared"), &args, compared)
    }

    /// Returns `true` if the newest send of the seal is in the store, or was compared with it. The epoch alone does not
    /// tell: of two copies of a store, each may have gone on to the same epoch.
    fn knows(&self, newest: Option<&Sent>, facts: &Facts) -> Result<bool, LedgerError> {
        let Some(sent) = newest else {
            return Ok(true);
        };
        if facts.epoch < sent.epoch {
            return Ok(false);
        }
        if facts.compared.as_ref() == Some(&identity(sent)) {
            return Ok(true);
        }
        connection::has_send(&lock(&self.writer), sent).map_err(failed)
    }
}

/// The value that says which send was the newest one when the store was compared.
fn identity(sent: &Sent) -> String {
    format!("{} {} {}", sent.epoch, sent.claim.row, sent.at.0)
}

/// Records that the store was compared: it is at least as new as the seal now.
fn compared<'t>(
    tx: &'t mut dyn Transaction,
    (sealed, checked, newest): &'t (i64, String, Option<String>),
) -> BoxFuture<'t, Result<(), LedgerError>> {
    Box::pin(async move {
        let behind = sealed - tx.epoch().await?;
        if behind > 0 {
            let lost = meta(tx, LOST_EPOCHS)
                .await?
                .and_then(|lost| lost.parse().ok());
            let lost = lost.unwrap_or(0_i64) + behind;
            set_meta(tx, LOST_EPOCHS, &lost.to_string()).await?;
        }
        if let Some(newest) = newest {
            set_meta(tx, "compared", newest).await?;
        }
        set_meta(tx, "checked", checked).await
    })
}

/// The value that says when the file was checked: the boot, and the time.
fn checked(now: Timestamp) -> String {
    format!("{} {}", machine::boot(), now.0)
}

fn is_check_due(checked: Option<&str>, now: Timestamp) -> bool {
    let checked = checked.unwrap_or_default();
    let (boot, at) = checked.rsplit_once(' ').unwrap_or_default();
    let at = at.parse().unwrap_or_default();
    let is_recent = (now.before(CHECKED)..=now).contains(&Timestamp(at));
    boot != machine::boot() || !is_recent
}

fn new_id() -> String {
    format!("{:016x}", fastrand::u64(..))
}
