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
    io::{self, BufRead, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    sync::Mutex,
};

use mps_core::sync::lock;
use serde::{Deserialize, Serialize};

mod file_lock;

use self::file_lock::{Purpose, locked};
use super::{
    error::{LedgerError, LedgerErrorKind},
    files,
    names::Timestamp,
    rows::{Fence, Item, RowId, Token},
};
use crate::hash::short;

/// Bytes at the end of the file that contain the newest lines of all processes.
const TAIL: u64 = 64 * 1024;

/// Sends that are kept until their later lines are read: more than start within ten minutes.
const WINDOW: usize = 6_000;

/// Sends that are compared at once.
const PART: usize = 500;

/// Longest line, in bytes; a longer one is damage.
const LONGEST: u64 = 64 * 1024;

/// A line of the seal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Entry {
    /// The bytes are about to leave. Synced before they do.
    Sent(Sent),
    /// The service answered with a task id.
    Created { claim: Token, task: String },
    /// The attempt was not sent, or was refused.
    NotSent { claim: Token },
}

/// A send, with the data to record its row again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sent {
    pub(crate) claim: Token,
    /// The store's epoch with the send.
    pub(crate) epoch: i64,
    pub(crate) at: Timestamp,
    pub(crate) account: String,
    pub(crate) endpoint: String,
    pub(crate) key: String,
    pub(crate) hash: String,
    pub(crate) action: String,
    pub(crate) ms: i64,
    pub(crate) price: Option<i64>,
}

impl Entry {
    pub(crate) fn sent(item: &Item, epoch: i64) -> Self {
        Self::Sent(Sent {
            claim: Token {
                row: item.row.clone(),
                fence: item.fence,
            },
            epoch,
            at: item.armed.unwrap_or_default(),
            account: item.account.clone().unwrap_or_default(),
            endpoint: item.endpoint.clone().unwrap_or_default(),
            key: item.key.as_str().to_owned(),
            hash: item.hash.clone(),
            action: item.action.clone(),
            ms: item.ms,
            price: item.price,
        })
    }

    pub(crate) fn created(claim: &Token, task: &str) -> Self {
        let (claim, task) = (claim.clone(), task.to_owned());
        Self::Created { claim, task }
    }

    pub(crate) fn not_sent(claim: &Token) -> Self {
        let claim = claim.clone();
        Self::NotSent { claim }
    }
}

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

impl Seal {
    /// Opens the file of a ledger, and creates it if necessary.
    pub(crate) fn open(path: &Path, ledger: &str) -> Result<Self, LedgerError> {
        let file = files::open(path)?;
        Ok(Self {
            path: path.to_owned(),
            ledger: ledger.to_owned(),
            file: Mutex::new(file),
        })
    }

    /// Returns the ledger that the newest line of a file belongs to, or `None` for an empty or missing
    /// file.
    pub(crate) fn ledger_of(path: &Path) -> Result<Option<String>, LedgerError> {
        let lines = match File::open(path) {
            Ok(mut file) => tail(&mut file).map_err(|error| files::failed("read", path, error))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(files::failed("open", path, error)),
        };
        Ok(lines.into_iter().next_back().map(|(ledger, _)| ledger))
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

    /// Returns the highest epoch of the newest sends, or `None` if there is none.
    pub(crate) fn epoch(&self) -> Result<Option<i64>, LedgerError> {
        let lines = tail(&mut lock(&self.file));
        let lines = lines.map_err(|error| files::failed("read", &self.path, error))?;
        let epochs = lines.into_iter().filter_map(|(_, entry)| match entry {
            Entry::Sent(sent) => Some(sent.epoch),
            _ => None,
        });
        Ok(epochs.max())
    }

    /// Returns the newest send, or `None` if there is none.
    #[cfg(feature = "postgres")]
    pub(crate) fn newest(&self) -> Result<Option<Sent>, LedgerError> {
        let lines = tail(&mut lock(&self.file));
        let lines = lines.map_err(|error| files::failed("read", &self.path, error))?;
        let mut newest_first = lines.into_iter().rev();
        Ok(newest_first.find_map(|(_, entry)| match entry {
            Entry::Sent(sent) => Some(sent),
            _ => None,
        }))
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

    /// Removes the lines of rows that the store removed. Appending processes wait meanwhile.
    pub(crate) fn compact(&self, removed: &HashSet<RowId>) -> Result<(), LedgerError> {
        let compacted = self.replace(removed);
        compacted.map_err(|error| files::failed("compact", &self.path, error))
    }

    fn replace(&self, removed: &HashSet<RowId>) -> io::Result<()> {
        let mut file = lock(&self.file);
        locked(&mut file, &self.path, Purpose::Replace, |file| {
            *file = self.compacted(removed)?;
            Ok(())
        })
    }

    /// Writes the lines that remain to a new file, gives it the name, and returns it.
    fn compacted(&self, removed: &HashSet<RowId>) -> io::Result<File> {
        let path = files::beside(&self.path, ".new");
        let _left_behind = fs::remove_file(&path);
        let mut new = BufWriter::new(files::create(&path)?);
        let mut old = BufReader::new(File::open(&self.path)?);
        while let Some(line) = next(&mut old)? {
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

impl Entry {
    fn row(&self) -> &RowId {
        match self {
            Self::Sent(sent) => &sent.claim.row,
            Self::Created { claim, .. } | Self::NotSent { claim } => &claim.row,
        }
    }
}

/// Returns a line: checksum, ledger, JSON.
fn encode(ledger: &str, entry: &Entry) -> Result<Vec<u8>, LedgerError> {
    let json = serde_json::to_string(entry).map_err(|error| {
        let message = "a line of the seal cannot be written";
        LedgerError::new(LedgerErrorKind::Io, message).with_source(error)
    })?;
    let sum = short(&[ledger, &json]);
    Ok(format!("\n{sum} {ledger} {json}\n").into_bytes())
}

/// Returns the ledger and the entry of a line, or `None` if it is empty, torn or damaged.
fn decode(line: &[u8]) -> Option<(String, Entry)> {
    let line = std::str::from_utf8(line).ok()?.trim_end();
    let (sum, rest) = line.split_once(' ')?;
    let (ledger, json) = rest.split_once(' ')?;
    if short(&[ledger, json]) != sum {
        return None;
    }
    Some((ledger.to_owned(), serde_json::from_str(json).ok()?))
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

/// Returns the entries in the last bytes of a file.
fn tail(file: &mut File) -> io::Result<Vec<(String, Entry)>> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut file = BufReader::new(file);
    let mut entries = Vec::new();
    while let Some(line) = next(&mut file)? {
        entries.extend(line);
    }
    Ok(entries)
}

#[cfg(test)]
mod tests;
