//! Temporary files on Unix: created exclusively, locked, and renamed without replacing.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::Path,
};

use rustix::{
    fs::{AtFlags, FlockOperation, OFlags},
    io::Errno,
};

use super::Unusable;

/// Attempts to open a file that other processes create and remove at the same time.
const ATTEMPTS: u32 = 100;

/// Creates the temporary file, or takes over one that a killed process left behind, and locks it.
pub(super) fn open(path: &Path) -> Result<File, Unusable> {
    for _ in 0..ATTEMPTS {
        let (file, is_new) = match create(path) {
            Ok(file) => (file, true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => match existing(path) {
                Ok(file) => (file, false),
                Err(Unusable::Io(error)) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            },
            Err(error) => return Err(error.into()),
        };
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Err(Unusable::InUse),
            // A file system without locks: the exclusive creation is all there is.
            Err(_) if is_new => return Ok(file),
            Err(_) => return Err(Unusable::Foreign("exists, on a file system without locks")),
        }
        // The file may have been published or removed before it was locked.
        if is_at(&file, path)? {
            return Ok(file);
        }
    }
    Err(Unusable::InUse)
}

/// Opens the record beside a temporary file that is locked; creates it on request.
pub(super) fn open_record(path: &Path, creates: bool) -> Result<File, Unusable> {
    if !creates {
        return existing(path);
    }
    match options().create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => existing(path),
        other => Ok(other?),
    }
}

/// Opens a regular file for reading, not through a link.
pub(super) fn open_to_compare(path: &Path) -> io::Result<File> {
    let file = File::options()
        .read(true)
        .custom_flags(flags())
        .open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::ErrorKind::InvalidInput.into())
    }
}

fn options() -> OpenOptions {
    let mut options = File::options();
    options.read(true).write(true).custom_flags(flags());
    options
}

fn flags() -> i32 {
    // Without NONBLOCK, opening a FIFO would wait for another process.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    i32::try_from(flags.bits()).unwrap_or_default()
}

fn create(path: &Path) -> io::Result<File> {
    options().create_new(true).open(path)
}

fn existing(path: &Path) -> Result<File, Unusable> {
    let found = fs::symlink_metadata(path)?;
    // Looked at before opening too, since opening alone can have effects on a device.
    must_be_ours(&found)?;
    let file = options().open(path)?;
    must_be_ours(&file.metadata()?)?;
    Ok(file)
}

fn must_be_ours(found: &fs::Metadata) -> Result<(), Unusable> {
    if !found.is_file() {
        return Err(Unusable::Foreign("is no regular file"));
    }
    if found.nlink() != 1 {
        return Err(Unusable::Foreign("has more than one name"));
    }
    if found.uid() != rustix::process::geteuid().as_raw() {
        return Err(Unusable::Foreign("belongs to another user"));
    }
    Ok(())
}

fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let own = file.metadata()?;
    match fs::symlink_metadata(path) {
        Ok(found) => Ok((found.dev(), found.ino()) == (own.dev(), own.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Fails where the lack of space can be seen.
pub(super) fn check_space(file: &File, folder: &Path, least: u64) -> io::Result<()> {
    if let Ok(found) = rustix::fs::statvfs(folder)
        && found.f_bavail.saturating_mul(found.f_frsize) < least
    {
        return Err(io::ErrorKind::StorageFull.into());
    }
    // The part that an earlier download has left must not be cut.
    if file.metadata()?.len() > 0 {
        return Ok(());
    }
    allocate(file, least)
}

/// Allocates space and gives it back, which also finds a quota that is used up.
#[cfg(target_os = "linux")]
fn allocate(file: &File, least: u64) -> io::Result<()> {
    use rustix::fs::FallocateFlags;

    match rustix::fs::fallocate(file, FallocateFlags::empty(), 0, least) {
        Err(Errno::NOSPC) => Err(io::ErrorKind::StorageFull.into()),
        Err(Errno::DQUOT) => Err(io::ErrorKind::QuotaExceeded.into()),
        // Not every file system can; then the download finds out.
        _ => file.set_len(0),
    }
}

#[cfg(not(target_os = "linux"))]
fn allocate(_: &File, _: u64) -> io::Result<()> {
    Ok(())
}

/// Renames a file to a name that must not exist, by the first way that the file system has.
pub(super) fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    let ways = [rename_exclusive, link, rename_checked];
    let mut last = Err(io::ErrorKind::Unsupported.into());
    for way in ways {
        last = way(from, to);
        match &last {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {}
            _ => break,
        }
    }
    last
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn rename_exclusive(from: &Path, to: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags};

    Ok(rustix::fs::renameat_with(
        CWD,
        from,
        CWD,
        to,
        RenameFlags::NOREPLACE,
    )?)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn rename_exclusive(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// For file systems that cannot rename without replacing: a second name, then one less.
pub(super) fn link(from: &Path, to: &Path) -> io::Result<()> {
    use rustix::fs::CWD;

    rustix::fs::linkat(CWD, from, CWD, to, AtFlags::empty())?;
    fs::remove_file(from)
}

/// For file systems without second names too. Another program can create the file in between.
pub(super) fn rename_checked(from: &Path, to: &Path) -> io::Result<()> {
    match fs::symlink_metadata(to) {
        Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => fs::rename(from, to),
        Err(error) => Err(error),
    }
}
