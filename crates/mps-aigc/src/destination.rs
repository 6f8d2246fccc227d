//! The place for the results of a task, reserved before anything is paid for.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use mps_core::sync::lock;
use tokio::fs;

use crate::{error::Error, place::Place};

/// A reserved place for the results of a task.
///
/// Reserve it before creating a task: a full disk, a wrong path or a taken name then costs nothing.
/// The name of a file stays reserved against other processes until the last clone is dropped, the
/// results are saved, or the process ends.
///
/// # Examples
/// ```no_run
/// # async fn example(aigc: mps_aigc::Aigc) -> Result<(), mps_aigc::Error> {
/// use mps_aigc::{Destination, models::CreateAigcVideoTask};
///
/// let destination = Destination::reserve("fox.mp4").await?;
/// let request = CreateAigcVideoTask::new().prompt("a fox in the snow");
/// let task = aigc.video().create(&request).await?;
/// task.until_done().await?.download_to(&destination).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Destination {
    path: PathBuf,
    is_directory: bool,
    /// The reserved name of the first result, until it is taken by a download.
    place: Arc<Mutex<Option<Place>>>,
}

impl Destination {
    /// Reserves `path`: a file that does not exist yet in a directory that does, or a directory.
    ///
    /// The reservation is a locked temporary file beside the output file; nothing is created at the
    /// name itself. For a directory, whose file names follow from the task id, it is only checked
    /// that files can be created and that there is space.
    ///
    /// # Errors
    /// [`AlreadyExists`](crate::ErrorKind::AlreadyExists), [`InUse`](crate::ErrorKind::InUse) when
    /// another download has reserved the name, [`NoSpace`](crate::ErrorKind::NoSpace) below 1 MiB of
    /// free space, [`PermissionDenied`](crate::ErrorKind::PermissionDenied), or
    /// [`File`](crate::ErrorKind::File).
    ///
    /// # Cancel safety
    /// Dropping the future reserves nothing.
    pub async fn reserve(path: impl AsRef<Path> + Send) -> Result<Self, Error> {
        let path = path.as_ref().to_owned();
        let is_directory = fs::metadata(&path)
            .await
            .is_ok_and(|metadata| metadata.is_dir());
        let place = if is_directory {
            Place::check_folder(&path).await?;
            None
        } else {
            Some(Place::reserve(&path).await?)
        };
        Ok(Self {
            path,
            is_directory,
            place: Arc::new(Mutex::new(place)),
        })
    }

    /// Returns the path that was reserved.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the reserved place for result `index`, from 0, of a task.
    pub(crate) async fn place(
        &self,
        index: usize,
        task_id: &str,
        url: &str,
    ) -> Result<Place, Error> {
        if index == 0
            && let Some(place) = self.lock().take()
        {
            return Ok(place);
        }
        let base = if self.is_directory {
            self.path.join(file_name(task_id, url))
        } else {
            self.path.clone()
        };
        Place::reserve_result(&base, index + 1).await
    }

    /// Takes a place back whose download failed, so that the name stays reserved.
    pub(crate) fn put_back(&self, place: Place) {
        if !self.is_directory && place.path() == self.path {
            *self.lock() = Some(place);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Place>> {
        lock(&self.place)
    }
}

/// Returns a file name for a task id. Ids are opaque text, so only harmless characters are kept.
fn file_name(task_id: &str, url: &str) -> String {
    let harmless = |character: char| {
        if character.is_ascii_alphanumeric() || character == '-' {
            character
        } else {
            '_'
        }
    };
    let stem: String = task_id.chars().map(harmless).collect();
    match extension(url) {
        Some(extension) => format!("{stem}.{extension}"),
        None => stem,
    }
}

/// Returns the extension of the file that a URL names, if it is short and harmless.
pub(crate) fn extension(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    let extension = Path::new(url.path()).extension()?.to_str()?.to_owned();
    let harmless = extension.len() <= 5
        && extension
            .chars()
            .all(|character| character.is_ascii_alphanumeric());
    harmless.then_some(extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_in_a_directory_is_named_after_the_task() {
        let url = "https://bucket.example/a/b.mp4?q-sign=x/y.z";
        assert_eq!(file_name("4-AigcVideo-0f", url), "4-AigcVideo-0f.mp4");
        assert_eq!(file_name("../../etc/x", "not a url"), "______etc_x");
    }

    #[tokio::test]
    async fn a_directory_can_be_reserved_and_nothing_is_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let destination = Destination::reserve(folder.path()).await.unwrap();
        assert_eq!(destination.path(), folder.path());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
