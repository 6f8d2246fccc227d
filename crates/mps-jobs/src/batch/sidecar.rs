//! The file beside a result that says where it came from.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use mps_aigc::{MediaKind, SavedFile};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    job::Utc,
    ledger::{Item, Key, Ledger, LedgerError, sync_folder},
    secrets::remove_secrets,
};

/// The most names that are tried beside one that another file has.
const MOST_NAMES: usize = 1_000;

/// The provenance of one result, as JSON. Equal for the same result of the same task, so that it can be
/// written again after a crash.
#[derive(Serialize)]
struct Sidecar<'a> {
    schema: &'static str,
    batch: &'a str,
    key: &'a Key,
    action: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt: Option<Value>,
    /// The members of the request other than the prompt. URLs are without their signatures.
    parameters: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    task_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<Utc>,
    file: String,
    kind: MediaKind,
    bytes: u64,
    sha256: &'a str,
}

/// Writes the sidecar of each result of a row. The inner error is the reason why one could not be
/// written.
pub(crate) async fn write_all(
    ledger: &Ledger,
    item: &Item,
    files: &[SavedFile],
) -> Result<Result<(), String>, LedgerError> {
    let body = ledger.body(&item.row).await?.unwrap_or_default();
    let mut sidecars = Vec::new();
    for file in files {
        sidecars.push((file.path.clone(), text(item, &body, file)));
    }
    let written = tokio::task::spawn_blocking(move || {
        sidecars
            .iter()
            .try_for_each(|(path, text)| write(path, text.as_bytes()).map(drop))
    });
    let reason = |error: io::Error| format!("the sidecar cannot be written: {error}");
    let written = written.await.map_err(io::Error::other);
    Ok(written.and_then(|written| written).map_err(reason))
}

/// Returns the sidecar of a result as text.
fn text(item: &Item, body: &str, file: &SavedFile) -> String {
    let mut parameters: Map<String, Value> = serde_json::from_str(body).unwrap_or_default();
    for value in parameters.values_mut() {
        remove_secrets(value);
    }
    let name = file.path.file_name().unwrap_or_default();
    let sidecar = Sidecar {
        schema: "mps.sidecar/1",
        batch: item.row.batch.as_str(),
        key: &item.key,
        action: &item.action,
        model: item.model.as_deref(),
        prompt: parameters.remove("Prompt"),
        parameters,
        seconds: Some(item.ms / 1_000).filter(|seconds| *seconds > 0),
        task_id: item.task.as_deref(),
        request_id: item.request_id.as_deref(),
        created_at: item.created.map(Utc),
        file: name.to_string_lossy().into_owned(),
        kind: file.kind,
        bytes: file.bytes,
        sha256: &file.sha256,
    };
    // Text, numbers and names only: it always has a form as JSON.
    let mut text = serde_json::to_string_pretty(&sidecar).unwrap_or_default();
    text.push('\n');
    text
}

/// Writes the sidecar of a file as `NAME.json`, readable by its owner only, and returns its path. A
/// file of another content is left alone: then the name is `NAME-2.json`.
///
/// It appears at once and complete, so a crash leaves either none or a whole one.
fn write(of: &Path, content: &[u8]) -> io::Result<PathBuf> {
    let temporary = named(of, &format!(".mps-{:016x}", fastrand::u64(..)), true);
    let written = write_new(&temporary, content).and_then(|()| publish(of, &temporary, content));
    let _gone_if_renamed = fs::remove_file(&temporary);
    written
}

fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Gives the complete file its name, as a second name of the same file: that never replaces another.
fn publish(of: &Path, temporary: &Path, content: &[u8]) -> io::Result<PathBuf> {
    for number in 1..=MOST_NAMES {
        let suffix = match number {
            1 => String::new(),
            number => format!("-{number}"),
        };
        let path = named(of, &suffix, false);
        match name_new(temporary, &path) {
            Ok(()) => {
                // A failure does not make the file missing.
                let _best_effort = sync_folder(&path);
                return Ok(path);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if has_content(&path, content) {
                    return Ok(path);
                }
            }
            Err(error) => return Err(error),
        }
    }
    let message = format!("{} and the names beside it are taken", of.display());
    Err(io::Error::new(io::ErrorKind::AlreadyExists, message))
}

/// Gives a file a name that no file has. On a file system without second names it is renamed, unless
/// the name is taken at that moment.
fn name_new(temporary: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(temporary, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        Err(_) if fs::symlink_metadata(path).is_ok() => Err(io::ErrorKind::AlreadyExists.into()),
        Err(_) => fs::rename(temporary, path),
        Ok(()) => Ok(()),
    }
}

/// Returns `NAME.json` for a file, with a suffix before the extension; with a leading dot if `hidden`.
fn named(of: &Path, suffix: &str, hidden: bool) -> PathBuf {
    let mut name = OsString::from(if hidden { "." } else { "" });
    name.push(of.file_name().unwrap_or_default());
    name.push(suffix);
    name.push(".json");
    of.with_file_name(name)
}

/// Returns `true` if this is a regular file with exactly this content.
fn has_content(path: &Path, content: &[u8]) -> bool {
    let is_file = fs::symlink_metadata(path).is_ok_and(|found| found.is_file());
    let limit = u64::try_from(content.len()).unwrap_or(u64::MAX);
    let read = || {
        let mut found = Vec::new();
        File::open(path)?
            .take(limit.saturating_add(1))
            .read_to_end(&mut found)?;
        Ok::<_, io::Error>(found)
    };
    is_file && read().is_ok_and(|found| found == content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sidecar(folder: &Path, content: &str) -> PathBuf {
        write(&folder.join("clip.mp4"), content.as_bytes()).unwrap()
    }

    #[test]
    fn a_sidecar_is_private_and_written_once() {
        let folder = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            let path = sidecar(folder.path(), "{}");
            assert_eq!(path, folder.path().join("clip.mp4.json"));
            assert_eq!(fs::read_to_string(&path).unwrap(), "{}");
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let metadata = fs::metadata(folder.path().join("clip.mp4.json")).unwrap();
            assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
        }
        let files = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(files, 1, "no temporary file is left");
    }

    #[test]
    fn a_foreign_file_keeps_its_name_and_content() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = folder.path().join("clip.mp4.json");
        fs::write(&foreign, "mine").unwrap();
        let path = sidecar(folder.path(), "{}");
        assert_eq!(path, folder.path().join("clip.mp4-2.json"));
        assert_eq!(fs::read_to_string(&foreign).unwrap(), "mine");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("target");
        fs::write(&target, "{}").unwrap();
        std::os::unix::fs::symlink(&target, folder.path().join("clip.mp4.json")).unwrap();
        let path = sidecar(folder.path(), "{}");
        assert_eq!(path, folder.path().join("clip.mp4-2.json"));
    }
}
