//! Output files: their names are reserved before a task is paid for, and published without
//! replacing anything.
//!
//! A reserved name is an exclusive lock on a temporary file of its own name in the target folder
//! (`.cat.mp4.mps-part` for `cat.mp4`). Nothing exists at the final name before the file is
//! complete. The lock ends with its process; a temporary file that a killed process left behind is
//! taken over by the next one that reserves the same name.
//!
//! On systems other than Unix there is no lock: a temporary file that exists refuses the name until
//! it is deleted, and between the check of the final name and the rename another program can create
//! that file.

use std::{
    ffi::OsString,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use crate::error::{Error, ErrorKind};

#[cfg(not(unix))]
mod portable;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
use self::portable as system;
#[cfg(unix)]
use self::unix as system;

/// Least free space, in bytes, that a reservation demands. Every result is larger than that.
const LEAST_SPACE: u64 = 1024 * 1024;
/// Most names that are tried beside one that is taken.
const MOST_NAMES: usize = 1_000;

/// A reserved output file.
///
/// Dropping it removes the temporary file.
#[derive(Debug)]
pub(crate) struct Place {
    base: PathBuf,
    /// The first number to try: 1 is the base itself, 2 is `name-2`.
    number: usize,
    temporary: PathBuf,
    file: Option<File>,
}

/// The reason why a temporary file cannot be used.
#[derive(Debug)]
enum Unusable {
    /// It is locked by another reservation.
    InUse,
    /// It was not made by this program, or by another user.
    Foreign(&'static str),
    Io(io::Error),
}

impl From<io::Error> for Unusable {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Place {
    /// Reserves a name that must be free.
    pub(crate) async fn reserve(path: &Path) -> Result<Self, Error> {
        let path = path.to_owned();
        blocking(move || Self::reserve_numbered(&path, 1)).await
    }

    /// Reserves the name for result `number` of several; 1 is the first. From the second on, names
    /// that are taken are skipped.
    pub(crate) async fn reserve_result(path: &Path, number: usize) -> Result<Self, Error> {
        let path = path.to_owned();
        blocking(move || {
            let mut tried = number;
            loop {
                match Self::reserve_numbered(&path, tried) {
                    Err(error) if is_taken(&error) && number > 1 && tried < MOST_NAMES => {
                        tried += 1;
                    }
                    other => return other,
                }
            }
        })
        .await
    }

    /// Checks that files can be created in a folder, and that it has space.
    pub(crate) async fn check_folder(folder: &Path) -> Result<(), Error> {
        let folder = folder.to_owned();
        blocking(move || {
            let temporary = folder.join(format!(".mps-{:016x}.mps-part", fastrand::u64(..)));
            let probe = Self {
                file: Some(locked(&temporary, &folder)?),
                base: folder.clone(),
                number: 1,
                temporary,
            };
            probe.check_space(&folder, &folder)
        })
        .await
    }

    fn reserve_numbered(base: &Path, number: usize) -> Result<Self, Error> {
        let path = numbered(base, number);
        must_not_exist(&path)?;
        let temporary = temporary(&path)?;
        let place = Self {
            file: Some(locked(&temporary, &path)?),
            base: base.to_owned(),
            number,
            temporary,
        };
        place.check_space(folder_of(&path), &path)?;
        // It may have been published between the first look and the lock.
        must_not_exist(&path)?;
        Ok(place)
    }

    fn check_space(&self, folder: &Path, shown: &Path) -> Result<(), Error> {
        let checked = match &self.file {
            Some(file) => system::check_space(file, folder, LEAST_SPACE),
            None => Ok(()),
        };
        checked.map_err(|error| Error::cannot_write(shown, &error))
    }

    /// Returns the name that was asked for.
    pub(crate) fn path(&self) -> PathBuf {
        numbered(&self.base, self.number)
    }

    /// Returns a handle to the temporary file, at its begin and empty.
    pub(crate) fn file(&self) -> Result<File, Error> {
        let file = self.file.as_ref().map_or_else(
            || Err(io::ErrorKind::NotFound.into()),
            |file| {
                file.set_len(0)?;
                io::Seek::rewind(&mut { file })?;
                file.try_clone()
            },
        );
        file.map_err(|error| Error::cannot_write(&self.path(), &error))
    }

    /// Makes the complete file appear under its name at once, and returns that name: the one asked
    /// for, or the next free one beside it if that was taken in the meantime. Replaces nothing.
    pub(crate) async fn publish(self) -> Result<PathBuf, Error> {
        blocking(move || self.publish_now()).await
    }

    fn publish_now(mut self) -> Result<PathBuf, Error> {
        let synced = self.file.as_ref().map_or(Ok(()), File::sync_all);
        synced.map_err(|error| Error::cannot_write(&self.path(), &error))?;
        for number in self.number..self.number + MOST_NAMES {
            let path = numbered(&self.base, number);
            match system::rename_new(&self.temporary, &path) {
                Ok(()) => {
                    self.temporary.clear();
                    sync_folder(&path);
                    return Ok(path);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(Error::cannot_write(&path, &error)),
            }
        }
        Err(exists(&self.path()))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.temporary.as_os_str().is_empty() {
            // Removed while its lock is held, so that no other process takes it over in between.
            let _best_effort = fs::remove_file(&self.temporary);
        }
    }
}

fn is_taken(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::InUse)
}

/// Returns the name of the temporary file. It is longer than every name that [`Place::publish`]
/// tries, so a name that is too long for the file system is found before anything is paid for.
fn temporary(path: &Path) -> Result<PathBuf, Error> {
    let Some(name) = path.file_name() else {
        let error = io::Error::from(io::ErrorKind::InvalidInput);
        return Err(Error::cannot_write(path, &error));
    };
    let mut temporary = OsString::from(".");
    temporary.push(name);
    temporary.push(".mps-part");
    Ok(path.with_file_name(temporary))
}

/// Returns `name-NUMBER.ext` beside `name.ext`; the name itself for 1.
fn numbered(path: &Path, number: usize) -> PathBuf {
    if number == 1 {
        return path.to_owned();
    }
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{number}"));
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

fn must_not_exist(path: &Path) -> Result<(), Error> {
    match fs::symlink_metadata(path) {
        Ok(_) => Err(exists(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::cannot_write(path, &error)),
    }
}

fn exists(path: &Path) -> Error {
    let message = format!("{} exists already", path.display());
    Error::new(ErrorKind::AlreadyExists, message)
        .with_hint("choose another name, or move the file away")
}

fn in_use(path: &Path) -> Error {
    let message = format!("{} is reserved by another download", path.display());
    Error::new(ErrorKind::InUse, message).with_hint("choose another name, or wait for its end")
}

fn foreign(temporary: &Path, reason: &str) -> Error {
    let message = format!(
        "cannot reserve the output name: {} {reason}",
        temporary.display()
    );
    Error::new(ErrorKind::File, message).with_hint("choose another name, or move that file away")
}

/// Creates and locks the temporary file; errors name the path that was asked for.
fn locked(temporary: &Path, shown: &Path) -> Result<File, Error> {
    system::open(temporary).map_err(|error| match error {
        Unusable::InUse => in_use(shown),
        Unusable::Foreign(reason) => foreign(temporary, reason),
        Unusable::Io(error) => Error::cannot_write(shown, &error),
    })
}

fn folder_of(path: &Path) -> &Path {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

/// Makes the new name durable. A failure does not make the result missing.
fn sync_folder(path: &Path) {
    let _best_effort = File::open(folder_of(path)).and_then(|folder| folder.sync_all());
}

/// Runs work that blocks on a thread for it.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| {
        let message = "the work on an output file did not end";
        Err(Error::new(ErrorKind::File, message).with_source(error))
    })
}

#[cfg(test)]
mod tests;
