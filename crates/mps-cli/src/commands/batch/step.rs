//! `mps batch step`: one row, for a workflow engine that repeats it as often as it likes.

use std::time::Duration;

use clap::Args;
use mps_aigc::{Destination, TaskFamily, models::service};
use mps_jobs::{
    Job, Jobs, Key, State,
    ledger::BatchId,
    manifest::{Manifest, ManifestRow},
};

use super::{manifest_args::ManifestArgs, plan::open, run::folder, running::RunningBatch};
use crate::{
    commands::show,
    context::{Connection, Context},
    failure::Failure,
    foreign_text, ledger,
    outcome::{Outcome, Reason},
    preflight::is_refused,
    results::{Receipt, TaskResult},
    resume::CommandLine,
};

/// Time between two looks at a create that is on the wire when a signal arrives.
const LOOK: Duration = Duration::from_millis(50);

const EXAMPLES: &str = "\
Examples:
  mps batch step prompts.jsonl --key fox --out clips
  until mps batch step prompts.jsonl --key fox --out clips; [ $? -ne 5 ]; do sleep 10; done
  # in a pod, one ledger for all
  mps batch step prompts.jsonl --key fox --out clips --name spring

It sends, polls or fetches once and never pays twice. Exit codes as of a create: 0 saved, 5 still
running (repeat it), 6 not sent (repeat it), 7 failed, 9 in doubt, 10 not saved.";

/// The arguments of `mps batch step`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct StepArgs {
    #[command(flatten)]
    manifest: ManifestArgs,
    /// Id of the row
    #[arg(long, value_name = "ID")]
    key: Key,
    /// Write a JSON file beside each result: prompt, parameters, model, ids and SHA-256
    #[arg(long)]
    sidecar: bool,
}

pub(super) async fn run(args: &StepArgs, context: &Context) -> Result<(), Failure> {
    let manifest = open(args.manifest.file.clone(), context)?;
    let name = args.manifest.batch(&manifest)?;
    let folder = folder(&args.manifest.out)?;
    let row = find(manifest.clone(), args.key.clone()).await?;
    check(&row, context)?;
    let connection = context.connect().await?;
    let ledger = ledger::open(&context.global, connection.identity(), &context.clock).await?;
    ledger.reap().await?;
    Destination::reserve(folder.join("")).await?;
    let jobs = Jobs::from(ledger)
        .batch(name.as_str())
        .folder(&folder)
        .paid_by(connection.payer().clone())
        .sidecar(args.sidecar);
    let jobs = jobs
        .from_manifest(&manifest, args.manifest.name.is_some())
        .await?;
    let step = StepRun {
        args,
        context,
        connection: &connection,
        jobs: &jobs,
        name: &name,
    };
    let advanced = step.advance(row).await;
    advanced.map_err(|failure| step.unread(failure))?;
    step.outcome().await
}

/// Reads the manifest up to the row with an id.
async fn find(manifest: Manifest, key: Key) -> Result<ManifestRow, Failure> {
    let shown = foreign_text::name(key.as_str()).into_owned();
    let searched = tokio::task::spawn_blocking(move || {
        let rows = manifest.rows().map_err(mps_jobs::BatchError::Manifest)?;
        // A line that is no row is the business of `plan` and `run`.
        Ok(rows.flatten().find(|row| row.key == key))
    });
    let found: Result<_, mps_jobs::BatchError> = match searched.await {
        Ok(found) => found,
        Err(error) => return Err(Failure::internal(error.to_string())),
    };
    let found = found.map_err(mps_jobs::JobsError::from)?;
    found.ok_or_else(|| {
        let message = format!("the manifest has no row with the id {shown}");
        Failure::usage(message).hint("look for mistakes in it: mps batch plan FILE")
    })
}

/// Refuses a row as `mps batch run` would.
fn check(row: &ManifestRow, context: &Context) -> Result<(), Failure> {
    let report = row.report();
    if !is_refused(report, &context.global) {
        context.output.warnings(report.findings());
        return Ok(());
    }
    let mut failure = Failure::preflight(format!("line {} of the manifest is refused", row.line));
    failure.findings = report.findings().to_vec();
    Err(failure)
}

/// One step of a row.
struct StepRun<'a> {
    args: &'a StepArgs,
    context: &'a Context,
    connection: &'a Connection,
    jobs: &'a Jobs,
    name: &'a BatchId,
}

impl StepRun<'_> {
    /// Sends, polls or fetches the row. On a signal nothing more is sent, and an answer on the way is
    /// waited for and recorded.
    async fn advance(&self, row: ManifestRow) -> Result<(), Failure> {
        let global = &self.context.global;
        let running = RunningBatch::new(self.jobs, self.name, global, self.again());
        let signal = self.context.phase.begin_batch(running);
        let steps = async {
            self.jobs
                .submit_row(row.clone())
                .step(self.connection.aigc())
                .await?;
            if self.state().await? == Some(State::Done) {
                self.jobs
                    .submit_row(row)
                    .step(self.connection.aigc())
                    .await?;
            }
            Ok::<_, Failure>(())
        };
        let done = tokio::select! {
            biased;
            done = steps => done,
            _ = signal => self.drained().await,
        };
        self.context.phase.end_batch();
        done
    }

    async fn state(&self) -> Result<Option<State>, Failure> {
        let job = self.jobs.get(&self.args.key).await?;
        Ok(job.map(|job| job.state()))
    }

    /// Waits until the create on the wire, if there is one, is answered and recorded.
    async fn drained(&self) -> Result<(), Failure> {
        loop {
            let is_open = matches!(self.state().await?, Some(State::Intent | State::Sending));
            if !is_open || self.jobs.on_wire().is_empty() {
                return Ok(());
            }
            self.context.clock.sleep(LOOK).await;
        }
    }

    /// Returns the command line of the next step.
    fn again(&self) -> CommandLine {
        let ManifestArgs { file, out, name } = &self.args.manifest;
        let (file, out) = (file.display().to_string(), out.display().to_string());
        let mut words = vec!["--key", self.args.key.as_str(), "--out", &out];
        if let Some(name) = name {
            words.extend(["--name", name.as_str()]);
        }
        if self.args.sidecar {
            words.push("--sidecar");
        }
        words.extend(["--", &file]);
        CommandLine::for_batch(&self.context.global, "step", &words)
    }

    /// Returns the error of a ledger that fails after this step may have sent the create.
    fn unread(&self, failure: Failure) -> Failure {
        match failure.outcome {
            Outcome::NotCreated(_) if self.jobs.has_sent() => failure
                .outcome(Outcome::InDoubt)
                .with_key(Some(&self.args.key))
                .resume(self.again()),
            _ => failure,
        }
    }

    /// Prints the task of the row, and returns the error of a row that is not fetched.
    async fn outcome(&self) -> Result<(), Failure> {
        let job = self.jobs.get(&self.args.key).await;
        let job = job.map_err(|error| self.unread(error.into()))?;
        let job = job.ok_or_else(|| Failure::internal("the row is not in the ledger"))?;
        let receipt = self.print(&job)?;
        let failure = match self.context.phase.signal() {
            Some(signal) if !job.state().is_ended() && job.state() != State::InDoubt => {
                let message = format!("the step was stopped by {}", signal.name());
                let outcome = match &receipt {
                    Some(_) => Outcome::Continues(Reason::Signal(signal)),
                    None => Outcome::NotCreated(Reason::Signal(signal)),
                };
                Some(Failure::new(outcome, "interrupted", message))
            }
            _ => self.failure(&job).await?,
        };
        let Some(failure) = failure else {
            return Ok(());
        };
        let failure = match &receipt {
            Some(receipt) => failure.receipt(receipt),
            None => failure,
        };
        let is_open = !job.state().is_ended() && job.state() != State::InDoubt;
        let failure = failure.with_key(Some(job.key()));
        Err(if is_open {
            let again = self.again();
            failure.hint(format!("repeat it: {again}")).resume(again)
        } else {
            failure
        })
    }

    fn print(&self, job: &Job) -> Result<Option<Receipt>, Failure> {
        let item = job.item();
        let family = TaskFamily::created_by(&item.action).map(TaskFamily::as_str);
        let (Some(family), Some(task)) = (family, item.task.as_deref()) else {
            return Ok(None);
        };
        let request_id = item.request_id.clone();
        let global = &self.context.global;
        let created = self.jobs.has_sent();
        let receipt = Receipt::new(family, task, request_id, created, global, None);
        let receipt = receipt.with_key(Some(job.key()));
        let receipt = match job.state() {
            State::Done | State::Fetched => receipt.done(),
            _ => receipt,
        };
        let files = job.files();
        let result = TaskResult::new(family, task)
            .with_key(Some(job.key()))
            .with_request_id(item.request_id.as_deref())
            .with_status(item.status.as_deref())
            .with_job_files(&files);
        let paths = files.iter().map(|file| foreign_text::path(&file.path));
        let human = match paths.collect::<Vec<_>>().join("\n").as_str() {
            "" => receipt.shown_id(),
            paths => paths.to_owned(),
        };
        self.context.output.receipt(&human, &result, &receipt)?;
        Ok(Some(receipt))
    }

    /// Returns the error of a row that is not fetched.
    async fn failure(&self, job: &Job) -> Result<Option<Failure>, Failure> {
        let item = job.item();
        let key = foreign_text::name(job.key().as_str());
        let reason = item.message.as_deref().or(item.code.as_deref());
        let reason = reason.map(|it| format!(": {}", foreign_text::message(it)));
        let reason = reason.unwrap_or_default();
        let (outcome, kind, message) = match job.state() {
            State::Fetched => return Ok(None),
            State::InDoubt => {
                let message = format!("the create of {key} is in doubt");
                let failure = Failure::new(Outcome::InDoubt, "in_doubt", message);
                let secret_id = self.connection.secret_id();
                let ledger = self.jobs.ledger()?;
                let doubt = show::doubt(ledger, item, secret_id, self.context).await?;
                return Ok(Some(match doubt {
                    Some(doubt) => failure.doubt(doubt),
                    None => failure,
                }));
            }
            State::Created | State::Intent | State::Sending => (
                Outcome::Continues(Reason::Trouble),
                "still_running",
                format!("{key} is {}", job.state().words()),
            ),
            State::Done => (
                Outcome::Undelivered(Reason::Trouble),
                "download",
                format!("{key} is done, and its results are not saved yet"),
            ),
            State::Planned => (
                Outcome::NotCreated(Reason::Trouble),
                "not_sent",
                format!("{key} was not sent{reason}"),
            ),
            State::Expired => (
                Outcome::Undelivered(Reason::Expired),
                "expired",
                format!("the results of {key} were deleted by the service"),
            ),
            State::Refused | State::Unsent => (
                Outcome::NotCreated(refusal(item.code.as_deref())),
                "refused",
                format!("the request of {key} was refused{reason}"),
            ),
            State::Abandoned => (
                Outcome::Failed { refused: false },
                "abandoned",
                format!("the create of {key} was in doubt, and a person gave it up"),
            ),
            _ => (
                Outcome::Failed { refused: false },
                "task_failed",
                format!("the task of {key} failed{reason}"),
            ),
        };
        Ok(Some(Failure::new(outcome, kind, message)))
    }
}

/// Returns the reason of a refusal by its code.
fn refusal(code: Option<&str>) -> Reason {
    let class = code.and_then(service::error_code).map(|code| code.class);
    match class {
        Some(service::ErrorClass::Content) => Reason::Content,
        _ => Reason::Usage,
    }
}
