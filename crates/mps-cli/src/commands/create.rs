//! `create`: creates a task and, on request, waits for it and downloads its results.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use mps_aigc::{Create, DownloadOptions, Family, PreflightLevel, Task};
use mps_jobs::ledger::Item;
use serde_json::json;

pub(crate) mod existing;

use self::existing::{Existing, Wanted};
use super::{
    batch::prices::PricesArgs,
    delivery::{Delivery, Target},
    dry_run,
    follow::follow,
};
use crate::{
    config::Defaults,
    context::{Connection, Context},
    doubt::{Doubt, ID_PLACEHOLDER},
    failure::Failure,
    foreign_text, heartbeat,
    media::{LocalMedia, MediaOptions},
    options::parse_duration,
    outcome::{Outcome, Reason},
    output::Event,
    preflight::Checked,
    record::{Admission, Guard, Record, Recorder},
    refresh::is_over,
    request::{self, RequestFields},
    results::{Receipt, TaskResult},
    resume::CommandLine,
    tracked::{KnownTasks, Tracked},
};

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
#[derive(Args, Clone, Debug)]
pub(crate) struct FollowUp {
    /// Wait until the task is done
    #[arg(long)]
    wait: bool,
    /// Then download the result to this file, into this directory (`DIR/` is made if needed), to a
    /// name made of a template such as `DIR/{task_id}-{index}.{ext}`, or to stdout if it is `-`;
    /// implies --wait
    #[arg(long, value_name = "PATH|-")]
    out: Option<PathBuf>,
    /// Longest time for the wait and the download together
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = parse_duration)]
    timeout: Duration,
    /// Refuse the request if it is billed for more seconds of video than this, or for an unknown
    /// number
    #[arg(long, value_name = "N", value_parser = request::natural_number)]
    max_seconds: Option<u64>,
    #[command(flatten)]
    guard: Guard,
    /// Print the exact request, its preflight report, the seconds it is billed and its string to
    /// sign; send nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    prices: PricesArgs,
}

impl<F: RequestFields> Creates for CreateArgs<F> {
    type Family = <F::Request as Create>::Family;

    async fn create(&self, context: &Context) -> Result<(), Failure> {
        let mut fields = self.fields.clone();
        let mut options = MediaOptions::default();
        fields.media(&mut options);
        let media = LocalMedia::read(options)?;
        let request = request::build(self.request.as_deref(), &fields, context.global.site())?;
        let mut request = media.placed(request, context)?;
        let mut model = self.fields.model();
        // The body of a file is sent as it is.
        if model.is_none() && self.request.is_none() {
            model = context.defaults().model(Self::Family::FAMILY);
            model.inspect(|model| F::set_model(&mut request, model));
        }
        Box::pin(run(&request, model, &media, &self.follow_up, context)).await
    }
}

/// Creates a task, then waits for it and downloads its results if `follow_up` says so. `model` is the
/// model if an option names it, `media` are the local files that the request names.
pub(crate) async fn run<C: Create>(
    request: &C,
    model: Option<&str>,
    media: &LocalMedia,
    follow_up: &FollowUp,
    context: &Context,
) -> Result<(), Failure> {
    let follow_up = &follow_up.completed(context.defaults());
    let checked = Checked::new(request, context.global.site(), model, follow_up.max_seconds);
    let checked = checked.with(media.findings());
    if follow_up.dry_run {
        let prices = follow_up.prices.load(context)?;
        return dry_run::run(&checked, media, prices.as_ref(), context);
    }
    checked.admit(context)?;
    let (connection, opening) = context.connect_to_create().await?;
    let recorder = Recorder::open(context, &connection, &follow_up.guard, opening).await?;
    let known_tasks = KnownTasks::new(context, &connection, recorder.ledger().cloned());
    if follow_up.waits() {
        known_tasks.teach(&connection).await;
    }
    let existing = Existing {
        context,
        connection: &connection,
        known_tasks: &known_tasks,
        wanted: follow_up.wanted(),
    };
    let body = serde_json::to_string(request);
    let body = body.map_err(|error| Failure::internal(error.to_string()))?;
    let new = recorder.row(C::INFO.name, body, request.billable_seconds());
    if let Some(item) = recorder.known(&new).await? {
        return Box::pin(existing.run::<C::Family>(*item)).await;
    }
    let target = Target::claim(follow_up.out.as_deref()).await?;
    let is_over = async |item: &Item| is_over(context, &connection, &known_tasks, item).await;
    let record = match Box::pin(recorder.admit(new, is_over)).await? {
        Admission::Send(record) => record,
        Admission::Existing(item) => {
            drop(target);
            return Box::pin(existing.run::<C::Family>(*item)).await;
        }
    };
    let started = context.clock.monotonic();
    let signed = upload(request, media, &record, &connection, context).await?;
    let request = signed.as_ref().unwrap_or(request);
    let task = create_task(request, &record, &connection, context).await?;
    let receipt = Receipt::of(&task, &context.global, follow_up.out.as_deref());
    let receipt = receipt.with_key(record.key());
    let unrecorded = record.created(&receipt).await;
    context.phase.end_create(Some(receipt.clone()));
    let row = record.token().filter(|_| unrecorded.is_none());
    let row = row.zip(record.key());
    let tracked = row.and_then(|(token, key)| known_tasks.of_row(&token.row, key));
    let created = Created {
        task,
        receipt,
        started,
        tracked,
    };
    let delivered = created.deliver(follow_up, &target, context).await;
    if follow_up.waits() {
        known_tasks.learn(&connection).await;
    }
    let failures = [unrecorded, delivered.err()].into_iter().flatten();
    Failure::combined(failures.collect()).map_or(Ok(()), Err)
}

/// A task that this command has created.
struct Created<F: Family> {
    task: Task<F>,
    receipt: Receipt,
    started: Duration,
    tracked: Option<Tracked>,
}

impl<F: Family> Created<F> {
    /// Prints the receipt, or waits for the task and delivers its results.
    async fn deliver(
        self,
        follow_up: &FollowUp,
        target: &Target,
        context: &Context,
    ) -> Result<(), Failure> {
        let Self {
            task,
            receipt,
            started,
            tracked,
        } = self;
        let key = tracked.as_ref().map(Tracked::key);
        let created = TaskResult::of(&task).with_key(key);
        if let Some(signal) = context.phase.signal() {
            context
                .output
                .receipt(&receipt.shown_id(), &created, &receipt)?;
            return Err(Failure::interrupted_task(signal, &receipt));
        }
        if !follow_up.waits() {
            if context.global.emulator {
                let message = "the emulator, and with it the task, ends with this command";
                context.output.warning(message);
            } else if let Some(key) = &receipt.key {
                announce_key(&receipt, key, context);
            }
            return context
                .output
                .receipt(&receipt.shown_id(), &created, &receipt);
        }
        announce(&task, &receipt, context);
        let delivery = Delivery {
            context,
            receipt,
            result: created,
            target,
            followed: context.output.live().follow(task.id()),
            tracked,
            downloads: &DownloadOptions::new(),
            started,
            deadline: context.clock.monotonic().saturating_add(follow_up.timeout),
        };
        follow(context, delivery.wait_and_deliver(&task)).await
    }
}

impl FollowUp {
    /// Returns the options with the place of the config file, for a command that waits and names none.
    fn completed(&self, defaults: &Defaults) -> Self {
        let out = self.waits().then(|| defaults.out(self.out.as_deref()));
        Self {
            out: out.flatten(),
            ..self.clone()
        }
    }

    fn waits(&self) -> bool {
        self.wait || self.out.is_some()
    }

    fn wanted(&self) -> Wanted<'_> {
        Wanted {
            wait: self.wait,
            out: self.out.as_deref(),
            timeout: self.timeout,
        }
    }
}

/// Uploads the local files of a request that is admitted, and returns it with their signed URLs. A signal
/// ends it at once.
async fn upload<C: Create>(
    request: &C,
    media: &LocalMedia,
    record: &Record,
    connection: &Connection,
    context: &Context,
) -> Result<Option<C>, Failure> {
    let uploaded = Box::pin(media.uploaded(request, connection, context));
    let failure = match context.phase.race(record.hold(uploaded)).await {
        Ok(Ok(request)) => return Ok(request),
        Ok(Err(failure)) => failure,
        Err(signal) => Failure::interrupted(signal),
    };
    record.not_created(&failure).await;
    Err(failure.with_key(record.key()))
}

/// Sends the create.
async fn create_task<C: Create>(
    request: &C,
    record: &Record,
    connection: &Connection,
    context: &Context,
) -> Result<Task<C::Family>, Failure> {
    let doubt = doubt(
        C::INFO.name,
        Some(C::Family::NAME),
        record,
        connection,
        context,
    );
    let tasks = connection.tasks::<C::Family>();
    // Checked already, by the rules of the command line.
    let options = context.create_options(record.gate());
    let options = options.preflight(PreflightLevel::Off);
    let create = Box::pin(async {
        connection.ready().await?;
        tasks.create_with(request, options).await
    });
    send(context, doubt, record, create).await
}

/// Returns the page for the case that the outcome of a create stays unknown.
pub(super) fn doubt(
    action: &str,
    family: Option<&str>,
    record: &Record,
    connection: &Connection,
    context: &Context,
) -> Doubt {
    let global = &context.global;
    let line = |family| CommandLine::for_task(global, family, "wait", ID_PLACEHOLDER, None);
    let follow = family.filter(|_| !global.emulator).map(line);
    let host = connection.client().endpoint().host();
    let doubt = Doubt::new(action, host, connection.secret_id(), follow.as_ref());
    match record.key() {
        // A ledger in memory ends with this command.
        Some(key) if !global.emulator => doubt.with_key(global, key.as_str()),
        _ => doubt,
    }
}

/// Sends a create, and ends early on a signal: before it is on the wire at once, else after its
/// answer. After an answer, the caller must record it and then call
/// [`Phase::end_create`](crate::phase::Phase::end_create).
pub(super) async fn send<T, E: Into<Failure>>(
    context: &Context,
    doubt: Doubt,
    record: &Record,
    create: impl Future<Output = Result<T, E>>,
) -> Result<T, Failure> {
    let phase = &context.phase;
    phase.prepare_create(doubt);
    let create = heartbeat::during(&*context.clock, create, |elapsed| {
        let human = format!("the create is not answered after {} s", elapsed.as_secs());
        context.output.progress(&Event::new("waiting", &human));
    });
    let failure = match phase.race(record.hold(create)).await {
        Ok(Ok(created)) => return Ok(created),
        Ok(Err(error)) => not_created(error.into(), context),
        Err(signal) => Failure::interrupted(signal),
    };
    phase.begin_release();
    record.not_created(&failure).await;
    phase.end_create(None);
    Err(failure.with_key(record.key()))
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

/// Prints the key of a task that is not waited for.
pub(super) fn announce_key(receipt: &Receipt, key: &str, context: &Context) {
    let shown = foreign_text::name(key);
    let human = format!("created task {}, key {shown}", receipt.shown_id());
    let details = json!({"request_id": receipt.request_id, "key": key});
    let event = Event::new("created", &human).task(&receipt.task_id);
    context.output.progress(&event.details(details));
}

fn announce<F: Family>(task: &Task<F>, receipt: &Receipt, context: &Context) {
    let id = foreign_text::name(task.id());
    let request_id = task.request_id().map(foreign_text::cut_name);
    let human = match request_id.as_deref().map(foreign_text::name) {
        Some(request_id) => format!("created task {id} (request id {request_id})"),
        None => format!("created task {id}"),
    };
    let human = match &receipt.key {
        Some(key) => format!("{human}, key {}", foreign_text::name(key)),
        None => human,
    };
    let details = json!({
        "request_id": request_id, "attempts": task.attempts(), "key": receipt.key,
    });
    let event = Event::new("created", &human)
        .task(task.id())
        .details(details);
    context.output.notice(&event);
}
