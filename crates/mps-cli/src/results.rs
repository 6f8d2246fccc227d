//! The JSON objects of results. Members may be added within a schema version, never renamed.

use std::{path::PathBuf, time::Duration};

use mps_aigc::{Family, SavedFile, Snapshot, Task};
use serde::Serialize;

/// `mps.video/1`, `mps.image/1`, `mps.audio/1` or `mps.scenario/1`: one task.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct TaskResult {
    schema: String,
    task_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    urls: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<File>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    elapsed_ms: Option<u128>,
}

#[derive(Clone, Debug, Serialize)]
struct File {
    path: PathBuf,
    bytes: u64,
    sha256: String,
}

impl TaskResult {
    pub(crate) fn of<F: Family>(task: &Task<F>) -> Self {
        let created = task.attempts() > 0;
        Self {
            schema: format!("mps.{}/1", F::NAME),
            task_id: task.id().to_owned(),
            request_id: task.request_id().map(str::to_owned),
            status: None,
            urls: Vec::new(),
            files: Vec::new(),
            message: None,
            attempts: created.then_some(task.attempts()),
            elapsed_ms: created.then_some(task.elapsed().as_millis()),
        }
    }

    pub(crate) fn with_snapshot(mut self, snapshot: &Snapshot) -> Self {
        self.status = Some(snapshot.status.clone()).filter(|status| !status.is_empty());
        self.urls.clone_from(&snapshot.urls);
        self.message.clone_from(&snapshot.message);
        self
    }

    pub(crate) fn with_files(mut self, files: &[SavedFile]) -> Self {
        self.files = files.iter().map(File::from).collect();
        self
    }

    /// Sets the time from the start of the create to now.
    pub(crate) fn with_elapsed(mut self, elapsed: Duration) -> Self {
        self.elapsed_ms = Some(elapsed.as_millis());
        self
    }
}

impl From<&SavedFile> for File {
    fn from(file: &SavedFile) -> Self {
        Self {
            path: file.path.clone(),
            bytes: file.bytes,
            sha256: file.sha256.clone(),
        }
    }
}
