//! Keeps the state in a file, so that an emulator continues after a stop or a kill.

mod lock;
mod saver;

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use tokio::task::spawn_blocking;

use lock::Lock;
pub(crate) use saver::Saver;

use crate::{
    api::{
        service_state::ServiceState,
        snapshot::{Snapshot, SnapshotError},
    },
    emulator::start_error::StartError,
};

/// Content of the file: a snapshot and the emulator's own key pair.
#[derive(Serialize)]
struct File {
    #[serde(flatten)]
    snapshot: Snapshot,
    #[serde(skip_serializing_if = "Option::is_none")]
    credentials: Option<GeneratedKeyPair>,
}

/// A key pair that the emulator generated; it is valid for this emulator only. A given pair is
/// never written: the caller gives it again.
#[derive(Serialize, Deserialize)]
pub(crate) struct GeneratedKeyPair {
    pub(crate) secret_id: String,
    pub(crate) secret_key: String,
}

/// The state of an earlier run.
pub(crate) struct SavedState {
    pub(crate) snapshot: Snapshot,
    pub(crate) credentials: Option<GeneratedKeyPair>,
}

/// A file that belongs to this emulator until dropped.
#[derive(Debug)]
pub(crate) struct StateFile {
    path: PathBuf,
    _lock: Lock,
}

/// Locks the file and reads its state, if there is one. Runs on a thread for blocking work.
pub(crate) async fn open(path: PathBuf) -> Result<(StateFile, Option<SavedState>), StartError> {
    let place = path.clone();
    let opened = spawn_blocking(|| {
        let lock = Lock::take(&place).map_err(|error| StartError::lock(place.clone(), error))?;
        let lock = lock.ok_or_else(|| StartError::in_use(place.clone()))?;
        let saved = read(&place)?;
        let file = StateFile {
            path: place,
            _lock: lock,
        };
        Ok((file, saved))
    });
    let panicked = |panic| Err(StartError::read(path, io::Error::other(panic)));
    opened.await.unwrap_or_else(panicked)
}

fn read(path: &Path) -> Result<Option<SavedState>, StartError> {
    let json = match read_regular(path) {
        Ok(json) => json,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StartError::read(path.to_owned(), error)),
    };
    saved(&json)
        .map(Some)
        .map_err(|error| StartError::damaged(path.to_owned(), error))
}

/// Rejects pipes and devices, which could block the reader for ever.
fn read_regular(path: &Path) -> io::Result<Vec<u8>> {
    let kind = fs::metadata(path)?;
    if kind.is_file() || kind.is_dir() {
        return fs::read(path);
    }
    let what = "it is not a regular file";
    Err(io::Error::new(io::ErrorKind::InvalidInput, what))
}

fn saved(json: &[u8]) -> Result<SavedState, SnapshotError> {
    #[derive(Deserialize)]
    struct Beside {
        credentials: Option<GeneratedKeyPair>,
    }
    let snapshot = Snapshot::from_json(json)?;
    let beside: Beside =
        serde_json::from_slice(json).map_err(|error| SnapshotError::at("credentials", &error))?;
    Ok(SavedState {
        snapshot,
        credentials: beside.credentials,
    })
}

/// Writes the state to a temporary file and renames it, so that readers see either the old or the
/// new state. Only the owner can read it.
fn save(service: &ServiceState, path: &Path) -> io::Result<()> {
    let account = &service.accounts.default;
    let credentials = account.is_generated.then(|| GeneratedKeyPair {
        secret_id: account.secret_id.clone(),
        secret_key: account.secret_key.0.clone(),
    });
    let file = File {
        snapshot: Snapshot::take(service),
        credentials,
    };
    let mut new = NamedTempFile::new_in(folder(path))?;
    new.write_all(&serde_json::to_vec(&file)?)?;
    new.as_file().sync_data()?;
    new.persist(path)?;
    Ok(())
}

fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}
