//! `mps batch chaos`: runs a batch against the emulator while its processes are killed and replies are
//! lost, and compares the ledger, the files and the bill at the end.
//!
//! Everything is in a temporary folder and on loopback: no account, no network, and no ledger of the
//! user's, unless one is named on the command line.

use std::{path::Path, time::Duration};

use clap::Args;
use mps_core::clock::SharedClock;
use mps_emulator::Emulator;
use serde_json::json;
use tempfile::TempDir;

mod comparison;
mod faults;
mod workers;

use self::{
    comparison::Comparison,
    workers::{Place, Workers},
};
use crate::{
    context::Context,
    failure::Failure,
    foreign_text,
    options::LedgerPlace,
    outcome::{Outcome, Reason},
    output::Event,
};

const EXAMPLES: &str = "\
Examples:
  mps batch chaos --rows 20
  mps batch chaos --rows 20 --seed 7 --output json
  mps batch chaos --rows 20 --processes 2 --kills 4

It ends with 0 if nothing was paid twice, nothing was lost, and every row
is fetched or in doubt; else with 1. The ledger is a file in a temporary
folder, or the PostgreSQL server that --ledger or MPS_CHAOS_LEDGER names.";

/// The time that tasks wait and run: short, since renders are not tested.
const TASK_TIMES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_millis(400));

/// The environment variable that names a ledger whose URL has a password.
const LEDGER_VARIABLE: &str = "MPS_CHAOS_LEDGER";

/// Time between two reports of progress.
const REPORTS: Duration = Duration::from_secs(10);

/// The arguments of `mps batch chaos`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ChaosArgs {
    /// Rows of the batch; at ten starts a second, 200 rows take about 30 s
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    rows: u32,
    /// Seed of the faults and of the choice of processes [default: a random one, which is printed]
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// Processes that run the batch at the same time
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=32))]
    processes: u32,
    /// Times that a process is killed [default: one for every 20 rows]
    #[arg(long, value_name = "N")]
    kills: Option<u32>,
}

impl ChaosArgs {
    fn kills(&self) -> u32 {
        self.kills.unwrap_or_else(|| self.rows.div_ceil(20))
    }
}

pub(super) async fn run(args: &ChaosArgs, context: &Context) -> Result<(), Failure> {
    let seed = args.seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
    let folder = tempfile::Builder::new().prefix("mps-chaos-").tempdir();
    let folder = folder.map_err(|error| {
        Failure::usage(format!("cannot create a temporary folder: {error}"))
            .hint("set TMPDIR to a writable folder on a disk of this machine")
    })?;
    let chaos = Chaos {
        args,
        context,
        seed,
        folder,
    };
    match context.phase.race(Box::pin(chaos.run())).await {
        Ok(Ok(compared)) => chaos.finish(&compared),
        Ok(Err(failure)) => Err(chaos.kept(failure)),
        Err(signal) => Err(Failure::interrupted(signal)),
    }
}

struct Chaos<'a> {
    args: &'a ChaosArgs,
    context: &'a Context,
    seed: u64,
    folder: TempDir,
}

impl Chaos<'_> {
    async fn run(&self) -> Result<Comparison, Failure> {
        let clock = &self.context.clock;
        let started = clock.monotonic();
        let (wait, run) = TASK_TIMES;
        let emulator = Emulator::builder().seed(self.seed).task_times(wait, run);
        let emulator = emulator.start().await;
        let emulator = emulator.map_err(|error| internal("the emulator does not start", &error))?;
        for fault in faults::all() {
            let added = emulator.fail(fault);
            added.map_err(|error| internal("a fault is not accepted", &error))?;
        }
        let place = Place::prepare(
            self.folder.path(),
            &emulator,
            self.ledger()?,
            self.args.rows,
        )?;
        self.announce(&place);
        let workers = Workers::start(&place, self.args.processes, self.seed)?;
        let finished = self.disturb(workers, &place, &emulator, clock).await?;
        let elapsed = clock.monotonic().saturating_sub(started);
        let compared = Comparison::new(&place, &emulator, clock).await?;
        Ok(compared.with_run(self.seed, finished, elapsed))
    }

    /// Returns the ledger that the command line names; a file in the temporary folder by default.
    /// The environment and the config file name the ledger of the user's work, which is not used.
    fn ledger(&self) -> Result<Option<String>, Failure> {
        let variable = std::env::var(LEDGER_VARIABLE).ok();
        let variable = variable.filter(|url| !url.is_empty());
        let named = match (&self.context.settings.flags.ledger, variable) {
            (None, None) => return Ok(None),
            (None, Some(url)) => Some(url),
            (Some(LedgerPlace::Url(url)), _) => Some(url.reveal_with_password_file()),
            (Some(LedgerPlace::Off | LedgerPlace::File(_)), _) => None,
        };
        let is_server = |url: &String| {
            let schemes = ["postgres://", "postgresql://"];
            schemes.iter().any(|scheme| url.starts_with(scheme))
        };
        named.filter(is_server).map(Some).ok_or_else(|| {
            Failure::usage("--ledger: chaos makes a file of its own")
                .hint("leave --ledger out, or name the URL of a PostgreSQL server")
        })
    }

    fn announce(&self, place: &Place) {
        let folder = foreign_text::path(self.folder.path());
        let (rows, kills) = (self.args.rows, self.args.kills());
        let human = format!(
            "chaos with seed {}: {rows} rows, {} processes, {kills} kills, in {folder}",
            self.seed, self.args.processes
        );
        let details = json!({
            "seed": self.seed, "rows": rows, "kills": kills, "processes": self.args.processes,
            "folder": self.folder.path(), "batch": place.batch(),
        });
        let event = Event::new("chaos", &human).details(details);
        self.context.output.progress(&event);
    }

    /// Kills processes at random and replaces them, then lets the last ones finish. Returns the number
    /// of kills.
    async fn disturb(
        &self,
        mut workers: Workers,
        place: &Place,
        emulator: &Emulator,
        clock: &SharedClock,
    ) -> Result<u32, Failure> {
        let kills = self.args.kills();
        // Kills end before the rows do, so that there is something to kill.
        let share = u64::from(self.args.rows) * 9 / 10;
        let mut reported = clock.monotonic();
        let mut killed = 0;
        loop {
            clock.sleep(workers.pause()).await;
            let billed = emulator.bill().creates;
            let due = u64::from(killed + 1) * share / u64::from(kills.max(1));
            let has_ended = workers.tend(place)?;
            if killed < kills && billed >= due.min(share) {
                workers.kill_one(place)?;
                killed += 1;
            }
            if has_ended {
                return Ok(killed);
            }
            let now = clock.monotonic();
            if now.saturating_sub(reported) >= REPORTS {
                reported = now;
                let human = format!(
                    "{billed} of {} creates, {killed} of {kills} kills",
                    self.args.rows
                );
                let details = json!({"creates": billed, "kills": killed});
                let event = Event::new("progress", &human).details(details);
                self.context.output.progress(&event);
            }
        }
    }

    /// Prints the comparison.
    fn finish(self, compared: &Comparison) -> Result<(), Failure> {
        let printed = self.context.output.listing(&compared.to_string(), compared);
        if compared.is_sound() {
            return printed;
        }
        let message = compared.complaint();
        let failure = Failure::internal(message).hint(format!(
            "run it again with --seed {}; this is a bug in mps",
            self.seed
        ));
        Err(self.kept(failure))
    }

    /// Keeps the folder of a run that failed, and names it.
    fn kept(self, failure: Failure) -> Failure {
        let kept = self.folder.keep();
        let shown = foreign_text::path(&kept);
        let hint = failure.hint.clone().unwrap_or_default();
        let hint = format!("{hint}; ledger, files and logs are in {shown}");
        failure.hint(hint.trim_start_matches("; "))
    }
}

fn internal(what: &str, error: &dyn std::fmt::Display) -> Failure {
    let error = foreign_text::cut_message(&error.to_string());
    Failure::new(
        Outcome::NotCreated(Reason::Internal),
        "internal",
        format!("{what}: {error}"),
    )
}

/// Converts an error about a file of the temporary folder.
fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    internal(&foreign_text::path(path), error)
}
