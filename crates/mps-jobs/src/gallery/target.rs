//! The file of a gallery: written beside its place, and renamed when it is complete.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Read as _, Write},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use super::GalleryError;

/// The beginning of every gallery, by which one is recognised before it is replaced.
pub(super) const MARK: &str = "<!doctype html>\n<!-- A gallery of mps.";

/// A gallery that is being written. Dropping it removes what was written.
pub(super) struct Target {
    path: PathBuf,
    file: BufWriter<NamedTempFile>,
    is_new: bool,
}

impl Target {
    /// Creates a file of the user's own beside the given path.
    pub(super) fn new(path: &Path) -> Result<Self, GalleryError> {
        let is_new = check(path)?;
        let file = tempfile::Builder::new()
            .prefix(".gallery-")
            .tempfile_in(folder(path))
            .map_err(|error| GalleryError::io(path, error))?;
        Ok(Self {
            path: path.to_owned(),
            file: BufWriter::with_capacity(1 << 16, file),
            is_new,
        })
    }

    /// Returns the absolute folder of the file, to which the paths of media are relative.
    pub(super) fn folder(&self) -> PathBuf {
        let folder = folder(&self.path);
        fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned())
    }

    /// Returns the error for a failed write.
    pub(super) fn io(&self, error: io::Error) -> GalleryError {
        GalleryError::io(&self.path, error)
    }

    /// Returns the error for a page that was not rendered, because of the disk or of the template.
    pub(super) fn failure(&self, error: &minijinja::Error) -> GalleryError {
        let cause = std::error::Error::source(error);
        match cause.and_then(|cause| cause.downcast_ref::<io::Error>()) {
            Some(cause) => self.io(io::Error::new(cause.kind(), cause.to_string())),
            None => GalleryError::Render,
        }
    }

    /// Gives the file its name. A name that was free is not taken from a file that appeared since.
    pub(super) fn publish(self) -> Result<(), GalleryError> {
        let Self { path, file, is_new } = self;
        let failed = |error| GalleryError::io(&path, error);
        let file = file
            .into_inner()
            .map_err(|error| failed(error.into_error()))?;
        let published = if is_new {
            file.persist_noclobber(&path)
        } else {
            check(&path)?;
            file.persist(&path)
        };
        match published {
            Ok(_) => Ok(()),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
                Err(GalleryError::Occupied(path))
            }
            Err(error) => Err(failed(error.error)),
        }
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Returns `true` when the name is free, and `false` when it is that of a gallery.
fn check(path: &Path) -> Result<bool, GalleryError> {
    let occupied = || GalleryError::Occupied(path.to_owned());
    let metadata = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        found => found.map_err(|error| GalleryError::io(path, error))?,
    };
    if !metadata.is_file() {
        return Err(occupied());
    }
    let mut begin = [0; MARK.len()];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut begin));
    match read {
        Ok(()) if begin == *MARK.as_bytes() => Ok(false),
        _ => Err(occupied()),
    }
}

fn folder(path: &Path) -> &Path {
    let folder = path.parent();
    let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}
