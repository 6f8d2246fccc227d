//! Keeps processes that append to a seal and one that replaces it by a compacted file apart.

use std::{fs::File, io, path::Path};

use crate::ledger::files;

/// The reason for a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Several processes append at the same time, each line in one write.
    Append,
    /// One process replaces the file, and no other one uses it.
    Replace,
}

/// Runs `work` with the file that the path names, locked: another process may have replaced it since it
/// was opened. `work` may replace it too.
#[cfg(unix)]
pub(super) fn locked(
    file: &mut File,
    path: &Path,
    purpose: Purpose,
    work: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    loop {
        match purpose {
            Purpose::Append => file.lock_shared()?,
            Purpose::Replace => file.lock()?,
        }
        if files::is_at(file, path) {
            break;
        }
        *file = files::reopen(path)?;
    }
    let done = work(file);
    // A lock that stays ends with its handle; the outcome of the work is the one to report.
    drop(file.unlock());
    done
}

/// Runs `work` with the file that the path names, while no other process does so.
///
/// A lock of Windows forbids other handles to read the file, and a shared one its owner to write it. So
/// the lock is on a file beside it, which is never removed, and the seal is opened again each time.
#[cfg(not(unix))]
pub(super) fn locked(
    file: &mut File,
    path: &Path,
    _: Purpose,
    work: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let beside = files::beside(path, "-lock");
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(beside)?;
    lock.lock()?;
    *file = files::reopen(path)?;
    work(file)
}
