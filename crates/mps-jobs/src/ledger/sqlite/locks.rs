//! A locked file for each process of a ledger. A lock ends with its process, however that ends, so a
//! free lock proves that the process is gone and its rows are orphans.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use crate::ledger::{error::LedgerError, files};

/// The folder of the lock files, and the lock of this process.
#[derive(Debug)]
pub(super) struct Locks {
    folder: PathBuf,
    own: PathBuf,
    /// Locked as long as it is open.
    _file: File,
}

impl Locks {
    /// Locks a file for this process, and removes those of processes that have ended. Called while no
    /// other process opens the ledger.
    pub(super) fn open(ledger: &Path, process: &str) -> Result<Self, LedgerError> {
        let folder = files::beside(ledger, "-workers");
        let made = files::create_folder(&folder);
        made.map_err(|error| files::failed("create", &folder, error))?;
        remove_free(&folder);
        let own = folder.join(process);
        // Not synced: after a power cut a file that is missing is as good as a free one.
        let file = files::create(&own).and_then(|file| file.lock().map(|()| file));
        let file = file.map_err(|error| files::failed("lock", &own, error))?;
        Ok(Self {
            folder,
            own,
            _file: file,
        })
    }

    /// Returns `true` when the process has certainly ended.
    pub(super) fn is_free(&self, process: &str) -> bool {
        // An id is a file name; anything else is damage, and belongs to no process.
        let is_id = !process.is_empty() && process.bytes().all(|byte| byte.is_ascii_hexdigit());
        !is_id || is_free(&self.folder.join(process))
    }
}

impl Drop for Locks {
    fn drop(&mut self) {
        // Before the lock ends, so that no other process finds the file.
        let _best_effort = fs::remove_file(&self.own);
    }
}

fn is_free(path: &Path) -> bool {
    match File::open(path) {
        // Released, not only closed: a process that is forked meanwhile has the file, and would have the lock, until it
        // executes its program.
        Ok(file) => file.try_lock().is_ok() && file.unlock().is_ok(),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

fn remove_free(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if is_free(&path) {
            let _best_effort = fs::remove_file(&path);
        }
    }
}

/// Takes the lock of a file without waiting. Returns `false` when another process has it.
pub(super) fn try_lock(file: &File, path: &Path) -> Result<bool, LedgerError> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => Ok(false),
        Err(TryLockError::Error(error)) => Err(files::failed("lock", path, error)),
    }
}
