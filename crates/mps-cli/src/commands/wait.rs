//! `wait`: waits until a task is done and, on request, downloads its results.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Args;
use mps_aigc::{Destination, Done, Family, SavedFile, Snapshot, Task, WaitOptions};

use crate::{
    context::Context, exit::Exit, failure::Failure, options::parse_duration, results::TaskResult,
    resume::resume_hint, signals::Signals,
};

/// The arguments of `wait`.
#[derive(Args, Debug)]
pub(crate) struct WaitArgs {
    /// Id of the task
    task_id: String,
    /// Then download the result to this file, or into this directory
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Longest wait
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = parse_duration)]
    timeout: Duration,
}

pub(super) async fn run<F: Family>(args: &WaitArgs, context: &Context<'_>) -> Result<(), Failure> {
    let destination = claim(args.out.as_deref()).await?;
    let connection = context.connect().await?;
    let task = connection.tasks::<F>().task(&args.task_id);
    let waiting = Waiting {
        context,
        signals: Signals::listen(),
        timeout: args.timeout,
        out: args.out.as_deref(),
    };
    let done = waiting.until_done(&task).await?;
    let files = save(&done, destination).await?;
    finish(&done, TaskResult::of(&task), &files, context)
}

/// Checks that the result can be saved, before anything is paid for.
pub(super) async fn claim(out: Option<&Path>) -> Result<Option<Destination>, Failure> {
    match out {
        Some(path) => Ok(Some(Destination::claim(path).await?)),
        None => Ok(None),
    }
}

pub(super) async fn save<F: Family>(
    done: &Done<F>,
    destination: Option<Destination>,
) -> Result<Vec<SavedFile>, Failure> {
    match destination {
        Some(destination) => Ok(done.download_to(&destination).await?),
        None => Ok(Vec::new()),
    }
}

/// Prints the result: the files where there are any, else the URLs.
pub(super) fn finish<F: Family>(
    done: &Done<F>,
    result: TaskResult,
    files: &[SavedFile],
    context: &Context<'_>,
) -> Result<(), Failure> {
    let lines: Vec<_> = if files.is_empty() {
        done.snapshot().urls.clone()
    } else {
        files
            .iter()
            .map(|file| file.path.display().to_string())
            .collect()
    };
    let result = result.with_snapshot(done.snapshot()).with_files(files);
    context.output.result(&lines.join("\n"), &result)
}

/// A wait that a signal ends, with the line that resumes it.
pub(super) struct Waiting<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) signals: Signals,
    pub(super) timeout: Duration,
    pub(super) out: Option<&'a Path>,
}

impl Waiting<'_> {
    pub(super) async fn until_done<F: Family>(
        mut self,
        task: &Task<F>,
    ) -> Result<Done<F>, Failure> {
        let output = self.context.output;
        let report = |snapshot: &Snapshot| {
            let result = TaskResult::of(task).with_snapshot(snapshot);
            // The wait goes on when progress cannot be written: the task is paid for.
            let _unwritable = output.progress(
                &format!("task {}: {}", task.id(), status_and_stage(snapshot)),
                &result,
            );
        };
        let resume = resume_hint(&self.context.global, F::NAME, task.id(), self.out);
        let options = WaitOptions::new().timeout(self.timeout);
        tokio::select! {
            biased;
            () = self.signals.received() => Err(interrupted(task.id(), &resume)),
            done = task.wait_with(options, report) => done.map_err(|error| with_resume_line(error, &resume)),
        }
    }
}

fn interrupted(task_id: &str, resume: &str) -> Failure {
    let message = format!("stopped waiting for task {task_id}");
    Failure::new(Exit::Interrupted, "interrupted", message)
        .task(task_id)
        .hint(resume)
}

fn with_resume_line(error: mps_aigc::Error, resume: &str) -> Failure {
    let timed_out = error.kind() == mps_aigc::ErrorKind::WaitTimedOut;
    let failure = Failure::from(error);
    if timed_out {
        failure.hint(resume)
    } else {
        failure
    }
}

/// Returns the status with the stage, where the task has stages: a finished stage waits for a
/// confirmation.
fn status_and_stage(snapshot: &Snapshot) -> String {
    match &snapshot.stage {
        Some(stage) => format!("{} {stage}", snapshot.status),
        None => snapshot.status.clone(),
    }
}
