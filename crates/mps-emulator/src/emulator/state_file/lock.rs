//! Locks a state file for one emulator. The lock is on a separate file, since each save replaces
//! the state file itself.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
};

/// A lock on a state file that ends when it is dropped or when the process ends in any way.
#[derive(Debug)]
pub(crate) struct Lock {
    #[cfg(unix)]
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// Takes the lock without waiting; returns `None` if another emulator has it.
    pub(super) fn take(state_file: &Path) -> io::Result<Option<Self>> {
        let mut path = state_file.as_os_str().to_owned();
        path.push(".lock");
        let path = PathBuf::from(path);
        loop {
            let file = open(&path)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => {
                    continue;
                }
                Err(TryLockError::Error(error)) => return Err(error),
            }
            // Another emulator may have removed the file just before the lock was taken; such a
            // lock excludes no other emulator.
            if is_still_there(&file, &path)? {
                return Ok(Some(Self {
                    #[cfg(unix)]
                    path,
                    _file: file,
                }));
            }
        }
    }
}

#[cfg(unix)]
impl Drop for Lock {
    fn drop(&mut self) {
        // The lock still belongs to this process, so the file is ours. A remaining file would do no
        // harm, and remains on other systems, where nothing shows that a path names another file.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(unix)]
fn is_still_there(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;

    let ours = file.metadata()?;
    match path.metadata() {
        Ok(named) => Ok((named.dev(), named.ino()) == (ours.dev(), ours.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Returns `true`: the lock file is never removed here.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the form that Unix has")]
fn is_still_there(_: &File, _: &Path) -> io::Result<bool> {
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn there_is_one_lock_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        let lock = Lock::take(&path).unwrap().unwrap();
        assert!(Lock::take(&path).unwrap().is_none());
        drop(lock);
        assert!(Lock::take(&path).unwrap().is_some());
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_left_of_a_lock() {
        let folder = tempfile::tempdir().unwrap();
        drop(Lock::take(&folder.path().join("state.json")).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    /// A killed emulator leaves its lock file behind.
    #[test]
    fn a_remaining_lock_file_without_a_lock_is_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        fs::write(folder.path().join("state.json.lock"), "").unwrap();
        assert!(Lock::take(&path).unwrap().is_some());
    }
}
