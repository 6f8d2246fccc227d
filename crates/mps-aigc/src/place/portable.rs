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
