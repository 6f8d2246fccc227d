//! A job: its row and its files.

use std::{path::PathBuf, time::SystemTime};

use mps_aigc::{Client, TaskFamily, TaskHandle};
use serde::{Serialize, Serializer};

use crate::{
    ledger::{FileRow, Item, Key, Ledger, LedgerError, Timestamp},
    state::State,
};

/// A job as the ledger had it when it was read.
#[derive(Clone, Debug)]
pub struct Job {
    item: Item,
    files: Vec<FileRow>,
}

impl Job {
    /// Returns the job of a row, with the files that the ledger has.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn of(ledger: &Ledger, item: Item) -> Result<Self, LedgerError> {
        let files = match item.state {
            State::Done | State::Fetched | State::Expired => ledger.files(&item.row).await?,
            _ => Vec::new(),
        };
        Ok(Self { item, files })
    }

    /// Returns the key.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.item.key
    }

    /// Returns the state.
    #[must_use]
    pub fn state(&self) -> State {
        self.item.state
    }

    /// Returns the row of the ledger.
    #[must_use]
    pub fn item(&self) -> &Item {
        &self.item
    }

    /// Returns the handle of the task, with its creation by the clock of the client's service; `None`
    /// as long as there is no task.
    #[must_use]
    pub fn handle(&self, client: &Client) -> Option<TaskHandle> {
        self.item.handle(client)
    }

    /// Returns the saved files.
    #[must_use]
    pub fn files(&self) -> Vec<JobFile> {
        self.files.iter().filter_map(JobFile::of).collect()
    }

    /// Returns the job as a web page shows it.
    #[must_use]
    pub fn view(&self) -> JobView {
        let item = &self.item;
        JobView {
            key: item.key.clone(),
            state: item.state,
            family: TaskFamily::created_by(&item.action),
            action: item.action.clone(),
            model: item.model.clone(),
            task_id: item.task.clone(),
            status: item.status.clone(),
            message: item.message.clone(),
            seconds: u64::try_from(item.ms)
                .ok()
                .map(|ms| ms / 1_000)
                .filter(|s| *s > 0),
            added_at: Utc(item.added),
            created_at: item.created.map(Utc),
            done_at: item.done.map(Utc),
            expires_at: item.expires.map(Utc),
            files: self.files(),
        }
    }
}

impl Item {
    /// Returns the handle of the task, with its creation by the clock of the client's service; `None`
    /// as long as there is no task.
    ///
    /// Waits count the age by that clock, and the ledger has this machine's time: with a clock that is
    /// hours slow, a new task would read as hours old, and its next poll would be hours away.
    #[must_use]
    pub fn handle(&self, client: &Client) -> Option<TaskHandle> {
        let family = TaskFamily::created_by(&self.action)?;
        let mut handle = TaskHandle::new(family, self.task.as_deref()?);
        if let Some(model) = &self.model {
            handle = match model.rsplit_once(' ') {
                Some((model, version)) => handle.with_model(model, Some(version)),
                None => handle.with_model(model, None),
            };
        }
        let age = self.created.map(|created| {
            let machine = client.clock().wall();
            machine.duration_since(created.into()).unwrap_or_default()
        });
        if let Some(created) = age.and_then(|age| client.service_time().checked_sub(age)) {
            handle = handle.with_created_at(created);
        }
        let seconds = u32::try_from(self.ms / 1_000);
        Some(handle.with_seconds(seconds.unwrap_or_default()))
    }
}

/// A saved result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct JobFile {
    /// The path.
    pub path: PathBuf,
    /// The size in bytes.
    pub bytes: u64,
    /// The SHA-256 of the content, in hexadecimal.
    pub sha256: String,
}

impl JobFile {
    pub(crate) fn of(row: &FileRow) -> Option<Self> {
        Some(Self {
            path: row.path.as_deref()?.into(),
            bytes: u64::try_from(row.bytes?).ok()?,
            sha256: row.sha256.clone()?,
        })
    }
}

/// A job as a web page shows it. Its JSON leaves absent values out; times are RFC 3339 (UTC).
///
/// It has neither the prompt nor the URLs of results, which are secrets while they are signed.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct JobView {
    /// The key.
    pub key: Key,
    /// The state.
    pub state: State,
    /// The family of the task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<TaskFamily>,
    /// The action.
    pub action: String,
    /// The model and its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The id of the task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<String>,
    /// The status that the last poll found, as on the wire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The reason of a refusal or failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The billed seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u64>,
    /// The time at which the job was submitted.
    pub added_at: Utc,
    /// The time at which the task was created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Utc>,
    /// The time at which the task was found done, or the job ended otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done_at: Option<Utc>,
    /// The time at which the service deletes the results.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Utc>,
    /// The saved files.
    pub files: Vec<JobFile>,
}

/// The last second that has four digits for its year.
const END_OF_9999: Timestamp = Timestamp(253_402_300_799_000_000);

/// A time that serializes and shows as RFC 3339 in UTC, to the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Utc(pub Timestamp);

impl std::fmt::Display for Utc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let time = self.0.min(END_OF_9999);
        humantime::format_rfc3339_seconds(SystemTime::from(time)).fmt(f)
    }
}

impl Serialize for Utc {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}
