//! `mps batch run`: does the rows of a manifest, and continues what earlier runs left.

mod args;

use std::path::{Path, PathBuf};

use mps_aigc::Destination;
use mps_jobs::{
    BatchError, Jobs, JobsError, Ledger, Plan, PrepareOptions, PreparedBatch, PriceTable, Report,
    ledger::BatchId,
    manifest::{Fingerprint, Manifest},
};
use serde_json::json;

pub(crate) use self::args::RunArgs;
use super::{
    findings,
    plan::{level, open, planned, refused},
    result::{BatchResult, MOST_DOUBTS},
    running::RunningBatch,
    steps,
    watch::watch,
};
use crate::{
    context::{Connection, Context},
    failure::Failure,
    foreign_text, ledger,
    live::units,
    output::Event,
    resume::CommandLine,
    signals::Signal,
};

/// The longest time for which a create on the wire is waited for.
const ANSWER_SECONDS: u64 = crate::doubt::ANSWER_TIMEOUT.as_secs();

pub(super) async fn run(args: &RunArgs, context: &Context) -> Result<(), Failure> {
    let run = Run::new(args, context)?;
    let connection = context.connect().await?;
    let ledger = ledger::open(&context.global, connection.identity(), &context.clock).await?;
    if args.accept_failover {
        run.accept_failover(&ledger).await?;
    }
    let jobs = run.jobs(&ledger, &connection);
    let prepared = match context.phase.race(Box::pin(run.prepare(&jobs))).await {
        Ok(prepared) => prepared?,
        Err(signal) => return Err(Failure::interrupted(signal)),
    };
    Destination::reserve(run.folder.join("")).await?;
    if let Some(warning) = connection.limit_warning() {
        context.output.warning(warning);
    }
    ledger.keep_folder(&run.name, &run.folder).await?;
    let running = RunningBatch::new(&jobs, &run.name, &context.global, run.resume());
    let signal = context.phase.begin_batch(running);
    let shutdown = async {
        let signal = signal.await;
        announce(context, &jobs, signal);
    };
    let ended = tokio::select! {
        report = prepared.run(connection.aigc(), shutdown) => report,
        never = watch(context, &jobs) => match never {},
    };
    context.output.live().end();
    context.phase.end_batch();
    let report = match ended {
        Ok(report) => report,
        // Trouble after the first row is part of the report, unless the ledger fails at the end.
        Err(error) => return Err(run.broken(error, jobs.has_sent())),
    };
    run.finish(&jobs, &report).await
}

/// A run as the command line describes it.
struct Run<'a> {
    args: &'a RunArgs,
    context: &'a Context,
    manifest: Manifest,
    name: BatchId,
    folder: PathBuf,
    prices: Option<PriceTable>,
}

impl<'a> Run<'a> {
    fn new(args: &'a RunArgs, context: &'a Context) -> Result<Self, Failure> {
        let manifest = open(args.manifest.file.clone(), context)?;
        let name = args.manifest.batch(&manifest)?;
        let prices = args.prices.load(context)?;
        if args.max_spend.is_some() && prices.is_none() {
            let failure = Failure::usage("--max-spend needs the price of every row");
            return Err(failure.hint(
                "supply a price table: --prices FILE; or use a cap on seconds: --max-seconds N",
            ));
        }
        Ok(Self {
            args,
            context,
            manifest,
            name,
            folder: folder(&args.manifest.out)?,
            prices,
        })
    }

    async fn accept_failover(&self, ledger: &Ledger) -> Result<(), Failure> {
        let forgotten = ledger.accept_failover().await?;
        if forgotten > 0 {
            let message = format!(
                "the ledger's server had forgotten {} of this host, now in doubt",
                units::counted(forgotten, "send")
            );
            self.context.output.warning(&message);
        }
        Ok(())
    }

    fn jobs(&self, ledger: &Ledger, connection: &Connection) -> Jobs {
        let args = self.args;
        let mut jobs = Jobs::from(ledger.clone())
            .batch(self.name.as_str())
            .folder(&self.folder)
            .paid_by(connection.payer().clone())
            .sidecar(args.sidecar);
        if let Some(seconds) = args.max_seconds {
            jobs = jobs.max_seconds(seconds);
        }
        if let Some(amount) = args.max_spend {
            jobs = jobs.max_spend(amount);
        }
        if let Some(tasks) = args.concurrency {
            jobs = jobs.concurrency(tasks.get());
        }
        match self.prices.clone() {
            Some(prices) => jobs.price_table(move |request| prices.price(request)),
            None => jobs,
        }
    }

    /// Validates the manifest, unless an earlier run did, and compares it with the ledger.
    async fn prepare(&self, jobs: &Jobs) -> Result<PreparedBatch, Failure> {
        let label = self.validation();
        let fingerprint = self.fingerprint().await?;
        let options = if jobs.was_validated(&fingerprint, &label).await? {
            PrepareOptions::default().fingerprint(fingerprint)
        } else {
            PrepareOptions::default().plan(&self.validate().await?)
        };
        let options = options
            .validation(label)
            .joins(self.args.manifest.name.is_some());
        let prepared = jobs.prepare(&self.manifest, options).await?;
        self.announce_comparison(&prepared);
        Ok(prepared)
    }

    /// Returns the terms that a manifest is validated by: the rules of this program, the site, and the
    /// findings that refuse a row.
    fn validation(&self) -> String {
        self.manifest.validation(level(&self.context.global))
    }

    async fn fingerprint(&self) -> Result<Fingerprint, Failure> {
        let manifest = self.manifest.clone();
        let read = tokio::task::spawn_blocking(move || manifest.fingerprint()).await;
        let read = read.map_err(|error| Failure::internal(error.to_string()))?;
        read.map_err(|error| JobsError::from(BatchError::Manifest(error)).into())
    }

    /// Checks every row, and returns the plan.
    async fn validate(&self) -> Result<Plan, Failure> {
        let plan = planned(&self.manifest, self.prices.as_ref(), self.context).await?;
        let (manifest, output) = (&self.manifest, &self.context.output);
        findings::report(&plan.findings, manifest.path(), output);
        if !plan.is_ok() || plan.fingerprint.is_none() {
            return Err(refused(&plan));
        }
        let human = format!(
            "{}, {} s",
            units::counted(plan.rows, "row"),
            units::grouped(plan.seconds)
        );
        let details = json!({"rows": plan.rows, "seconds": plan.seconds});
        let event = Event::new("validated", &human).details(details);
        self.context.output.progress(&event);
        Ok(plan)
    }

    fn announce_comparison(&self, prepared: &PreparedBatch) {
        let output = &self.context.output;
        let (added, unchanged) = (prepared.added(), prepared.unchanged());
        if unchanged > 0 {
            let human = format!(
                "batch {} has {} already; {} {} new",
                foreign_text::name(self.name.as_str()),
                units::counted(unchanged, "row"),
                units::grouped(added),
                units::are(added)
            );
            let details = json!({"unchanged": unchanged, "added": added});
            output.progress(&Event::new("compared", &human).details(details));
        }
        let removed = prepared.removed();
        if !removed.is_empty() {
            let named: Vec<_> = removed
                .iter()
                .take(10)
                .map(|key| foreign_text::name(key.as_str()).into_owned())
                .collect();
            let more = match removed.len().saturating_sub(named.len()) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let are = units::are(removed.len());
            output.warning(&format!(
                "{} {are} no longer in the manifest and {are} not sent: {}{more}",
                units::counted(removed.len(), "planned row"),
                named.join(", ")
            ));
        }
    }

    /// Returns the command line that continues the run.
    fn resume(&self) -> CommandLine {
        let args = self.args;
        let mut words = vec!["--out".to_owned(), self.folder.display().to_string()];
        let mut option = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                words.extend([name.to_owned(), value]);
            }
        };
        let name = args.manifest.name.as_ref();
        option("--name", name.map(ToString::to_string));
        option("--max-seconds", args.max_seconds.map(|it| it.to_string()));
        option("--max-spend", args.max_spend.map(|it| it.to_string()));
        let prices = args.prices.path();
        option("--prices", prices.map(|path| path.display().to_string()));
        option("--concurrency", args.concurrency.map(|it| it.to_string()));
        if args.sidecar {
            words.push("--sidecar".to_owned());
        }
        words.extend(["--".to_owned(), self.manifest.path().display().to_string()]);
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        CommandLine::for_batch(&self.context.global, "run", &words)
    }

    /// Returns the error of a run that ended without a report.
    fn broken(&self, error: JobsError, has_sent: bool) -> Failure {
        let failure = Failure::from(error);
        match self.context.phase.signal() {
            Some(signal) => failure.outcome(steps::interrupted(signal)),
            None if has_sent => {
                let reason = failure.outcome.reason();
                failure.outcome(crate::outcome::Outcome::Unfetched(reason))
            }
            None => failure,
        }
    }

    /// Returns the error of a run whose result could not be printed.
    fn unprinted(&self, failure: Failure, has_sent: bool) -> Failure {
        let reason = failure.outcome.reason();
        let failure = failure.hint(format!(
            "the batch is recorded: {}",
            CommandLine::for_batch(
                &self.context.global,
                "status",
                &["--name", self.name.as_str()]
            )
        ));
        if has_sent {
            failure.outcome(crate::outcome::Outcome::Unfetched(reason))
        } else {
            failure
        }
    }

    /// Prints the result and returns the error of an incomplete batch.
    async fn finish(&self, jobs: &Jobs, report: &Report) -> Result<(), Failure> {
        let context = self.context;
        steps::report_troubles(report, &self.name, context);
        let status = jobs.status(MOST_DOUBTS).await;
        let status = status.map_err(|error| self.broken(error, jobs.has_sent()))?;
        let status = status.ok_or_else(|| Failure::internal("the batch is not in the ledger"))?;
        let result = BatchResult::of(&status, &context.global);
        let printed = context.output.listing(&result.human(), &result);
        printed.map_err(|failure| self.unprinted(failure, jobs.has_sent()))?;
        let next = steps::Next {
            context,
            name: &self.name,
            resume: self.resume(),
        };
        next.failure(report, &status, context.phase.signal())
            .map_or(Ok(()), Err)
    }
}

/// Returns the folder of the results without links and relative parts, so that every command finds
/// them.
pub(super) fn folder(out: &Path) -> Result<PathBuf, Failure> {
    if out == Path::new("-") {
        let failure = Failure::usage("the results of a batch cannot be written to stdout");
        return Err(failure.hint("name a folder: --out DIR"));
    }
    let absolute = std::path::absolute(out);
    let absolute = absolute.ok().filter(|path| path.to_str().is_some());
    absolute.ok_or_else(|| {
        let shown = foreign_text::path(out);
        Failure::usage(format!("{shown} cannot be a folder of results"))
            .hint("name a folder in UTF-8: --out DIR")
    })
}

fn announce(context: &Context, jobs: &Jobs, signal: Signal) {
    let (name, on_wire) = (signal.name(), jobs.on_wire().len());
    let human = match on_wire {
        0 => format!("{name}: starting nothing more; saving the state"),
        1.. => format!(
            "{name}: starting nothing more; waiting up to {ANSWER_SECONDS} s for {} on the \
             wire; a second signal stops at once and leaves what is on it in doubt",
            units::counted(on_wire, "create")
        ),
    };
    let details = json!({"signal": name, "on_wire": on_wire, "timeout_ms": ANSWER_SECONDS * 1_000});
    context
        .output
        .notice(&Event::new("draining", &human).details(details));
}

impl From<JobsError> for Failure {
    /// Converts an error from before a row was sent.
    fn from(error: JobsError) -> Self {
        steps::failure_of(error)
    }
}
