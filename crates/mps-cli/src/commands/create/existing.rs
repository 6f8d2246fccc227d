//! A create whose key the ledger has already: nothing is sent, and its task is followed.

use std::{
    fs,
    io::{self, Read as _},
    path::Path,
    time::Duration,
};

use mps_aigc::{DownloadOptions, Family, TaskFamily, TaskHandle, models::TaskPhase};
use mps_jobs::{DoubtPage, Job, JobFile, State, ledger::Item};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::{
    commands::{
        delivery::{Delivery, Target},
        follow::follow,
        status::{query, status_or_none},
    },
    context::{Connection, Context},
    doubt::{Doubt, ID_PLACEHOLDER},
    failure::Failure,
    foreign_text,
    outcome::{Outcome, Reason},
    output::Event,
    results::{Receipt, TaskResult},
    resume::CommandLine,
    tracked::KnownTasks,
};

/// The steps that the command asks for after a create.
#[derive(Clone, Copy, Default)]
pub(in crate::commands) struct Wanted<'a> {
    pub(in crate::commands) wait: bool,
    pub(in crate::commands) out: Option<&'a Path>,
    pub(in crate::commands) timeout: Duration,
}

/// A key that the ledger has, with all that is needed to follow its task.
pub(in crate::commands) struct Existing<'a> {
    pub(in crate::commands) context: &'a Context,
    pub(in crate::commands) connection: &'a Connection,
    pub(in crate::commands) known_tasks: &'a KnownTasks,
    pub(in crate::commands) wanted: Wanted<'a>,
}

impl Existing<'_> {
    /// Follows the task of a key as far as the command asks.
    pub(in crate::commands) async fn run<F: Family>(&self, item: Item) -> Result<(), Failure> {
        let job = self.job(item).await?;
        let handle = self.living_task(&job).await?;
        let files = job.files();
        let receipt = self.receipt(&job, F::NAME, handle.id());
        self.announce(&job, &receipt);
        if self.is_content_with(job.state(), &files) {
            let lines: Vec<_> = files
                .iter()
                .map(|it| foreign_text::path(&it.path))
                .collect();
            let result = result_of(&job, F::NAME, handle.id()).with_job_files(&files);
            return self
                .context
                .output
                .receipt(&lines.join("\n"), &result, &receipt.done());
        }
        let task = self.connection.task::<F>(handle)?;
        let tracked = self.known_tasks.of_row(&job.item().row, job.key());
        let result = result_of(&job, F::NAME, task.id());
        if !self.wanted.wait && self.wanted.out.is_none() {
            return self.print_state(&task, &job, result, &receipt).await;
        }
        let target = Target::claim(self.wanted.out).await?;
        let started = self.context.clock.monotonic();
        let delivery = Delivery {
            context: self.context,
            receipt,
            result,
            target: &target,
            followed: self.context.output.live().follow(task.id()),
            tracked,
            downloads: &DownloadOptions::new(),
            started,
            deadline: started.saturating_add(self.wanted.timeout),
        };
        follow(self.context, delivery.wait_and_deliver(&task)).await
    }

    /// Returns the job of a row with its files.
    pub(in crate::commands) async fn job(&self, item: Item) -> Result<Job, Failure> {
        match self.known_tasks.ledger() {
            Some(ledger) => Ok(Job::of(ledger, item).await?),
            None => Err(Failure::internal("the ledger of a key is closed")),
        }
    }

    /// Returns the task of a key.
    ///
    /// # Errors
    /// Returns the outcome of a key that has no task to be followed: in doubt, failed, expired, or given
    /// up.
    pub(in crate::commands) async fn living_task(&self, job: &Job) -> Result<TaskHandle, Failure> {
        let (item, key) = (job.item(), foreign_text::name(job.key().as_str()));
        let handle = match (item.state, item.handle(self.connection.client())) {
            (State::Created | State::Done | State::Fetched, Some(handle)) => return Ok(handle),
            (_, handle) => handle,
        };
        let reason = item.message.as_deref().or(item.code.as_deref());
        let reason = reason.map(|it| format!(": {}", foreign_text::message(it)));
        let reason = reason.unwrap_or_default();
        let (outcome, kind, message) = match item.state {
            State::Failed => (
                Outcome::Failed { refused: false },
                "task_failed",
                format!("the task of the key {key} failed{reason}"),
            ),
            State::Abandoned => (
                Outcome::Failed { refused: false },
                "abandoned",
                format!("the create of the key {key} was in doubt, and a person gave it up"),
            ),
            State::Expired => (
                Outcome::Undelivered(Reason::Expired),
                "expired",
                format!("the result of the key {key} was deleted by the service"),
            ),
            _ => return Err(self.in_doubt(job).await),
        };
        let failure =
            Failure::new(outcome, kind, message).hint("choose another key to create anew");
        Err(match (handle, TaskFamily::created_by(&item.action)) {
            (Some(handle), Some(family)) => {
                failure.receipt(&self.receipt(job, family.as_str(), handle.id()))
            }
            _ => failure.with_key(Some(job.key())),
        })
    }

    async fn in_doubt(&self, job: &Job) -> Failure {
        let page = match self.known_tasks.ledger() {
            Some(ledger) => DoubtPage::of(ledger, job.item()).await.ok(),
            None => None,
        };
        let key = foreign_text::name(job.key().as_str());
        let message = match job.state() {
            State::InDoubt => format!("the create of the key {key} is in doubt"),
            _ => format!("the create of the key {key} is still being sent by another process"),
        };
        let failure = Failure::new(Outcome::InDoubt, "in_doubt", message).with_key(Some(job.key()));
        let global = &self.context.global;
        let family = TaskFamily::created_by(&job.item().action);
        let follow = family.map(|family| {
            CommandLine::for_task(global, family.as_str(), "wait", ID_PLACEHOLDER, None)
        });
        match page {
            Some(page) => {
                let secret_id = self.connection.secret_id();
                failure.doubt(Doubt::of_page(&page, secret_id, follow.as_ref(), global))
            }
            None => failure,
        }
    }

    pub(in crate::commands) fn receipt(&self, job: &Job, family: &str, task_id: &str) -> Receipt {
        let request_id = job.item().request_id.clone();
        let (global, out) = (&self.context.global, self.wanted.out);
        Receipt::new(family, task_id, request_id, false, global, out).with_key(Some(job.key()))
    }

    pub(in crate::commands) fn announce(&self, job: &Job, receipt: &Receipt) {
        let (id, key) = (receipt.shown_id(), foreign_text::name(job.key().as_str()));
        let human = format!(
            "the key {key} has task {id} already ({}); nothing is sent",
            job.state()
        );
        let event = Event::new("existing", &human).task(&receipt.task_id);
        let details = json!({"key": job.key(), "state": job.state()});
        self.context.output.progress(&event.details(details));
    }

    /// Returns `true` when the recorded files are all that the command asks for.
    fn is_content_with(&self, state: State, files: &[JobFile]) -> bool {
        let is_there = match self.wanted.out {
            None => true,
            Some(out) => have_name(out, files),
        };
        state == State::Fetched && is_there && !files.is_empty() && files.iter().all(is_whole)
    }

    /// Prints the state of a task, as `status` does.
    async fn print_state<F: Family>(
        &self,
        task: &mps_aigc::Task<F>,
        job: &Job,
        result: TaskResult,
        receipt: &Receipt,
    ) -> Result<(), Failure> {
        let output = &self.context.output;
        let snapshot = match query(task, receipt, self.context).await {
            Ok(snapshot) => snapshot,
            // The ledger is sure of the task, whatever the service answers.
            Err(failure) if self.context.phase.signal().is_none() => {
                let message = foreign_text::message(&failure.message).into_owned();
                output.warning(&format!("its status is not known: {message}"));
                return output.receipt(&receipt.shown_id(), &result, receipt);
            }
            Err(failure) => return Err(failure),
        };
        let ended = task.outcome(snapshot.clone());
        if let Some(tracked) = self.known_tasks.of_row(&job.item().row, job.key()) {
            match &ended {
                Some(Ok(done)) => tracked.done(done).await,
                Some(Err(error)) => tracked.ended(error).await,
                None => tracked.polled(&snapshot).await,
            }
        }
        if snapshot.phase == TaskPhase::Failed
            && let Some(Err(error)) = ended
        {
            let outcome = crate::outcome::of_task(&error);
            return Err(Failure::from(error).outcome(outcome).receipt(receipt));
        }
        let status = status_or_none(&snapshot);
        let human = format!("task {}: {status}", receipt.shown_id());
        let event = Event::new("status", &human).task(&receipt.task_id);
        output.progress(&event.details(json!({"status": snapshot.status})));
        output.receipt(
            &receipt.shown_id(),
            &result.with_snapshot(&snapshot),
            receipt,
        )
    }
}

/// Returns the row of a task in the ledger as a result.
fn result_of(job: &Job, family: &str, task_id: &str) -> TaskResult {
    let item = job.item();
    TaskResult::new(family, task_id)
        .with_key(Some(job.key()))
        .with_request_id(item.request_id.as_deref())
        .with_status(item.status.as_deref())
}

/// Returns whether these files have an output name: it is the first one, or the folder of all.
fn have_name(out: &Path, files: &[JobFile]) -> bool {
    let Ok(out) = fs::canonicalize(out) else {
        return false;
    };
    let places = files.iter().map(|file| fs::canonicalize(&file.path));
    let places: io::Result<Vec<_>> = places.collect();
    places.is_ok_and(|places| {
        let is_first = places.first() == Some(&out);
        is_first || places.iter().all(|place| place.parent() == Some(&*out))
    })
}

/// Returns whether a file has the recorded content.
pub(crate) fn is_whole(file: &JobFile) -> bool {
    let hash = || -> io::Result<String> {
        let mut content = fs::File::open(&file.path)?;
        let (mut hash, mut part) = (Sha256::new(), vec![0; 1 << 16]);
        loop {
            match content.read(&mut part)? {
                0 => return Ok(hex::encode(hash.finalize())),
                read => hash.update(part.get(..read).unwrap_or_default()),
            }
        }
    };
    let size = fs::metadata(&file.path).map(|metadata| metadata.len());
    size.is_ok_and(|size| size == file.bytes) && hash().is_ok_and(|hash| hash == file.sha256)
}
