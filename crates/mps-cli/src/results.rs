//! Results: the JSON objects, and the receipts of paid tasks. Members may be added within a schema version, never renamed.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

mod entry;

use self::entry::ResultEntry;
pub(crate) use self::entry::lines;
use mps_aigc::{Done, Family, MediaKind, SavedFile, Snapshot, Task, TimeBasis};
use mps_jobs::{JobFile, Key};
use serde::Serialize;

use crate::{
    doubt, foreign_text,
    options::GlobalOptions,
    outcome::{Outcome, Reason},
    resume::CommandLine,
};

/// A task that was paid for, with the command lines that continue with it.
#[derive(Clone, Debug)]
pub(crate) struct Receipt {
    pub(crate) task_id: String,
    pub(crate) request_id: Option<String>,
    /// The key in the ledger.
    pub(crate) key: Option<String>,
    /// `true` if this command has created the task.
    pub(crate) created: bool,
    /// `true` if the task is known to be done.
    is_done: bool,
    /// The command lines that wait and download; `None` if the task ends with this command.
    follow: Option<(CommandLine, CommandLine)>,
}

impl Receipt {
    pub(crate) fn of<F: Family>(
        task: &Task<F>,
        global: &GlobalOptions,
        out: Option<&Path>,
    ) -> Self {
        let created = task.attempts() > 0;
        let request_id = task.request_id().map(foreign_text::cut_name);
        Self::new(F::NAME, task.id(), request_id, created, global, out)
    }

    pub(crate) fn new(
        family: &str,
        task_id: &str,
        request_id: Option<String>,
        created: bool,
        global: &GlobalOptions,
        out: Option<&Path>,
    ) -> Self {
        let line = |verb, out| CommandLine::for_task(global, family, verb, task_id, out);
        let folder = Path::new(".");
        let follow = || {
            (
                line("wait", out),
                line("download", Some(out.unwrap_or(folder))),
            )
        };
        Self {
            task_id: task_id.to_owned(),
            request_id,
            key: None,
            created,
            is_done: false,
            follow: (!global.emulator).then(follow),
        }
    }

    /// Sets the key under which the ledger has the task.
    pub(crate) fn with_key(self, key: Option<&Key>) -> Self {
        Self {
            key: key.map(ToString::to_string),
            ..self
        }
    }

    /// Marks the task as done.
    pub(crate) fn done(mut self) -> Self {
        self.is_done = true;
        self
    }

    /// Returns the outcome of a command that ends early with this task.
    pub(crate) fn outcome(&self, reason: Reason) -> Outcome {
        if self.is_done {
            Outcome::Undelivered(reason)
        } else {
            Outcome::Continues(reason)
        }
    }

    /// Returns the id as it is safe to print.
    pub(crate) fn shown_id(&self) -> String {
        foreign_text::name(&self.task_id).into_owned()
    }

    /// Returns the command line that continues with the task after this outcome.
    pub(crate) fn resume(&self, outcome: Outcome) -> Option<&CommandLine> {
        let (wait, download) = self.follow.as_ref()?;
        match outcome {
            Outcome::Continues(_) => Some(wait),
            Outcome::Undelivered(Reason::Expired)
            | Outcome::NotCreated(_)
            | Outcome::InDoubt
            | Outcome::Unfetched(_)
            | Outcome::Failed { .. } => None,
            Outcome::Undelivered(_) => Some(download),
        }
    }

    /// Returns the hint for this outcome: `own`, the one of the error, and the next command line.
    pub(crate) fn hint(&self, outcome: Outcome, own: Option<String>) -> Option<String> {
        let next = match (outcome, self.resume(outcome)) {
            (Outcome::Undelivered(Reason::Expired), _) => return own,
            (Outcome::Continues(_) | Outcome::Undelivered(_), None) => {
                "the emulator, and with it the task, ended with this command".to_owned()
            }
            (Outcome::Continues(_), Some(line)) => {
                format!("the task continues; resume with: {line}")
            }
            (_, Some(line)) => format!("download the result with: {line}"),
            (_, None) => return own,
        };
        Some(match own {
            Some(own) => format!("{own}; {next}"),
            None => next,
        })
    }
}

/// `mps.video/1`, `mps.image/1`, `mps.audio/1` or `mps.scenario/1`: one task.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct TaskResult {
    schema: String,
    task_id: String,
    /// The key in the ledger.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    /// The stage of a task that stops for confirmation.
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<String>,
    /// The stage that has to be confirmed before the task continues.
    #[serde(skip_serializing_if = "Option::is_none")]
    awaiting: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    urls: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    results: Vec<ResultEntry>,
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
    /// Unknown for a file that only the ledger has.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<MediaKind>,
}

impl TaskResult {
    pub(crate) fn of<F: Family>(task: &Task<F>) -> Self {
        let created = task.attempts() > 0;
        Self {
            request_id: task.request_id().map(foreign_text::cut_name),
            attempts: created.then_some(task.attempts()),
            elapsed_ms: created.then_some(task.elapsed().as_millis()),
            ..Self::new(F::NAME, task.id())
        }
    }

    /// Returns the result of a task of which only family and id are known.
    pub(crate) fn new(family: &str, task_id: &str) -> Self {
        Self {
            schema: format!("mps.{family}/1"),
            task_id: task_id.to_owned(),
            key: None,
            request_id: None,
            status: None,
            stage: None,
            awaiting: None,
            urls: Vec::new(),
            results: Vec::new(),
            files: Vec::new(),
            message: None,
            attempts: None,
            elapsed_ms: None,
        }
    }

    /// Sets the key under which the ledger has the task.
    pub(crate) fn with_key(mut self, key: Option<&Key>) -> Self {
        self.key = key.map(ToString::to_string);
        self
    }

    /// Sets the request id of the create.
    pub(crate) fn with_request_id(mut self, request_id: Option<&str>) -> Self {
        self.request_id = request_id.map(foreign_text::cut_name);
        self
    }

    /// Sets the status that the ledger has.
    pub(crate) fn with_status(mut self, status: Option<&str>) -> Self {
        self.status = status.map(foreign_text::cut_name);
        self
    }

    /// Sets the files that the ledger has.
    pub(crate) fn with_job_files(mut self, files: &[JobFile]) -> Self {
        let file = |file: &JobFile| File {
            path: file.path.clone(),
            bytes: file.bytes,
            sha256: file.sha256.clone(),
            kind: None,
        };
        self.files = files.iter().map(file).collect();
        self
    }

    pub(crate) fn with_snapshot(mut self, snapshot: &Snapshot) -> Self {
        let status = Some(foreign_text::cut_name(&snapshot.status));
        self.status = status.filter(|status| !status.is_empty());
        self.stage = snapshot.stage.as_deref().map(foreign_text::cut_name);
        self.awaiting.clone_from(&snapshot.awaiting);
        self.urls.clone_from(&snapshot.urls);
        self.results = snapshot.results.iter().map(ResultEntry::from).collect();
        let message = snapshot.message.as_deref();
        self.message = message.map(foreign_text::cut_message);
        self
    }

    /// Adds the expiry of the results of a task that is done, unless only the moment is known at which
    /// it was seen to be done: then they may expire much earlier.
    pub(crate) fn with_expiry<F: Family>(mut self, done: &Done<F>) -> Self {
        let basis = done.results().done_at.map(|done_at| done_at.basis);
        for (entry, file) in self.results.iter_mut().zip(&done.results().files) {
            let is_known = basis != Some(TimeBasis::Seen);
            entry.expires_at = file.expires_at.filter(|_| is_known).map(doubt::utc);
        }
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
            kind: Some(file.kind),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::Cli;

    #[test]
    fn an_expired_result_has_no_line_that_downloads_it() {
        let cli = Cli::parse_from(["mps", "video", "status", "1"]);
        let receipt = Receipt::new("video", "1", None, false, &cli.global, None);
        let own = || Some("create the task anew".to_owned());
        let expired = Outcome::Undelivered(Reason::Expired);
        assert_eq!(receipt.hint(expired, own()), own());
        assert_eq!(receipt.resume(expired), None);
        let trouble = Outcome::Undelivered(Reason::Trouble);
        let hint = receipt.hint(trouble, None).unwrap_or_default();
        assert!(hint.contains("mps video download --out . -- 1"), "{hint}");
    }
}
