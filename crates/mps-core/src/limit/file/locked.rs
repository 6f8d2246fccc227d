//! A file that no other process reads or writes at the moment.

use std::{
    fs::{self, DirBuilder, File, FileType, OpenOptions, TryLockError},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use rustix::fs::OFlags;

use super::file_error;
use crate::{
    limit::{Unavailable, shared::StoreError},
    sync::network_file_system,
};

/// Far more bytes than any state has.
const LARGEST: u64 = 256 * 1024;

/// An open file with an exclusive lock, which ends with the value or the process.
pub(super) struct Locked {
    path: PathBuf,
    file: File,
}

impl Locked {
    /// Opens and locks the file and creates it if necessary. Does not wait for the lock of another
    /// process.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        refuse_special(path)?;
        let file = open(path).map_err(|error| file_error("open", path, error))?;
        refuse_network(&file, path)?;
        match file.try_lock() {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                file,
            }),
            Err(TryLockError::Error(error)) if error.kind() != io::ErrorKind::Interrupted => {
                Err(file_error("lock", path, error))
            }
            Err(_) => Err(StoreError::Busy(busy(path))),
        }
    }

    /// Returns an error unless the path still names the locked file. A file that was deleted or
    /// replaced between opening and locking would leave others without this lock.
    pub(super) fn check_still_there(&self) -> Result<(), StoreError> {
        let failed = |error| file_error("inspect", &self.path, error);
        let ours = self.file.metadata().map_err(failed)?;
        if !ours.is_file() {
            return Err(special(&self.path, ours.file_type()));
        }
        match self.path.symlink_metadata() {
            Ok(named) if (named.dev(), named.ino()) == (ours.dev(), ours.ino()) => Ok(()),
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(error)),
            _ => Err(StoreError::Busy(busy(&self.path))),
        }
    }

    /// Reads the whole file, up to a size that no state reaches.
    pub(super) fn read(&mut self) -> Result<Vec<u8>, StoreError> {
        let mut bytes = Vec::new();
        let read = (&self.file).take(LARGEST).read_to_end(&mut bytes);
        read.map_err(|error| file_error("read", &self.path, error))?;
        Ok(bytes)
    }

    /// Replaces the contents of the file. A checksum shows when only a part was written.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.overwrite(bytes)
            .map_err(|error| file_error("write", &self.path, error))
    }

    fn overwrite(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(bytes)?;
        self.file
            .set_len(u64::try_from(bytes.len()).unwrap_or(LARGEST))
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        // Closing the file would leave the lock to a process that was forked meanwhile, until that executes its
        // program. Cannot fail while the lock is held.
        let _ = self.file.unlock();
    }
}

/// Returns an error when the file is on a network file system: other machines would write times of
/// their own clocks into it.
fn refuse_network(file: &File, path: &Path) -> Result<(), StoreError> {
    let name = network_file_system(file).map_err(|error| file_error("inspect", path, error))?;
    let Some(name) = name else { return Ok(()) };
    let path = path.display();
    Err(StoreError::Permanent(
        Unavailable::new(format!(
            "the rate limiter's file {path} is on a network file system ({name}), which machines with other clocks share"
        ))
        .with_hint("use a directory on a disk of this machine"),
    ))
}

/// Returns an error when the path names anything but a regular file. Checked before opening,
/// because opening a device can have effects, and opening a link could create a file elsewhere.
fn refuse_special(path: &Path) -> Result<(), StoreError> {
    match fs::symlink_metadata(path) {
        Ok(named) if !named.is_file() => Err(special(path, named.file_type())),
        // Whatever is wrong shows when the file is opened.
        _ => Ok(()),
    }
}

fn special(path: &Path, kind: FileType) -> StoreError {
    let kind = match kind {
        kind if kind.is_dir() => "a directory",
        kind if kind.is_symlink() => "a symbolic link",
        kind if kind.is_fifo() => "a named pipe",
        kind if kind.is_socket() => "a socket",
        _ => "a device",
    };
    let path = path.display();
    StoreError::Permanent(
        Unavailable::new(format!(
            "the rate limiter's file {path} is {kind}, not a regular file"
        ))
        .with_hint(format!("remove it: rm -r '{path}'")),
    )
}

/// Opens without following a link and without blocking, in case the path changed since it was
/// checked.
fn open(path: &Path) -> io::Result<File> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
    let mut options = OpenOptions::new();
    options
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(flags.cast_signed());
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let directory = path.parent().unwrap_or(Path::new("."));
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(directory)?;
            options.open(path)
        }
        opened => opened,
    }
}

fn busy(path: &Path) -> Unavailable {
    let path = path.display();
    Unavailable::new(format!(
        "another process holds the rate limiter's file {path}"
    ))
    .with_hint(format!(
        "end the process that holds it, which may be stopped: fuser -v '{path}'"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locked(path: &Path) -> Locked {
        match Locked::open(path) {
            Ok(locked) => locked,
            Err(error) => panic!("{error:?}"),
        }
    }

    #[test]
    fn a_lock_of_a_deleted_or_replaced_file_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("limits").join("limit");
        let locked = locked(&path);
        assert!(locked.check_still_there().is_ok());

        fs::remove_file(&path).unwrap();
        assert!(matches!(
            locked.check_still_there(),
            Err(StoreError::Busy(_))
        ));
        fs::write(&path, "another").unwrap();
        assert!(matches!(
            locked.check_still_there(),
            Err(StoreError::Busy(_))
        ));

        // Asking again would not help.
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
        fs::write(folder.path().join("limits"), "no folder").unwrap();
        assert!(matches!(
            locked.check_still_there(),
            Err(StoreError::Permanent(_))
        ));
    }

    /// A process that was forked meanwhile has a duplicate until it executes its program.
    #[test]
    fn a_lock_ends_with_its_value_although_the_file_has_a_duplicate() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("limit");
        let first = locked(&path);
        let _duplicate = first.file.try_clone().unwrap();
        assert!(matches!(Locked::open(&path), Err(StoreError::Busy(_))));
        drop(first);
        locked(&path);
    }

    #[test]
    fn at_most_the_largest_size_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("limit");
        fs::write(&path, vec![7; 300_000]).unwrap();
        let read = locked(&path).read().ok();
        assert_eq!(read.map(|bytes| bytes.len()), Some(262_144));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_a_permanent_error_that_names_the_reason() {
        let path = PathBuf::from("/dev/full");
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        let mut full = Locked { path, file };
        let Err(StoreError::Permanent(error)) = full.write(b"state") else {
            panic!("it was written")
        };
        let text = error.to_string();
        assert!(
            text.contains("cannot write") && text.contains("No space"),
            "{text}"
        );
    }
}
