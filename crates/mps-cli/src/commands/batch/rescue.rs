//! `mps batch rescue`: fetches everything that is done, before it expires. Creates nothing.

use std::path::PathBuf;

use clap::Args;
use mps_aigc::Destination;
use mps_jobs::{Jobs, Report, State, ledger::BatchStatus};
use serde_json::json;

use super::{
    NameArgs,
    find::find,
    result::{BatchResult, MOST_DOUBTS},
    run::folder,
    running::RunningBatch,
    steps,
    watch::watch,
};
use crate::{
    context::Context,
    failure::Failure,
    foreign_text, ledger,
    live::units::counted,
    outcome::{Outcome, Reason},
    output::Event,
    resume::CommandLine,
};

const EXAMPLES: &str = "\
Examples:
  # the newest batch, into the folder of its last run
  mps batch rescue
  mps batch rescue --name spring
  mps batch rescue --out clips --sidecar";

/// The arguments of `mps batch rescue`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RescueArgs {
    #[command(flatten)]
    batch: NameArgs,
    /// Folder for the results [default: that of the last run on this host]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write a JSON file beside each result: prompt, parameters, model, ids and SHA-256
    #[arg(long)]
    sidecar: bool,
}

pub(super) async fn run(args: &RescueArgs, context: &Context) -> Result<(), Failure> {
    let connection = context.connect().await?;
    let ledger = ledger::open(&context.global, connection.identity(), &context.clock).await?;
    ledger.reap().await?;
    let batch = find(&ledger, args.batch.name.as_ref(), context).await?;
    let kept = ledger.folder(&batch.id).await?;
    let folder = match (&args.out, kept) {
        (Some(out), _) => folder(out)?,
        (None, Some(kept)) => kept,
        (None, None) => {
            let failure = Failure::usage("this host has not run the batch");
            return Err(failure.hint("name a folder for its results: --out DIR"));
        }
    };
    let jobs = Jobs::from(ledger)
        .batch(batch.id.as_str())
        .folder(&folder)
        .paid_by(connection.payer().clone())
        .sidecar(args.sidecar);
    let words = ["--name", batch.id.as_str()];
    let resume = CommandLine::for_batch(&context.global, "rescue", &words);
    let before = status(&jobs).await?;
    if batch.account.is_none() {
        // No run has begun it.
        let result = BatchResult::of(&before, &context.global);
        return context.output.listing(&result.human(), &result);
    }
    Destination::reserve(folder.join("")).await?;
    let running = RunningBatch::new(&jobs, &batch.id, &context.global, resume.clone());
    let signal = context.phase.begin_batch(running);
    let shutdown = async {
        let name = signal.await.name();
        let human = format!("{name}: stopping; partial files are kept");
        let details = json!({"signal": name});
        context
            .output
            .notice(&Event::new("draining", &human).details(details));
    };
    let ended = tokio::select! {
        report = jobs.rescue(connection.aigc(), shutdown) => report,
        never = watch(context, &jobs) => match never {},
    };
    context.output.live().end();
    context.phase.end_batch();
    let report = ended?;
    steps::report_troubles(&report, &batch.id, context);
    let after = status(&jobs).await?;
    let result = BatchResult::of(&after, &context.global);
    context.output.listing(&result.human(), &result)?;
    failure(&report, &before, &after, context, resume).map_or(Ok(()), Err)
}

async fn status(jobs: &Jobs) -> Result<BatchStatus, Failure> {
    let status = jobs.status(MOST_DOUBTS).await?;
    status.ok_or_else(|| Failure::internal("the batch was removed"))
}

/// Returns the error of a rescue that left done rows, or that came too late for some.
fn failure(
    report: &Report,
    before: &BatchStatus,
    after: &BatchStatus,
    context: &Context,
    resume: CommandLine,
) -> Option<Failure> {
    let shown = foreign_text::name(after.batch.id.as_str());
    if let Some(signal) = context.phase.signal() {
        let message = format!(
            "the rescue of batch {shown} was stopped by {}",
            signal.name()
        );
        let failure = Failure::new(steps::interrupted(signal), "interrupted", message);
        let hint = format!("continue: {resume}");
        return Some(failure.resume(resume).hint(hint));
    }
    let expired = after
        .count(State::Expired)
        .saturating_sub(before.count(State::Expired));
    let unsaved = report.unsaved.len();
    let outcome = Outcome::Unfetched(Reason::Trouble);
    if unsaved > 0 {
        let message = format!(
            "the results of {} of batch {shown} are not saved",
            counted(unsaved, "row")
        );
        let failure = Failure::new(outcome, "unfetched", message);
        let hint = format!("remove the cause, then try again: {resume}");
        return Some(failure.resume(resume).hint(hint));
    }
    (expired > 0).then(|| {
        let message = format!(
            "the results of {} of batch {shown} have expired",
            counted(expired, "row")
        );
        let line = ["--name", after.batch.id.as_str(), "--id", "ID"];
        let line = CommandLine::for_batch(&context.global, "retry", &line);
        Failure::new(outcome, "expired", message)
            .hint(format!("a row is billed again if it is repeated: {line}"))
    })
}
