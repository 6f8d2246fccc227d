//! Where results go, looked at before anything is paid for.

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
};

use tokio::fs;

use crate::error::{Error, ErrorKind};

/// A place for results that could be written when it was claimed.
///
/// Claim it before creating a task: a full disk or a wrong path then costs nothing.
#[derive(Clone, Debug)]
pub struct Destination {
    path: PathBuf,
    is_directory: bool,
}

impl Destination {
    /// Claims `path`: a file that does not exist yet in a directory that does, or a directory.
    ///
    /// # Errors
    /// [`ErrorKind::File`] when the file exists, or its directory is missing or cannot be written.
    pub async fn claim(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let is_directory = fs::metadata(path)
            .await
            .is_ok_and(|metadata| metadata.is_dir());
        let probe = if is_directory {
            path.join(".mps")
        } else {
            path.to_owned()
        };
        if !is_directory {
            must_not_exist(path).await?;
        }
        prove_writable(&part(&probe))
            .await
            .map_err(|error| cannot_write(path, &error))?;
        Ok(Self {
            path: path.to_owned(),
            is_directory,
        })
    }

    /// The file for result number `index` (from 0) of a task.
    pub(crate) fn file(&self, index: usize, task_id: &str, url: &str) -> PathBuf {
        let first = if self.is_directory {
            self.path.join(file_name(task_id, url))
        } else {
            self.path.clone()
        };
        if index == 0 {
            first
        } else {
            numbered(&first, index + 1)
        }
    }
}

/// The name a file has while it is not whole yet.
pub(crate) fn part(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".part");
    name.into()
}

pub(crate) async fn must_not_exist(path: &Path) -> Result<(), Error> {
    match fs::symlink_metadata(path).await {
        Ok(_) => Err(Error::new(
            ErrorKind::File,
            format!("{} exists already", path.display()),
        )
        .with_hint("choose another name, or move the file away")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(cannot_write(path, &error)),
    }
}

pub(crate) fn cannot_write(path: &Path, error: &io::Error) -> Error {
    Error::new(
        ErrorKind::File,
        format!("cannot write {}: {error}", path.display()),
    )
    .with_hint("check that the directory exists and can be written")
}

async fn prove_writable(probe: &Path) -> io::Result<()> {
    let left_from_before = fs::try_exists(probe).await?;
    fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(probe)
        .await?;
    if left_from_before {
        Ok(())
    } else {
        fs::remove_file(probe).await
    }
}

/// Task ids are opaque text, so only what is harmless in a file name is taken over.
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

fn extension(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    let extension = Path::new(url.path()).extension()?.to_str()?.to_owned();
    let harmless = extension.len() <= 5
        && extension
            .chars()
            .all(|character| character.is_ascii_alphanumeric());
    harmless.then_some(extension)
}

fn numbered(path: &Path, number: usize) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{number}"));
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_and_a_directory_can_be_claimed_and_nothing_is_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let file = Destination::claim(folder.path().join("cat.mp4"))
            .await
            .unwrap();
        assert_eq!(file.file(0, "t", "u"), folder.path().join("cat.mp4"));
        assert_eq!(file.file(1, "t", "u"), folder.path().join("cat-2.mp4"));
        let directory = Destination::claim(folder.path()).await.unwrap();
        let url = "https://bucket.example/a/b.mp4?q-sign=x/y.z";
        assert_eq!(
            directory.file(0, "4-AigcVideo-0f", url),
            folder.path().join("4-AigcVideo-0f.mp4")
        );
        assert_eq!(
            directory.file(0, "../../etc/x", "not a url"),
            folder.path().join("______etc_x")
        );
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn what_could_not_be_written_later_is_refused_now() {
        let folder = tempfile::tempdir().unwrap();
        let there = folder.path().join("there.mp4");
        std::fs::write(&there, "mine").unwrap();
        for (path, why) in [
            (there, "exists already"),
            (folder.path().join("no/such/a.mp4"), "cannot write"),
        ] {
            let error = Destination::claim(&path).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::File);
            assert!(error.to_string().contains(why), "{error}");
            assert!(error.hint().is_some());
        }
    }
}
