//! The place for the results of a task, reserved before anything is paid for.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use mps_core::sync::lock;
use tokio::fs;

use crate::{
    error::{Error, ErrorKind},
    fetch::{DownloadOptions, ExistingFile, Source},
    file_name::{extension_of_url, harmless},
    name_template::{NameTemplate, Values},
    place::{self, Place},
};

/// Extension of a file whose kind nothing shows.
const UNKNOWN_EXTENSION: &str = "bin";

/// A reserved place for the results of a task: a file, a folder, or a template of names.
///
/// Reserve it before creating a task: a full disk, a wrong path or a taken name then costs nothing.
/// The name of a file stays reserved against other processes until the last clone is dropped, the
/// results are saved, or the process ends.
///
/// # Names
/// - A path that names a folder, or ends with a separator: `ID.mp4` in it for the first result of
///   task `ID`, `ID-2.mp4` for the second.
/// - A path with braces is a template: `{task_id}`, `{index}` (from 1) and `{ext}` are replaced. `{{`
///   and `}}` stand for braces. Parts of the path that contain a placeholder are made safe for every
///   file system.
/// - Any other path is the name of the first result, and `name-2.mp4`, `name-3.mp4` beside it are
///   those of the next ones.
///
/// In a folder and for `{ext}` the extension is that of the kind which the first bytes of a result
/// show. Folders that do not exist are made.
///
/// # Interrupted downloads
/// Beside `cat.mp4` a download keeps two hidden files, `.cat.mp4.mps-part` and `.cat.mp4.mps-info`.
/// They are removed when the result is saved. If a download is interrupted, or its process killed,
/// they stay, and the next download of the same result to the same name continues from there (on
/// Unix). A download of another result to that name uses them up. To give a download up for good,
/// delete them.
///
/// # Examples
/// ```no_run
/// # async fn example(aigc: mps_aigc::Aigc) -> Result<(), mps_aigc::Error> {
/// use mps_aigc::{Destination, DownloadOptions, models::CreateAigcVideoTask};
///
/// let destination = Destination::reserve("fox.mp4").await?;
/// let request = CreateAigcVideoTask::new().prompt("a fox in the snow");
/// let done = aigc.video().create(&request).await?.until_done().await?;
/// done.results().save_all_to(&destination, &DownloadOptions::new()).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Destination {
    path: PathBuf,
    names: Names,
    existing: ExistingFile,
    /// The reserved name of the first result, until it is taken by a download.
    place: Arc<Mutex<Option<Place>>>,
}

#[derive(Clone, Debug)]
enum Names {
    File,
    Folder,
    Template(NameTemplate),
}

/// The place of one result.
#[derive(Debug)]
pub(crate) enum Target {
    /// A reserved name.
    New(Place),
    /// A file that exists, and is accepted if it is the result.
    Existing(PathBuf),
}

impl Destination {
    /// Reserves `path`, which must not exist yet, or a folder or a template; see
    /// [`Destination`] for the names.
    ///
    /// The reservation is a locked temporary file beside the output file; nothing is created at the
    /// name itself. For a folder or a template, whose names follow from the task, it is only checked
    /// that files can be created and that there is space.
    ///
    /// # Errors
    /// [`AlreadyExists`](crate::ErrorKind::AlreadyExists), [`InUse`](crate::ErrorKind::InUse) when
    /// another download has reserved the name, [`NoSpace`](crate::ErrorKind::NoSpace) below 1 MiB of
    /// free space, [`PermissionDenied`](crate::ErrorKind::PermissionDenied), or
    /// [`File`](crate::ErrorKind::File), also for an unknown placeholder.
    ///
    /// # Cancel safety
    /// Dropping the future reserves nothing. Folders may have been made.
    pub async fn reserve(path: impl AsRef<Path> + Send) -> Result<Self, Error> {
        Self::reserve_with(path, &DownloadOptions::new()).await
    }

    /// Reserves `path` with the setting of `options` for a file that exists already, see
    /// [`DownloadOptions::existing`]. Otherwise as [`reserve`](Self::reserve).
    ///
    /// # Errors
    /// As for [`reserve`](Self::reserve).
    ///
    /// # Cancel safety
    /// As for [`reserve`](Self::reserve).
    pub async fn reserve_with(
        path: impl AsRef<Path> + Send,
        options: &DownloadOptions,
    ) -> Result<Self, Error> {
        let path = path.as_ref().to_owned();
        let names = Names::of(&path).await?;
        let mut destination = Self {
            path,
            names,
            existing: options.existing,
            place: Arc::default(),
        };
        match &destination.names {
            Names::Folder => check_folder(&destination.path).await?,
            Names::Template(template) => check_folder(&template.folder()).await?,
            Names::File => {
                if let Target::New(place) = destination.target(&destination.path, 1).await? {
                    destination.place = Arc::new(Mutex::new(Some(place)));
                }
            }
        }
        Ok(destination)
    }

    /// Returns the path that was reserved.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reserves the places of results of one task.
    pub(crate) async fn targets(&self, sources: &[Source]) -> Result<Vec<Target>, Error> {
        let mut used = HashMap::new();
        let mut targets = Vec::with_capacity(sources.len());
        for (position, source) in sources.iter().enumerate() {
            if position == 0
                && let Some(place) = lock(&self.place).take()
            {
                targets.push(Target::New(place));
                continue;
            }
            let (base, number) = self.name(position, source, &mut used);
            targets.push(self.target(&base, number).await?);
        }
        Ok(targets)
    }

    /// Returns the path without a number, and the number: 1 is the path itself, 2 is `name-2`.
    fn name(
        &self,
        position: usize,
        source: &Source,
        used: &mut HashMap<String, usize>,
    ) -> (PathBuf, usize) {
        let extension = source.url_extension();
        match &self.names {
            Names::File => (self.path.clone(), position + 1),
            Names::Folder => {
                let stem = harmless(source.task_id());
                let extension = extension.as_deref().unwrap_or(UNKNOWN_EXTENSION);
                let name = self.path.join(format!("{stem}.{extension}"));
                (name, source.index() + 1)
            }
            Names::Template(template) => {
                let name = template.name(Values {
                    task_id: source.task_id(),
                    index: source.index(),
                    extension: extension.as_deref().unwrap_or(UNKNOWN_EXTENSION),
                    key: None,
                });
                // Names that differ in letter case or extension only would collide on some file
                // systems, or after the kind is known.
                let stem = name.with_extension("").to_string_lossy().to_lowercase();
                let number = used.entry(stem).or_insert(0);
                *number += 1;
                (name, *number)
            }
        }
    }

    async fn target(&self, base: &Path, number: usize) -> Result<Target, Error> {
        let path = place::numbered(base, number);
        if self.existing == ExistingFile::AcceptIdentical
            && fs::symlink_metadata(&path)
                .await
                .is_ok_and(|found| found.is_file())
        {
            return Ok(Target::Existing(path));
        }
        let skips_taken = self.existing == ExistingFile::KeepBoth || number > 1;
        let mut place = Place::reserve(base, number, skips_taken).await?;
        place.follows_kind(self.follows_kind());
        Ok(Target::New(place))
    }

    /// Returns `true` if the extension of the output follows from the content.
    fn follows_kind(&self) -> bool {
        match &self.names {
            Names::File => false,
            Names::Folder => true,
            Names::Template(template) => template.has_extension(),
        }
    }

    /// Takes a place back whose download failed, so that the name stays reserved.
    pub(crate) fn put_back(&self, place: Place) {
        if matches!(self.names, Names::File) && place.is_first_of(&self.path) {
            *lock(&self.place) = Some(place);
        }
    }
}

impl Names {
    async fn of(path: &Path) -> Result<Self, Error> {
        let text = path.to_str().unwrap_or_default();
        if NameTemplate::is_meant_by(text) {
            let template = NameTemplate::parse(text)?;
            if template.has_key() {
                let message = "the output name has the placeholder {key}, and this task has no key";
                return Err(
                    Error::new(ErrorKind::File, message).with_hint("use {task_id} in the name")
                );
            }
            return Ok(Self::Template(template));
        }
        let is_folder = text.ends_with(std::path::is_separator)
            || fs::metadata(path).await.is_ok_and(|found| found.is_dir());
        Ok(if is_folder { Self::Folder } else { Self::File })
    }
}

/// Makes a folder and checks that files can be created in it.
async fn check_folder(folder: &Path) -> Result<(), Error> {
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    Place::check_folder(folder).await
}

impl Source {
    fn url_extension(&self) -> Option<String> {
        extension_of_url(self.url())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[tokio::test]
    async fn a_folder_is_made_and_nothing_is_left_behind_in_it() {
        let folder = tempfile::tempdir().unwrap();
        for path in ["", "new/folder/", "{task_id}.{ext}", "by/{index}/{task_id}"] {
            let path = folder.path().join(path);
            let destination = Destination::reserve(&path).await.unwrap();
            assert_eq!(destination.path(), path);
        }
        assert_eq!(names(folder.path()), ["by", "new"]);
        assert!(names(&folder.path().join("new/folder")).is_empty());
        let file = Destination::reserve(folder.path().join("c/d/a.mp4"))
            .await
            .unwrap();
        assert_eq!(names(&folder.path().join("c/d")), [".a.mp4.mps-part"]);
        drop(file);
        assert!(names(&folder.path().join("c/d")).is_empty());
    }

    #[tokio::test]
    async fn an_unknown_placeholder_is_refused_before_a_task_is_created() {
        for path in ["{id}.mp4", "{key}.mp4"] {
            let error = Destination::reserve(path).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::File, "{error}");
            assert!(error.to_string().contains("placeholder"), "{error}");
        }
    }

    #[tokio::test]
    async fn both_files_are_kept_if_that_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mp4");
        std::fs::write(&path, "mine").unwrap();
        let options = DownloadOptions::new().existing(ExistingFile::KeepBoth);
        let first = Destination::reserve_with(&path, &options).await.unwrap();
        let second = Destination::reserve_with(&path, &options).await.unwrap();
        let reserved = [".a-2.mp4.mps-part", ".a-3.mp4.mps-part", "a.mp4"];
        assert_eq!(names(folder.path()), reserved);
        drop((first, second));
        let error = Destination::reserve(&path).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    }
}
