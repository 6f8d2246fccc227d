//! The seal: every send, in a file beside the store.
//!
//! A store can forget: a truncated write-ahead log opens cleanly without its last commits, and a backup
//! put back contains nothing newer. A send that the store forgot would be sent again. So before the bytes
//! leave, one line with the row and its token is written here and synced, and at open a send that the
//! store does not know becomes in doubt.
//!
//! Processes append to one file, each line in one write. A line begins with a checksum, so that a torn
//! or damaged one is skipped, and with a line break, so that it ends a torn one before it.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    fs::{self, File},
    io::{self, BufRead, BufReader, BufWriter, Read as _, Write as _},
    path::{Path, PathBuf},
    sync::Mutex,
};

use mps_core::sync::lock;

mod entry;
mod file_lock;
mod tail;

pub(crate) use self::entry::{Entry, Sent};
use self::{
    entry::{decode, encode},
    file_lock::{Purpose, locked},
    tail::Tail,
};
use super::{
    error::LedgerError,
    files,
    names::Timestamp,
    rows::{Fence, RowId, Token},
};

/// Sends that are kept until their later lines are read: more than start within ten minutes.
const WINDOW: usize = 6_000;

/// Sends that are compared at once.
const PART: usize = 500;

/// Longest line, in bytes; a longer one is damage.
const LONGEST: u64 = 64 * 1024;

/// A send that is neither refused nor unsent according to the seal, with its task id if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sealed {
    pub(crate) sent: Sent,
    pub(crate) task: Option<String>,
}

/// The file. Its methods block.
#[derive(Debug)]
pub(crate) struct Seal {
    path: PathBuf,
    ledger: String,
    file: Mutex<File>,
}

/// The file as it was opened: its ledger is not known yet.
#[derive(Debug)]
pub(crate) struct SealFile {
    path: PathBuf,
    file: File,
    tail: Tail,
}

impl SealFile {
    /// Opens the file, creates it if necessary, and reads its newest lines.
    pub(crate) fn open(path: &Path) -> Result<Self, LedgerError> {
        let mut file = files::open(path)?;
        let tail = Tail::read(&mut file).map_err(|error| files::failed("read", path, error))?;
        let path = path.to_owned();
        Ok(Self { path, file, tail })
    }

    /// Returns the ledger that the newest line belongs to, or `None` if there is none.
    pub(crate) fn newest_ledger(&self) -> Option<String> {
        let mut newest_first = self.tail.entries();
        newest_first.next().map(|(ledger, _)| ledger)
    }

    /// Returns the send with the highest epoch, or `None` if there is none.
    pub(crate) fn newest_send(&self) -> Option<Sent> {
        self.tail.newest_send()
    }

    /// Returns the seal of a ledger.
    pub(crate) fn of(self, ledger: &str) -> Seal {
        Seal {
            path: self.path,
            ledger: ledger.to_owned(),
            file: Mutex::new(self.file),
        }
    }
}

impl Seal {
    /// Opens the file of a ledger, and creates it if necessary.
    #[cfg(any(test, feature = "postgres"))]
    pub(crate) fn open(path: &Path, ledger: &str) -> Result<Self, LedgerError> {
        Ok(SealFile::open(path)?.of(ledger))
    }

    /// Appends a line; with `sync`, it is on the disk when this returns.
    pub(crate) fn append(&self, entry: &Entry, sync: bool) -> Result<(), LedgerError> {
        let line = encode(&self.ledger, entry)?;
        #[cfg(feature = "failpoints")]
        crate::failpoint::pass("seal", "before");
        let mut file = lock(&self.file);
        self.append_to(&mut file, &line, sync)
            .map_err(|error| files::failed("write", &self.path, error))?;
        #[cfg(feature = "failpoints")]
        crate::failpoint::pass("seal", "after");
        Ok(())
    }

    /// Appends while no process replaces the file by a compacted one.
    fn append_to(&self, file: &mut File, line: &[u8], sync: bool) -> io::Result<()> {
        locked(file, &self.path, Purpose::Append, |file| {
            file.write_all(line)?;
            if sync { file.sync_data() } else { Ok(()) }
        })
    }

    /// Returns the send with the highest epoch, or `None` if there is none.
    #[cfg(feature = "postgres")]
    pub(crate) fn newest(&self) -> Result<Option<Sent>, LedgerError> {
        let tail = Tail::read(&mut lock(&self.file));
        let tail = tail.map_err(|error| files::failed("read", &self.path, error))?;
        Ok(tail.newest_send())
    }

    /// Passes on all sends that are not recorded as refused or not sent, oldest first and in parts. Memory
    /// does not grow with the file: a line that follows its send by more than [`WINDOW`] sends is too
    /// late, which is longer than a call lasts.
    pub(crate) fn for_each_part(
        &self,
        mut each: impl FnMut(Vec<Sealed>) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        let mut window = Window::default();
        self.scan(|entry| {
            window.add(entry);
            match window.order.len() {
                WINDOW.. => each(window.take(PART)),
                _ => Ok(()),
            }
        })?;
        while !window.order.is_empty() {
            each(window.take(PART))?;
        }
        Ok(())
    }

    /// Returns the task ids of some sends, as far as the seal has them.
    pub(crate) fn tasks(&self, claims: &[Token]) -> Result<Vec<(Token, String)>, LedgerError> {
        let mut tasks = Vec::new();
        if claims.is_empty() {
            return Ok(tasks);
        }
        self.scan(|entry| {
            match entry {
                Entry::Created { claim, task } if claims.contains(&claim) => {
                    tasks.push((claim, task));
                }
                // A store that went back gives out numbers and tokens again: what answers an earlier
                // send does not answer this one.
                Entry::Sent(sent) => tasks.retain(|(claim, _)| *claim != sent.claim),
                _ => {}
            }
            Ok(())
        })?;
        Ok(tasks)
    }

    fn scan(
        &self,
        mut each: impl FnMut(Entry) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        let failed = |error| files::failed("read", &self.path, error);
        let mut file = BufReader::new(File::open(&self.path).map_err(failed)?);
        while let Some(line) = next(&mut file).map_err(failed)? {
            if let Some((_, entry)) = line {
                each(entry)?;
            }
        }
        Ok(())
    }

    /// Removes the lines of rows that the store is about to remove, up to the first send at `before` or later: the row
    /// was claimed again meanwhile, and stays. Appending processes wait meanwhile.
    pub(crate) fn compact(
        &self,
        removed: HashSet<RowId>,
        before: Timestamp,
    ) -> Result<(), LedgerError> {
        let compacted = self.replace(removed, before);
        compacted.map_err(|error| files::failed("compact", &self.path, error))
    }

    fn replace(&self, removed: HashSet<RowId>, before: Timestamp) -> io::Result<()> {
        let mut file = lock(&self.file);
        locked(&mut file, &self.path, Purpose::Replace, |file| {
            *file = self.compacted(removed, before)?;
            Ok(())
        })
    }

    /// Writes the lines that remain to a new file, gives it the name, and returns it.
    fn compacted(&self, mut removed: HashSet<RowId>, before: Timestamp) -> io::Result<File> {
        let path = files::beside(&self.path, ".new");
        let _left_behind = fs::remove_file(&path);
        let mut new = BufWriter::new(files::create(&path)?);
        let mut old = BufReader::new(File::open(&self.path)?);
        while let Some(line) = next(&mut old)? {
            if let Some((_, Entry::Sent(sent))) = &line
                && sent.at >= before
            {
                removed.remove(&sent.claim.row);
            }
            if let Some((ledger, entry)) = line
                && !removed.contains(entry.row())
            {
                new.write_all(&encode(&ledger, &entry).map_err(io::Error::other)?)?;
            }
        }
        let new = new.into_inner()?;
        new.sync_all()?;
        fs::rename(&path, &self.path)?;
        files::sync_folder(&self.path)?;
        Ok(new)
    }
}

/// Sends whose later lines may follow.
#[derive(Default)]
struct Window {
    order: VecDeque<(RowId, Fence)>,
    sends: HashMap<(RowId, Fence), Sealed>,
}

impl Window {
    fn add(&mut self, entry: Entry) {
        match entry {
            Entry::Sent(sent) => {
                let claim = (sent.claim.row.clone(), sent.claim.fence);
                self.order.push_back(claim.clone());
                self.sends.insert(claim, Sealed { sent, task: None });
            }
            Entry::Created { claim, task } => {
                if let Some(sealed) = self.sends.get_mut(&(claim.row, claim.fence)) {
                    sealed.task = Some(task);
                }
            }
            Entry::NotSent { claim } => {
                self.sends.remove(&(claim.row, claim.fence));
            }
        }
    }

    /// Removes and returns the oldest sends.
    fn take(&mut self, count: usize) -> Vec<Sealed> {
        let oldest = self.order.drain(..count.min(self.order.len()));
        oldest
            .filter_map(|claim| self.sends.remove(&claim))
            .collect()
    }
}

/// Reads a line: its entry, or `Some(None)` if it has none; `None` at the end.
#[expect(
    clippy::option_option,
    reason = "a line without an entry is not the end"
)]
fn next(from: &mut impl BufRead) -> io::Result<Option<Option<(String, Entry)>>> {
    let mut line = Vec::new();
    let length = from.take(LONGEST).read_until(b'\n', &mut line)?;
    Ok((length > 0).then(|| decode(&line)))
}

#[cfg(test)]
mod tests;
