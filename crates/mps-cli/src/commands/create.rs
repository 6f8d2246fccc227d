//! `create`: creates a task and, on request, waits for it and downloads its results.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use mps_aigc::{Create, DownloadOptions, Family, PreflightLevel, Task};
use serde_json::json;

use super::{
    delivery::{Delivery, Target},
    dry_run,
    follow::follow,
};
use crate::{
    context::Context,
    doubt::Doubt,
    failure::Failure,
    foreign_text, heartbeat,
    options::parse_duration,
    outcome::{Outcome, Reason},
    output::Event,
    preflight::Checked,
    request::{self, RequestFields},
    results::{Receipt, TaskResult},
    resume::CommandLine,
};

/// The id in command lines for a task whose id is unknown.
pub(super) const ID_PLACEHOLDER: &str = "TASK_ID";

/// Arguments of a `create` subcommand, which know how to run it.
pub(crate) trait Creates: Args {
    /// Family of the created task.
    type Family: Family;

    /// Creates the task and does as the arguments say.
    async fn create(&self, context: &Context) -> Result<(), Failure>;
}

/// A request from a file and from options.
#[derive(Args, Debug)]
pub(crate) struct CreateArgs<F: Args> {
    /// JSON body as the API documents it; the other options override its members
    #[arg(long, value_name = "FILE|-")]
    request: Option<PathBuf>,
    #[command(flatten)]
    follow_up: FollowUp,
    // Last, since its heading applies to all options after it.
    #[command(flatten)]
    fields: F,
}

/// Options for the steps after a create.
#[derive(Args, Debug)]
pub(crate) struct FollowUp {
    /// Wait until the task is done
    #[arg(long)]
    wait: bool,
    /// Then download the result to this file, into this directory, or to stdout if it is `-`;
    /// implies --wait
    #[arg(long, value_name = "PATH|-")]
    out: Option<PathBuf>,
    /// Longest time for the wait and the download together
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = parse_duration)]
    timeout: Duration,
    /// Refuse the request if it is billed for more seconds of video than this, or for an unknown
    /// number
    #[arg(long, value_name = "N")]
    max_seconds: Option<u64>,
    /// Print the exact request, its preflight report, the seconds it is billed and its string to
    /// sign; send nothing
    #[arg(long)]
    dry_run: bool,
}

impl<F: RequestFields> Creates for CreateArgs<F> {
    type Family = <F::Request as Create>::Family;

    async fn create(&self, context: &Context) -> Result<(), Failure> {
        let request = request::build(self.request.as_deref(), &self.fields)?;
        run(&request, self.fields.model(), &self.follow_up, context).await
    }
}

/// Creates a task, then waits for it and downloads its results if `follow_up` says so. `model` is the
/// model if an option names it.
pub(crate) async fn run<C: Create>(
    request: &C,
    model: Option<&str>,
    follow_up: &FollowUp,
    context: &Context,
) -> Result<(), Failure> {
    let checked = Checked::new(request, model, follow_up.max_seconds);
    if follow_up.dry_run {
        return dry_run::run(&checked, context);
    }
    checked.admit(context)?;
    let target = Target::claim(follow_up.out.as_deref()).await?;
    let started = context.clock.monotonic();
    let task = create_task(request, context).await?;
    let receipt = Receipt::of(&task.0, &context.global, follow_up.out.as_deref());
    context.phase.end_create(Some(receipt.clone()));
    let (task, _connection) = task;
    let created = TaskResult::of(&task);
    if let Some(signal) = context.phase.signal() {
        context
            .output
            .receipt(&receipt.shown_id(), &created, &receipt)?;
        return Err(Failure::interrupted_task(signal, &receipt));
    }
    if !follow_up.wait && follow_up.out.is_none() {
        if context.global.emulator {
            let message = "the emulator, and with it the task, ends with this command";
            context.output.warning(message);
        }
        return context
            .output
            .receipt(&receipt.shown_id(), &created, &receipt);
    }
    announce(&task, context);
    let delivery = Delivery {
        context,
        receipt,
        result: created,
        target: &target,
        followed: context.output.live().follow(task.id()),
        downloads: &DownloadOptions::new(),
        started,
        deadline: context.clock.monotonic().saturating_add(follow_up.timeout),
    };
    follow(context, delivery.wait_and_deliver(&task)).await
}

/// Sends the create. The connection is returned too, since a task of the emulator inside this
/// process ends with it.
async fn create_task<C: Create>(
    request: &C,
    context: &Context,
) -> Result<(Task<C::Family>, crate::context::Connection), Failure> {
    let connection = context.connect().await?;
    connection.warn_of_limit(&context.output);
    let (client, family) = (connection.client(), C::Family::NAME);
    let follow = CommandLine::for_task(&context.global, family, "wait", ID_PLACEHOLDER, None);
    let doubt = Doubt::new(
        C::INFO.name,
        client.endpoint().host(),
        connection.secret_id(),
        Some(&follow).filter(|_| !context.global.emulator),
    );
    let tasks = connection.tasks::<C::Family>();
    // Checked already, by the rules of the command line.
    let options = context.create_options().preflight(PreflightLevel::Off);
    let task = send(
        context,
        doubt,
        Box::pin(tasks.create_with(request, options)),
    )
    .await?;
    Ok((task, connection))
}

/// Sends a create, and ends early on a signal: before it is on the wire at once, else after its
/// answer. After an answer that names a task, the caller must call
/// [`Phase::end_create`](crate::phase::Phase::end_create).
pub(super) async fn send<T, E: Into<Failure>>(
    context: &Context,
    doubt: Doubt,
    create: impl Future<Output = Result<T, E>>,
) -> Result<T, Failure> {
    let phase = &context.phase;
    phase.prepare_create(doubt);
    let create = heartbeat::during(&*context.clock, create, |elapsed| {
        let human = format!("the create is not answered after {} s", elapsed.as_secs());
        context.output.progress(&Event::new("waiting", &human));
    });
    let failure = match phase.race(create).await {
        Ok(Ok(created)) => return Ok(created),
        Ok(Err(error)) => not_created(error.into(), context),
        Err(signal) => Failure::interrupted(signal),
    };
    phase.end_create(None);
    Err(failure)
}

fn not_created(failure: Failure, context: &Context) -> Failure {
    if failure.outcome.in_doubt() {
        return match context.phase.doubt() {
            Some(doubt) => failure.doubt(doubt),
            None => failure,
        };
    }
    match context.phase.signal() {
        Some(signal) => failure.outcome(Outcome::NotCreated(Reason::Signal(signal))),
        None => failure,
    }
}

fn announce<F: Family>(task: &Task<F>, context: &Context) {
    let id = foreign_text::name(task.id());
    let request_id = task.request_id().map(foreign_text::cut_name);
    let human = match request_id.as_deref().map(foreign_text::name) {
        Some(request_id) => format!("created task {id} (request id {request_id})"),
        None => format!("created task {id}"),
    };
    let details = json!({"request_id": request_id, "attempts": task.attempts()});
    let event = Event::new("created", &human)
        .task(task.id())
        .details(details);
    context.output.notice(&event);
}
