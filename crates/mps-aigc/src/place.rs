//! Output files: their names are reserved before a task is paid for, and published without
//! replacing anything.
//!
//! A reserved name is an exclusive lock on a temporary file of its own name in the target folder
//! (`.cat.mp4.mps-part` for `cat.mp4`). Nothing exists at the final name before the file is
//! complete. The lock ends with its process; a temporary file that a killed process left behind is
//! taken over by the next one that reserves the same name, with its content. A record beside it
//! (`.cat.mp4.mps-info`) describes that content.
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
/// Extension of a temporary file.
const TEMPORARY: &str = "mps-part";
/// Extension of the record of a temporary file.
const RECORD: &str = "mps-info";

/// A reserved output file.
///
/// Dropping it removes the temporary file, unless that is to be [kept](Self::keep).
#[derive(Debug)]
pub(crate) struct Place {
    base: PathBuf,
    /// The first number to try: 1 is the base itself, 2 is `name-2`.
    number: usize,
    temporary: PathBuf,
    file: Option<File>,
    is_kept: bool,
    /// `true` if the extension follows from the content.
    follows_kind: bool,
}

/// The reason why a temporary file cannot be used.
#[derive(Debug)]
enum Unusable {
    /// It is locked by another reservation.
    #[cfg_attr(not(unix), expect(dead_code, reason = "there is no lock"))]
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
    /// Reserves the name of a path with a number; 1 is the path itself. The name must be free, or
    /// with `skips_taken` the next free one is taken. Missing folders are made.
    pub(crate) async fn reserve(
        path: &Path,
        number: usize,
        skips_taken: bool,
    ) -> Result<Self, Error> {
        let path = path.to_owned();
        blocking(move || {
            make_folder(folder_of(&path), &path)?;
            let mut tried = number;
            loop {
                match Self::reserve_numbered(&path, tried) {
                    Err(error) if is_taken(&error) && skips_taken && tried < MOST_NAMES => {
                        tried += 1;
                    }
                    other => return other,
                }
            }
        })
        .await
    }

    /// Makes a folder, and checks that files can be created in it and that it has space.
    pub(crate) async fn check_folder(folder: &Path) -> Result<(), Error> {
        let folder = folder.to_owned();
        blocking(move || {
            make_folder(&folder, &folder)?;
            let temporary = folder.join(format!(".mps-{:016x}.mps-part", fastrand::u64(..)));
            let probe = Self {
                file: Some(locked(&temporary, &folder)?),
                base: folder.clone(),
                number: 1,
                temporary,
                is_kept: false,
                follows_kind: false,
            };
            probe.check_space(&folder, &folder)
        })
        .await
    }

    fn reserve_numbered(base: &Path, number: usize) -> Result<Self, Error> {
        let path = numbered(base, number);
        must_not_exist(&path)?;
        let temporary = temporary(&path)?;
        let mut place = Self {
            file: Some(locked(&temporary, &path)?),
            base: base.to_owned(),
            number,
            temporary,
            is_kept: false,
            follows_kind: false,
        };
        place.is_kept = place.is_resumable();
        place.check_space(folder_of(&path), &path)?;
        // It may have been published between the first look and the lock.
        must_not_exist(&path)?;
        Ok(place)
    }

    /// Returns `true` if an earlier download has left a part of a result here.
    fn is_resumable(&self) -> bool {
        let length = |file: &File| file.metadata().map_or(0, |found| found.len());
        self.file.as_ref().is_some_and(|file| length(file) > 0)
            && self
                .existing_record()
                .is_some_and(|record| length(&record) > 0)
    }

    /// Sets whether dropping the place leaves the temporary file and its record behind.
    pub(crate) fn keep(&mut self, keep: bool) {
        self.is_kept = keep;
    }

    /// Sets whether [`set_extension`](Self::set_extension) has an effect.
    pub(crate) fn follows_kind(&mut self, follows_kind: bool) {
        self.follows_kind = follows_kind;
    }

    /// Changes the extension of the name to that of the content, if the name follows from it.
    pub(crate) fn set_extension(&mut self, extension: &str) {
        if self.follows_kind && self.base.extension().is_none_or(|it| it != extension) {
            self.base.set_extension(extension);
        }
    }

    /// Returns `true` if this is the place of the first result that is saved as `path`.
    pub(crate) fn is_first_of(&self, path: &Path) -> bool {
        self.base == path
    }

    /// Opens the record of the temporary file, and creates it if there is none. Returns `None` if
    /// something that is not ours is in its place, or where no record is kept.
    pub(crate) fn record(&self) -> Option<File> {
        system::open_record(&self.record_path(), true).ok()
    }

    fn existing_record(&self) -> Option<File> {
        system::open_record(&self.record_path(), false).ok()
    }

    /// Removes the record, but nothing that is not ours.
    fn remove_record(&self) {
        if self.existing_record().is_some() {
            let _best_effort = fs::remove_file(self.record_path());
        }
    }

    fn record_path(&self) -> PathBuf {
        self.temporary.with_extension(RECORD)
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

    /// Returns a handle to the temporary file, at its begin.
    pub(crate) fn file(&self) -> Result<File, Error> {
        let file = self.file.as_ref().map_or_else(
            || Err(io::ErrorKind::NotFound.into()),
            |file| {
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
                    self.remove_record();
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
        if self.is_kept || self.temporary.as_os_str().is_empty() {
            return;
        }
        // Removed while the lock is held, so that no other process takes them over in between.
        self.remove_record();
        let _best_effort = fs::remove_file(&self.temporary);
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
    temporary.push(".");
    temporary.push(TEMPORARY);
    Ok(path.with_file_name(temporary))
}

/// Returns `name-NUMBER.ext` beside `name.ext`; the name itself for 1.
pub(crate) fn numbered(path: &Path, number: usize) -> PathBuf {
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

/// Makes a folder and those above it, if they do not exist.
fn make_folder(folder: &Path, shown: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(|error| Error::cannot_write(shown, &error))
}

/// Opens a file that exists to compare it with a result: a regular file, not through a link.
pub(crate) fn open_to_compare(path: &Path) -> io::Result<File> {
    system::open_to_compare(path)
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
pub(crate) async fn blocking<T: Send + 'static>(
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
