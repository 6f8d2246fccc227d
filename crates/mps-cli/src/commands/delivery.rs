//! Waiting for a task and delivering its results: the part that `create`, `wait` and `download` have
//! in common.

use std::{
    fs::File,
    io::{self, IsTerminal as _},
    path::{Path, PathBuf, is_separator},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use mps_aigc::{
    Destination, Done, DownloadOptions, Error, Event as TaskEvent, Family, SavedFile, Snapshot,
    Task, WaitOptions, models::TaskPhase,
};
use mps_core::clock;
use serde_json::json;

use super::status::status_and_stage;
use crate::{
    context::Context,
    failure::Failure,
    foreign_text,
    live::{Followed, Transfer},
    outcome::{self, Outcome, Reason},
    output::{Event, print_json_to_stderr},
    results::{self, Receipt, TaskResult},
    resume::CommandLine,
    streams,
    tracked::Tracked,
};

mod warnings;

/// The place for the results of a task, checked before anything is paid for.
pub(super) enum Target {
    /// The results are not downloaded.
    None,
    /// A file or a directory.
    Path(Destination),
    /// Stdout, by way of a file in a private folder.
    Stdout(tempfile::TempDir),
}

impl Target {
    pub(super) async fn claim(out: Option<&Path>) -> Result<Self, Failure> {
        match out {
            None => Ok(Self::None),
            Some(path) if path == Path::new("-") => Self::claim_stdout(),
            Some(path) => Ok(Self::Path(Destination::reserve(path).await?)),
        }
    }

    /// Claims a place for the results of several tasks, which must be a folder or a template of names.
    pub(super) async fn claim_for(tasks: usize, out: Option<&Path>) -> Result<Self, Failure> {
        if let Some(path) = out.filter(|path| tasks > 1 && !takes_several(path)) {
            let message = format!(
                "the results of {tasks} tasks cannot all be saved as {}",
                foreign_text::path(path)
            );
            return Err(Failure::usage(message).hint(
                "name a folder, which is made if needed, or a template: --out DIR/, \
                 --out 'DIR/{task_id}-{index}.{ext}'",
            ));
        }
        Self::claim(out).await
    }

    fn claim_stdout() -> Result<Self, Failure> {
        if io::stdout().is_terminal() {
            return Err(
                Failure::usage("stdout is a terminal, which cannot show media")
                    .hint("redirect stdout, or name a file: --out FILE"),
            );
        }
        let folder = tempfile::tempdir();
        folder.map(Self::Stdout).map_err(|error| {
            Failure::usage(format!("cannot create a temporary folder: {error}"))
                .hint("set TMPDIR to a writable folder, or name a file: --out FILE")
        })
    }
}

/// Returns whether an output path is a folder, or a template whose names differ between tasks.
fn takes_several(path: &Path) -> bool {
    let text = path.as_os_str().to_string_lossy();
    let names_differ = text.replace("{{", "").contains("{task_id}");
    text.ends_with(is_separator) || names_differ || path.is_dir()
}

/// The rest of a command after its task is known.
pub(super) struct Delivery<'a> {
    pub(super) context: &'a Context,
    pub(super) receipt: Receipt,
    /// The result as far as it is known.
    pub(super) result: TaskResult,
    pub(super) target: &'a Target,
    pub(super) followed: Followed,
    /// The task in the ledger, if it has it.
    pub(super) tracked: Option<Tracked>,
    /// Shared by all tasks of the command, so that it bounds their connections together.
    pub(super) downloads: &'a DownloadOptions,
    /// The start of the command, on its clock.
    pub(super) started: Duration,
    /// The end of the wait and the download, on the command's clock.
    pub(super) deadline: Duration,
}

impl Delivery<'_> {
    /// Waits until the task is done, then saves and prints its results.
    pub(super) async fn wait_and_deliver<F: Family>(self, task: &Task<F>) -> Result<(), Failure> {
        self.context.phase.follow(&self.receipt);
        let done = self.wait(task).await?;
        self.deliver(&done).await
    }

    async fn wait<F: Family>(&self, task: &Task<F>) -> Result<Done<F>, Failure> {
        let is_known = AtomicBool::new(false);
        let is_done = AtomicBool::new(false);
        let report = |event: &TaskEvent| {
            let Some(snapshot) = event.snapshot() else {
                return self.report_event(event);
            };
            let status = status_and_stage(snapshot);
            self.report_status(snapshot, &status);
            self.followed.update(|row| row.set_status(&status));
            is_known.store(true, Ordering::Relaxed);
            is_done.store(snapshot.phase == TaskPhase::Succeeded, Ordering::Relaxed);
        };
        let options = WaitOptions::new().timeout(self.time_left());
        let waited = if let Some(outcome) = self.asked_once(task).await {
            Ok(outcome)
        } else {
            let wait = Box::pin(task.until_done_with(options, report));
            self.context.phase.race(wait).await
        };
        let error = match waited {
            Ok(Ok(done)) => {
                if let Some(tracked) = &self.tracked {
                    tracked.done(&done).await;
                }
                return Ok(done);
            }
            Ok(Err(error)) => error,
            Err(signal) => return Err(Failure::interrupted_task(signal, &self.receipt)),
        };
        if is_done.into_inner() && error.kind() == mps_aigc::ErrorKind::WaitTimedOut {
            return Err(self.without_result_in_time());
        }
        if let Some(tracked) = &self.tracked {
            tracked.ended(&error).await;
        }
        let outcome = if self.receipt.created || is_known.into_inner() {
            outcome::of_living_task(&error)
        } else {
            outcome::of_task(&error)
        };
        Err(self.failure(error, outcome))
    }

    /// Asks for the status once where there is no time to wait: a task that has ended needs none.
    /// Returns `None` if it has not ended, and while there is time.
    async fn asked_once<F: Family>(&self, task: &Task<F>) -> Option<Result<Done<F>, Error>> {
        if !self.time_left().is_zero() {
            return None;
        }
        let status = self.context.phase.race(Box::pin(task.status())).await;
        task.outcome(status.ok()?.ok()?)
    }

    /// Shows an event that is no change of the status.
    fn report_event(&self, event: &TaskEvent) {
        match event {
            TaskEvent::Progress { eta, .. } => {
                self.followed.set_estimate(eta.p50, eta.p90);
                let millis = |left: Duration| u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
                let details = json!({"p50_ms": millis(eta.p50), "p90_ms": millis(eta.p90)});
                self.detail(Event::new("progress", "").details(details));
            }
            TaskEvent::PollTrouble { since, error, .. } => {
                self.followed.set_trouble(*since);
                let since = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
                let call = error.call();
                let name = |text: Option<&str>| text.map(foreign_text::cut_name);
                let details = json!({
                    "since_ms": since,
                    "action": call.and_then(|call| call.action()),
                    "kind": call.map_or(error.kind().as_str(), |call| call.kind().as_str()),
                    "code": name(call.and_then(|call| call.code())),
                    "request_id": name(call.and_then(|call| call.request_id())),
                    "dispatch": call.map(|call| call.dispatch().as_str()),
                });
                self.detail(Event::new("poll_trouble", "").details(details));
            }
            TaskEvent::UnknownStatus { status, .. } => self.warn_of_status(status),
            _ => {}
        }
    }

    /// Returns the error for a task that is done and whose result was not named before the timeout.
    fn without_result_in_time(&self) -> Failure {
        let id = self.receipt.shown_id();
        let message =
            format!("task {id} is done, and the service has not named its result in time");
        self.undelivered("unfetchable", message, Reason::Trouble)
    }

    /// Saves and prints the results of a task that is done.
    pub(super) async fn deliver<F: Family>(self, done: &Done<F>) -> Result<(), Failure> {
        let this = Self {
            receipt: self.receipt.done(),
            ..self
        };
        this.context.phase.follow(&this.receipt);
        match this.target {
            Target::None => this.print(done, &[])?,
            Target::Path(destination) => {
                let files = this.save(done, destination).await?;
                if let Some(tracked) = &this.tracked {
                    tracked.saved(&files).await;
                }
                this.print(done, &files)?;
            }
            Target::Stdout(folder) => this.stream(done, folder.path()).await?,
        }
        this.context.phase.delivered(&this.receipt);
        Ok(())
    }

    async fn save<F: Family>(
        &self,
        done: &Done<F>,
        destination: &Destination,
    ) -> Result<Vec<SavedFile>, Failure> {
        let clock = &*self.context.clock;
        let count = done.snapshot().urls.len();
        self.detail(Event::new("download", "").details(json!({"results": count})));
        let begun = Transfer::default();
        self.followed.update(|row| row.set_transfer(0, begun));
        let options = self.downloads.clone().on_progress(self.followed.progress());
        let download = Box::pin(done.results().save_all_to(destination, &options));
        let download = clock::timeout(clock, self.time_left(), download);
        match self.context.phase.race(download).await {
            Ok(Some(Ok(files))) => {
                for file in &files {
                    self.warn_of_file(file);
                    let details = json!({"path": file.path, "bytes": file.bytes});
                    self.detail(Event::new("saved", "").details(details));
                }
                Ok(files)
            }
            Ok(Some(Err(error))) => {
                if let Some(tracked) = &self.tracked {
                    tracked.ended(&error).await;
                }
                let outcome = self.outcome_of_save(&error);
                Err(self.failure(error, outcome))
            }
            Ok(None) => {
                let id = self.receipt.shown_id();
                let message = format!("the result of task {id} is not downloaded in time");
                Err(self.undelivered("download", message, Reason::Trouble))
            }
            Err(signal) => Err(Failure::interrupted_task(signal, &self.receipt)),
        }
    }

    /// Writes the only result to stdout and the result object to stderr.
    async fn stream<F: Family>(&self, done: &Done<F>, folder: &Path) -> Result<(), Failure> {
        let id = self.receipt.shown_id();
        if let count @ 2.. = done.snapshot().urls.len() {
            let message = format!("task {id} has {count} results, and stdout takes one");
            let failure = self.undelivered("usage", message, Reason::Usage);
            if self.receipt.created {
                return Err(failure);
            }
            return Err(failure
                .outcome(Outcome::NotCreated(Reason::Usage))
                .hint("name a file or a directory: --out PATH"));
        }
        let destination = Destination::reserve(folder.join("result")).await?;
        let files = self.save(done, &destination).await?;
        for file in &files {
            let copied =
                File::open(&file.path).and_then(|mut file| streams::copy_to_stdout(&mut file));
            copied.map_err(|error| {
                let message = format!("cannot write the result of task {id} to stdout: {error}");
                self.undelivered("internal", message, Reason::Trouble)
            })?;
        }
        let files = files.into_iter().map(|mut file| {
            file.path = PathBuf::from("-");
            file
        });
        let files: Vec<_> = files.collect();
        print_json_to_stderr(&self.result(done, &files));
        Ok(())
    }

    fn print<F: Family>(&self, done: &Done<F>, files: &[SavedFile]) -> Result<(), Failure> {
        let lines: Vec<_> = if files.is_empty() {
            results::lines(&done.results().files, io::stdout().is_terminal())
        } else {
            files
                .iter()
                .map(|file| foreign_text::path(&file.path))
                .collect()
        };
        let result = self.result(done, files);
        let (output, receipt) = (&self.context.output, &self.receipt);
        let lines = lines.join("\n");
        output
            .receipt(&lines, &result, receipt)
            .map_err(|mut failure| {
                if !files.is_empty() {
                    let saved = lines.replace('\n', ", ");
                    failure.message = format!("{}; it is saved as {saved}", failure.message);
                }
                failure
            })
    }

    fn result<F: Family>(&self, done: &Done<F>, files: &[SavedFile]) -> TaskResult {
        let result = self.result.clone();
        let result = result.with_snapshot(done.snapshot()).with_expiry(done);
        let result = result.with_files(files);
        if !self.receipt.created {
            return result;
        }
        let now = self.context.clock.monotonic();
        result.with_elapsed(now.saturating_sub(self.started))
    }

    fn time_left(&self) -> Duration {
        let now = self.context.clock.monotonic();
        self.deadline.saturating_sub(now)
    }

    /// Returns the outcome of a result that was not saved. A name that is taken is a mistake of the
    /// usage, unless this command has created the task.
    fn outcome_of_save(&self, error: &Error) -> Outcome {
        use mps_aigc::ErrorKind::{AlreadyExists, InUse};
        match error.kind() {
            AlreadyExists | InUse if !self.receipt.created => outcome::of_task(error),
            _ => outcome::of_done_task(error),
        }
    }

    fn failure(&self, error: Error, outcome: Outcome) -> Failure {
        let is_timeout = error.kind() == mps_aigc::ErrorKind::WaitTimedOut;
        let confirmation = error.confirmation();
        let mut failure = Failure::from(error).outcome(outcome);
        if is_timeout {
            // It only says to wait again, and the receipt has the command line for that.
            failure.hint = None;
        }
        let failure = failure.receipt(&self.receipt);
        match confirmation {
            Some((action, request)) => self.to_confirm(failure, action, &request.to_string()),
            None => failure,
        }
    }

    /// Replaces the command line that waits again, which ends in the same way, by the one that confirms
    /// the stage.
    fn to_confirm(&self, failure: Failure, action: &str, request: &str) -> Failure {
        if self.context.global.emulator {
            return failure;
        }
        let line = CommandLine::for_call(&self.context.global, action, request);
        let hint = format!("look at the stage; confirm it, which starts a new task, with: {line}");
        Failure {
            resume: Some(line),
            ..failure.hint(hint)
        }
    }

    fn undelivered(&self, kind: &'static str, message: String, reason: Reason) -> Failure {
        Failure::new(Outcome::Undelivered(reason), kind, message).receipt(&self.receipt)
    }

    fn report_status(&self, snapshot: &Snapshot, status: &str) {
        let human = format!("task {}: {status}", self.receipt.shown_id());
        let result = self.result.clone().with_snapshot(snapshot);
        let event = Event::new("status", &human).details(result);
        let event = event.task(&self.receipt.task_id);
        self.context.output.live_progress(&event);
    }

    fn detail(&self, event: Event<'_>) {
        self.context
            .output
            .detail(&event.task(&self.receipt.task_id));
    }
}
