//! What can be done with a task, the same for every family: create, status, wait, download.

use std::{path::Path, time::Duration};

use mps_aigc::{
    Create, Destination, Done, Family, SavedFile, Snapshot, Task, WaitOptions, models::TaskPhase,
};

use super::dry_run;
use crate::{
    args,
    context::Context,
    failure::{Exit, Failure},
    interrupt::Interrupt,
    results::TaskResult,
    resume::resume_line,
};

/// Creates a task and, as far as `then` asks for it, waits for it and fetches its results.
pub(crate) async fn create<C: Create>(
    request: &C,
    then: &args::Then,
    context: &Context<'_>,
) -> Result<(), Failure> {
    if then.dry_run {
        return dry_run::run(request, context);
    }
    let destination = claim(then.out.as_deref()).await?;
    let connection = context.connect().await?;
    context.output.warnings(request.preflight().warnings())?;
    let interrupt = Interrupt::listen();
    // Not raced against Ctrl-C: a create that was sent is finished, or its id would be lost.
    let task = connection.tasks::<C::Family>().create(request).await?;
    let created = TaskResult::of(&task);
    if !then.wait && then.out.is_none() {
        let told = context.output.result(task.id(), &created);
        // What was paid for must not be lost with the line that named it.
        let resume = || how_to_resume(&context.global, C::Family::NAME, task.id(), None);
        return told.map_err(|failure| failure.task(task.id()).hint(resume()));
    }
    let clock = connection.client().clock();
    let since_created = clock.monotonic();
    context.output.notice(&created_line(&task), &created)?;
    let watch = Watch {
        context,
        interrupt,
        timeout: then.timeout,
        out: then.out.as_deref(),
    };
    let done = watch.until_done(&task).await?;
    let files = save(&done, destination).await?;
    let elapsed = task.elapsed() + clock.monotonic().saturating_sub(since_created);
    finish(&done, created.with_elapsed(elapsed), &files, context)
}

/// Asks once.
pub(crate) async fn status<F: Family>(
    args: &args::TaskId,
    context: &Context<'_>,
) -> Result<(), Failure> {
    let connection = context.connect().await?;
    let task = connection.tasks::<F>().task(&args.task_id);
    let snapshot = task.status().await?;
    let result = TaskResult::of(&task).with_snapshot(&snapshot);
    context.output.result(&status_line(&snapshot), &result)
}

/// Waits for a task from its id alone.
pub(crate) async fn wait<F: Family>(
    args: &args::Wait,
    context: &Context<'_>,
) -> Result<(), Failure> {
    let destination = claim(args.out.as_deref()).await?;
    let connection = context.connect().await?;
    let task = connection.tasks::<F>().task(&args.task_id);
    let watch = Watch {
        context,
        interrupt: Interrupt::listen(),
        timeout: args.timeout,
        out: args.out.as_deref(),
    };
    let done = watch.until_done(&task).await?;
    let files = save(&done, destination).await?;
    finish(&done, TaskResult::of(&task), &files, context)
}

/// Fetches what is done.
pub(crate) async fn download<F: Family>(
    args: &args::Download,
    context: &Context<'_>,
) -> Result<(), Failure> {
    let destination = claim(Some(&args.out)).await?;
    let connection = context.connect().await?;
    let task = connection.tasks::<F>().task(&args.task_id);
    let snapshot = task.status().await?;
    let status = status_word(&snapshot).to_owned();
    let Some(outcome) = task.outcome(snapshot) else {
        return Err(not_done::<F>(args, &status, &context.global));
    };
    let done = outcome?;
    let files = save(&done, destination).await?;
    finish(&done, TaskResult::of(&task), &files, context)
}

fn not_done<F: Family>(args: &args::Download, status: &str, global: &args::Global) -> Failure {
    let id = &args.task_id;
    let message = format!("task {id} is not done yet: {status}");
    let line = resume_line(global, F::NAME, id, Some(&args.out));
    Failure::new(Exit::Unfetchable, "unfetchable", message)
        .task(id)
        .hint(format!("wait for it: {line}"))
}

/// Looks at the place for the result before anything is paid for.
async fn claim(out: Option<&Path>) -> Result<Option<Destination>, Failure> {
    match out {
        Some(path) => Ok(Some(Destination::claim(path).await?)),
        None => Ok(None),
    }
}

async fn save<F: Family>(
    done: &Done<F>,
    destination: Option<Destination>,
) -> Result<Vec<SavedFile>, Failure> {
    match destination {
        Some(destination) => Ok(done.download_to(&destination).await?),
        None => Ok(Vec::new()),
    }
}

fn finish<F: Family>(
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

/// A wait that can be interrupted and says how to take it up again.
struct Watch<'a> {
    context: &'a Context<'a>,
    interrupt: Interrupt,
    timeout: Duration,
    out: Option<&'a Path>,
}

impl Watch<'_> {
    async fn until_done<F: Family>(mut self, task: &Task<F>) -> Result<Done<F>, Failure> {
        let output = self.context.output;
        let tell = |snapshot: &Snapshot| {
            let result = TaskResult::of(task).with_snapshot(snapshot);
            // Progress that cannot be written is no reason to stop waiting for what was paid for.
            let _unwritable = output.progress(
                &format!("task {}: {}", task.id(), progress_words(snapshot)),
                &result,
            );
        };
        let resume = how_to_resume(&self.context.global, F::NAME, task.id(), self.out);
        let options = WaitOptions::new().timeout(self.timeout);
        tokio::select! {
            biased;
            () = self.interrupt.asked() => Err(interrupted(task.id(), &resume)),
            done = task.wait_with(options, tell) => done.map_err(|error| with_resume_line(error, &resume)),
        }
    }
}

fn how_to_resume(global: &args::Global, family: &str, id: &str, out: Option<&Path>) -> String {
    if global.emulator {
        return "the emulator, and with it the task, ended with this command".to_owned();
    }
    let line = resume_line(global, family, id, out);
    format!("the task lives on; resume with: {line}")
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

fn created_line<F: Family>(task: &Task<F>) -> String {
    match task.request_id() {
        Some(request_id) => format!("created task {} (request id {request_id})", task.id()),
        None => format!("created task {}", task.id()),
    }
}

/// The status, and the stage of a task that has stages: one that is finished waits for somebody
/// to confirm it.
fn progress_words(snapshot: &Snapshot) -> String {
    match &snapshot.stage {
        Some(stage) => format!("{} {stage}", snapshot.status),
        None => snapshot.status.clone(),
    }
}

fn status_word(snapshot: &Snapshot) -> &str {
    match snapshot.status.as_str() {
        "" => "no status",
        status => status,
    }
}

fn status_line(snapshot: &Snapshot) -> String {
    let status = status_word(snapshot);
    match (&snapshot.message, snapshot.phase) {
        (Some(message), TaskPhase::Failed) => format!("{status}: {message}"),
        _ if snapshot.urls.is_empty() => status.to_owned(),
        _ => format!("{status} {}", snapshot.urls.join(" ")),
    }
}
