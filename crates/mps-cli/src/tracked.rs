//! Progress of a recorded task, written to the ledger by the command that observes it. A ledger that
//! fails here only warns.

use mps_aigc::{Client, Done, Error, ErrorKind, Family, Results, SavedFile, Snapshot, TaskHandle};
use mps_jobs::{
    Key, Ledger, LedgerError,
    ledger::{Answer, Finished, Item, RowId},
};

use crate::{
    context::{Connection, Context},
    foreign_text, ledger,
    output::Output,
};

/// The ledger of a command that goes on without one.
pub(crate) struct KnownTasks {
    ledger: Option<Ledger>,
    account: String,
    endpoint: String,
    output: Output,
    client: Client,
}

impl KnownTasks {
    /// Opens the ledger if there is one, and lets the connection start with the durations that it has.
    pub(crate) async fn open(context: &Context, connection: &Connection) -> Self {
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
            client: connection.client().clone(),
        }
    }

    pub(crate) fn ledger(&self) -> Option<&Ledger> {
        self.ledger.as_ref()
    }

    /// Lets the connection start with the durations that the ledger has.
    pub(crate) async fn teach(&self, connection: &Connection) {
        if let Some(ledger) = &self.ledger
            && let Ok(curves) = ledger.curves(connection.client().endpoint()).await
        {
            connection.aigc().learn(&curves);
        }
    }

    /// Stores the durations that the connection has learned.
    pub(crate) async fn learn(&self, connection: &Connection) {
        let (endpoint, curves) = (connection.client().endpoint(), connection.aigc().curves());
        if let Some(ledger) = &self.ledger
            && let Err(error) = ledger.keep_curves(endpoint, &curves).await
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
        Some(Tracked {
            handle: item.handle(&self.client),
            ..self.of_row(&item.row, &item.key)?
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
}

impl Tracked {
    /// Returns the handle as the ledger has it, unless `handle` has more.
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
        self.check(self.ledger.polled(&self.row, &status).await);
    }

    /// Records that the task is done.
    pub(crate) async fn done<F: Family>(&self, done: &Done<F>) {
        self.finished(&done.snapshot().status, done.results()).await;
    }

    pub(crate) async fn finished(&self, status: &str, results: &Results) {
        let finished = Finished::new(Some(foreign_text::cut_name(status)), results);
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

    /// Records that the results of the task are saved as these files.
    pub(crate) async fn saved(&self, files: &[SavedFile]) {
        let mut files = files.to_vec();
        for file in &mut files {
            // A relative path is of no use to a command in another folder.
            file.path = std::path::absolute(&file.path).unwrap_or_else(|_| file.path.clone());
        }
        self.check(self.ledger.fetched(&self.row, &files).await);
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
