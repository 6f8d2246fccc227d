//! Temporary files on other systems, without a lock.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use super::Unusable;

/// Creates the temporary file. One that a killed process left behind has to be deleted by hand.
pub(super) fn open(path: &Path) -> Result<File, Unusable> {
    match File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(path)
    {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(Unusable::Foreign("exists already"))
        }
        other => Ok(other?),
    }
}

/// Without a lock no temporary file can be taken over, so none is kept and none has a record.
pub(super) fn open_record(_: &Path, _: bool) -> Result<File, Unusable> {
    Err(Unusable::Foreign("is not used on this system"))
}

pub(super) fn open_to_compare(path: &Path) -> io::Result<File> {
    if fs::symlink_metadata(path)?.is_file() {
        File::open(path)
    } else {
        Err(io::ErrorKind::InvalidInput.into())
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the form that Unix has")]
pub(super) fn check_space(_: &File, _: &Path, _: u64) -> io::Result<()> {
    Ok(())
}

/// Renames a file to a name that must not exist.
pub(super) fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    if fs::symlink_metadata(to).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    fs::rename(from, to)
}
