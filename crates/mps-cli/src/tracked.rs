//! Progress of a recorded task, written to the ledger by the command that observes it. A ledger that
//! fails here only warns.

use std::{path::PathBuf, time::Duration};

use mps_aigc::{
    Curves, Done, Error, ErrorKind, Family, ResultFile, Results, SavedFile, Snapshot, TaskFamily,
    TaskHandle,
};
use mps_core::clock::SharedClock;
use mps_jobs::{
    Job, Key, Ledger, LedgerError,
    ledger::{Answer, FileRow, Finished, Item, RowId, Timestamp},
};

use crate::{
    context::{Connection, Context},
    foreign_text, ledger,
    output::Output,
};

/// The name under which the ledger keeps the learned durations of tasks.
const CURVES: &str = "curves";

/// The ledger of a command that goes on without one.
pub(crate) struct KnownTasks {
    ledger: Option<Ledger>,
    account: String,
    endpoint: String,
    output: Output,
    clock: SharedClock,
}

impl KnownTasks {
    /// Opens the ledger if there is one, and lets the connection start with the durations that it has.
    pub(crate) async fn open(context: &Context, connection: &mut Connection) -> Self {
        let identity = connection.identity();
        let opened = ledger::open_if_possible(&context.global, identity, &context.clock).await;
        let (ledger, warning) = opened;
        if let Some(warning) = warning {
            context.output.warning(&warning);
        }
        let known_tasks = Self::new(context, connection, ledger);
        known_tasks.teach(connection).await;
        known_tasks
    }

    /// Returns the tasks of a ledger that is open.
    pub(crate) fn new(context: &Context, connection: &Connection, ledger: Option<Ledger>) -> Self {
        Self {
            ledger,
            account: connection.account().to_owned(),
            endpoint: connection.client().endpoint().host().to_owned(),
            output: context.output.clone(),
            clock: context.clock.clone(),
        }
    }

    pub(crate) fn ledger(&self) -> Option<&Ledger> {
        self.ledger.as_ref()
    }

    /// Lets the connection start with the durations that the ledger has.
    pub(crate) async fn teach(&self, connection: &mut Connection) {
        let Some(ledger) = &self.ledger else {
            return;
        };
        let learned = ledger.learned().await.unwrap_or_default();
        let stored = learned.into_iter().find(|(name, _)| name == CURVES);
        let curves = stored.and_then(|(_, json)| serde_json::from_str::<Curves>(&json).ok());
        connection.learn_from(curves.unwrap_or_default());
    }

    /// Stores the durations that the connection has learned.
    pub(crate) async fn learn(&self, connection: &Connection) {
        let curves = serde_json::to_string(&connection.aigc().curves());
        if let (Some(ledger), Ok(curves)) = (&self.ledger, curves)
            && let Err(error) = ledger.learn(CURVES, &curves).await
        {
            tracing::warn!(%error, "the durations of tasks are not stored");
        }
    }

    /// Returns the row of a task, if the ledger has it.
    pub(crate) async fn of(&self, task_id: &str) -> Option<Tracked> {
        let found = self.ledger.as_ref()?.find_any(task_id).await;
        let found = found.unwrap_or_else(|error| {
            self.output
                .warning(&format!("the ledger is not read: {error}"));
            Vec::new()
        });
        let is_it = |item: &Item| {
            item.task.as_deref() == Some(task_id)
                && item.account.as_ref() == Some(&self.account)
                && item.endpoint.as_ref() == Some(&self.endpoint)
        };
        let item = found.into_iter().find(is_it)?;
        let tracked = self.of_row(&item.row, &item.key)?;
        let job = Job::of(&tracked.ledger, item).await.ok();
        Some(Tracked {
            handle: job.and_then(|job| job.handle()),
            ..tracked
        })
    }

    /// Returns a row that the ledger has.
    pub(crate) fn of_row(&self, row: &RowId, key: &Key) -> Option<Tracked> {
        Some(Tracked {
            ledger: self.ledger.clone()?,
            row: row.clone(),
            key: key.clone(),
            handle: None,
            output: self.output.clone(),
            clock: self.clock.clone(),
        })
    }
}

/// A task that the ledger has.
pub(crate) struct Tracked {
    ledger: Ledger,
    row: RowId,
    key: Key,
    handle: Option<TaskHandle>,
    output: Output,
    clock: SharedClock,
}

impl Tracked {
    /// Returns the handle with what the ledger has of the task, unless `handle` has more.
    pub(crate) fn known(&self, handle: &TaskHandle) -> TaskHandle {
        match &self.handle {
            Some(known) if handle.model().is_none() && known == handle => known.clone(),
            _ => handle.clone(),
        }
    }

    pub(crate) fn key(&self) -> &Key {
        &self.key
    }

    /// Records a poll that found the task running.
    pub(crate) async fn polled(&self, snapshot: &Snapshot) {
        let status = foreign_text::cut_name(&snapshot.status);
        let now = Timestamp::from(self.clock.wall());
        self.check(self.ledger.polled(&self.row, &status, now).await);
    }

    /// Records that the task is done.
    pub(crate) async fn done<F: Family>(&self, done: &Done<F>) {
        self.finished(&done.snapshot().status, done.results()).await;
    }

    pub(crate) async fn finished(&self, status: &str, results: &Results) {
        let url = |file: &ResultFile| file.url().map(str::to_owned);
        let finished = Finished {
            status: Some(foreign_text::cut_name(status)),
            expires: results.expires_at().map(Timestamp::from),
            urls: results.files.iter().filter_map(url).collect(),
        };
        self.check(self.ledger.done(&self.row, finished).await);
    }

    /// Records an end of the task that this error reports.
    pub(crate) async fn ended(&self, error: &Error) {
        match error.kind() {
            ErrorKind::TaskFailed => {
                let answer = Answer {
                    message: Some(foreign_text::cut_message(&error.to_string())),
                    ..Answer::default()
                };
                self.check(self.ledger.failed(&self.row, answer).await);
            }
            ErrorKind::Expired => self.expired().await,
            _ => {}
        }
    }

    /// Records that the results are gone.
    pub(crate) async fn expired(&self) {
        self.check(self.ledger.expired(&self.row).await);
    }

    /// Returns whether a task is older than its results live.
    pub(crate) fn is_old(&self, item: &Item) -> bool {
        let family = TaskFamily::created_by(&item.action);
        let hours = family.and_then(|family| family.info().result_hours);
        let (Some(hours), Some(created)) = (hours, item.created) else {
            return false;
        };
        let kept = Duration::from_secs(u64::from(hours) * 3_600);
        created.after(kept) < Timestamp::from(self.clock.wall())
    }

    /// Records that the results of the task are saved as these files.
    pub(crate) async fn saved(&self, files: &[SavedFile]) {
        self.check(self.save(files).await);
    }

    async fn save(&self, files: &[SavedFile]) -> Result<bool, LedgerError> {
        let known = self.ledger.files(&self.row).await?;
        for (n, file) in (0..).zip(files) {
            let url = known.iter().find(|row| row.n == n);
            let path = std::path::absolute(&file.path).unwrap_or_else(|_| file.path.clone());
            let row = FileRow {
                n,
                url: url.map_or_else(String::new, |row| row.url.clone()),
                path: Some(text(path)),
                bytes: i64::try_from(file.bytes).ok(),
                etag: None,
                sha256: Some(file.sha256.clone()),
            };
            self.ledger.file_saved(&self.row, row).await?;
        }
        self.ledger.fetched(&self.row).await
    }

    fn check<T>(&self, recorded: Result<T, LedgerError>) {
        if let Err(error) = recorded {
            let key = foreign_text::name(self.key.as_str());
            self.output.warning(&format!(
                "the ledger does not have the news of {key}: {}",
                foreign_text::message(&error.to_string())
            ));
        }
    }
}

fn text(path: PathBuf) -> String {
    path.into_os_string()
        .into_string()
        .unwrap_or_else(|path| path.to_string_lossy().into_owned())
}
