//! Four processes that send the rows of one batch while they are killed and the store fails: no row is
//! paid twice, no task is lost, and no second has more than ten starts.
//!
//! Runs are short by default. `MPS_TEST_LONG=1` makes them as long as the nightly ones: 100 kills, and
//! more rows. Each prints its figures (`--nocapture`).
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints its figures"
)]

use std::{collections::HashSet, env, path::PathBuf, time::Duration};

use mps_core::clock::{SharedClock, SystemClock, timeout};
use mps_emulator::{Emulator, Outcome};
use mps_jobs::{
    Ledger, State, content_hash,
    ledger::{BatchId, Filter, LedgerErrorKind, NewBatch, NewItem},
};
use mps_tests::{
    arrivals::first_too_early,
    postgres::{PgBouncer, PostgresServer},
    window::most_in_any_second,
};
use tempfile::TempDir;

mod changes;
mod figures;
mod worker;

use figures::Figures;
use worker::{Places, Worker};

const BATCH: &str = "clips";
const ACTION: &str = "CreateAigcVideoTask";
const PROCESSES: usize = 4;
const LIMIT: usize = 10;
/// Far more than a run takes on any machine.
const AT_MOST: Duration = Duration::from_secs(900);

/// Not a test: the program of the workers. Without their variables it returns at once.
#[tokio::test]
async fn worker() {
    worker::work().await;
}

fn is_long() -> bool {
    env::var_os("MPS_TEST_LONG").is_some_and(|long| long == "1")
}

/// The size of a run, and the number of its processes that are killed.
#[derive(Clone, Copy)]
struct Plan {
    rows: usize,
    kills: usize,
}

struct Run {
    emulator: Emulator,
    clock: SharedClock,
    places: Places,
    ledger: Ledger,
    running: Vec<Worker>,
    rng: fastrand::Rng,
}

impl Run {
    async fn new(ledger: String, limiter: String, rows: usize) -> Self {
        Self::with_disks(ledger, limiter, rows, None).await
    }

    async fn with_disks(
        ledger: String,
        limiter: String,
        rows: usize,
        disks: Option<PathBuf>,
    ) -> Self {
        let clock = SystemClock::shared();
        let emulator = Emulator::start().await.unwrap();
        let own = match &disks {
            Some(disks) => format!("{ledger}?seal={}", disks.join("own").display()),
            None => ledger.clone(),
        };
        let opened = Ledger::open(&own, clock.clone()).await.unwrap();
        import(&opened, rows).await;
        let places = Places {
            ledger,
            limiter,
            endpoint: emulator.endpoint().to_owned(),
            keys: format!("{} {}", emulator.secret_id(), emulator.secret_key()),
            disks,
        };
        Self {
            running: (0..PROCESSES).map(|_| Worker::start(&places)).collect(),
            emulator,
            clock,
            places,
            ledger: opened,
            rng: fastrand::Rng::with_seed(12),
        }
    }

    fn creates(&self) -> usize {
        usize::try_from(self.emulator.bill().creates).unwrap()
    }

    /// Waits until so many rows are created, or all processes have ended.
    async fn wait_for(&mut self, creates: usize) {
        let clock = self.clock.clone();
        let waited = timeout(&*clock, AT_MOST, async {
            while self.creates() < creates && !self.have_ended() {
                clock.sleep(Duration::from_millis(10)).await;
            }
        });
        assert!(waited.await.is_some(), "{creates} of {}", self.creates());
    }

    /// Waits until nothing has been created for two seconds, in which processes that start anything start many.
    /// What they sent before they noticed a failover may arrive until then.
    async fn wait_for_silence(&self) {
        let clock = self.clock.clone();
        let silence = timeout(&*clock, AT_MOST, async {
            let mut before = None;
            while before != Some(self.creates()) {
                before = Some(self.creates());
                clock.sleep(Duration::from_secs(2)).await;
            }
        });
        assert!(silence.await.is_some(), "{} creates", self.creates());
    }

    /// Accepts the server, again while locks of processes, or a busy machine, keep it from answering in time.
    async fn accept_failover(&self) {
        let clock = self.clock.clone();
        let accepted = timeout(&*clock, AT_MOST, async {
            while let Err(error) = self.ledger.accept_failover().await {
                let (busy, slow) = (LedgerErrorKind::Busy, LedgerErrorKind::Unreachable);
                assert!([busy, slow].contains(&error.kind()), "{error}");
            }
        });
        assert!(accepted.await.is_some());
    }

    fn have_ended(&mut self) -> bool {
        self.running.iter_mut().all(Worker::has_ended)
    }

    /// Kills one process at a random point and starts another one.
    async fn replace_one(&mut self) {
        let pause = Duration::from_millis(self.rng.u64(0..120));
        self.clock.sleep(pause).await;
        let which = self.rng.usize(..self.running.len());
        drop(self.running.swap_remove(which));
        self.running.push(Worker::start(&self.places));
    }

    /// Kills processes at regular intervals, then waits for the end of the run.
    async fn finish(mut self, plan: Plan) -> Figures {
        let every = (plan.rows * 3 / 4).checked_div(plan.kills);
        for kill in 0..plan.kills {
            self.wait_for((kill + 1) * every.unwrap_or(1)).await;
            self.replace_one().await;
        }
        let clock = self.clock.clone();
        let ended = timeout(&*clock, AT_MOST, async {
            while !self.have_ended() {
                clock.sleep(Duration::from_millis(50)).await;
            }
        });
        assert!(ended.await.is_some());
        let figures = self.figures(plan).await;
        println!("{figures}");
        figures
    }

    async fn figures(&self, plan: Plan) -> Figures {
        let filter = Filter {
            batch: Some(batch()),
            limit: plan.rows + 1,
            ..Filter::default()
        };
        let items = self.ledger.list(&filter).await.unwrap();
        assert_eq!(items.len(), plan.rows);
        let tasks: HashSet<_> = items.iter().filter_map(|item| item.task.clone()).collect();
        let in_doubt = items.iter().filter(|item| item.state == State::InDoubt);
        let in_doubt = in_doubt.count();
        let bill = self.emulator.bill();
        let billed: HashSet<_> = bill.items.iter().map(|item| item.task_id.clone()).collect();
        assert!(tasks.is_subset(&billed), "a task that was never billed");
        let unknown = billed.difference(&tasks).count();
        let requests = self.emulator.requests();
        let mut arrivals: Vec<_> = requests.iter().map(|request| request.at_us).collect();
        arrivals.sort_unstable();
        let throttled = requests
            .iter()
            .filter(|request| request.outcome == Outcome::Refused);
        let took = arrivals.last().unwrap() - arrivals.first().unwrap();
        let after_the_first = u32::try_from(arrivals.len() - LIMIT).unwrap();
        Figures {
            rows: plan.rows,
            kills: plan.kills,
            created: tasks.len(),
            in_doubt,
            false_doubts: in_doubt.saturating_sub(unknown),
            paid_twice: bill.duplicates,
            lost: unknown.saturating_sub(in_doubt)
                + plan.rows.saturating_sub(tasks.len() + in_doubt),
            throttled: throttled.count(),
            worst_second: most_in_any_second(&arrivals),
            too_early: first_too_early(&arrivals, LIMIT),
            rate: f64::from(after_the_first) / Duration::from_micros(took).as_secs_f64(),
        }
    }
}

fn batch() -> BatchId {
    BATCH.parse().unwrap()
}

async fn import(ledger: &Ledger, rows: usize) {
    let new = NewBatch {
        id: batch(),
        source: None,
    };
    ledger.create_batch(new).await.unwrap();
    let rows = (1..=rows).map(|number| {
        let body =
            format!(r#"{{"ModelName":"Hunyuan","ModelVersion":"1.5","Prompt":"clip {number}"}}"#);
        NewItem {
            key: number.to_string().parse().unwrap(),
            action: ACTION.to_owned(),
            model: None,
            hash: content_hash(ACTION, &body),
            body,
            ms: 5_000,
            price: None,
            out: None,
        }
    });
    ledger.import(&batch(), rows.collect()).await.unwrap();
}

/// A server that syncs its files, as in use.
fn server() -> Option<PostgresServer> {
    PostgresServer::start_with(&[]).unwrap()
}

fn with_seal(url: &str, folder: &TempDir) -> String {
    format!("{url}?seal={}", folder.path().display())
}

#[tokio::test]
async fn four_undisturbed_processes_start_every_row_once() {
    let Some(server) = server() else { return };
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan {
        rows: if is_long() { 600 } else { 80 },
        kills: 0,
    };
    let run = Run::new(with_seal(&server.url(), &folder), server.url(), plan.rows).await;
    let figures = run.finish(plan).await;
    figures.assert_sound();
    assert_eq!((figures.created, figures.in_doubt), (plan.rows, 0));
}

fn killed() -> Plan {
    if is_long() {
        Plan {
            rows: 600,
            kills: 100,
        }
    } else {
        Plan { rows: 60, kills: 8 }
    }
}

#[tokio::test]
async fn killed_processes_on_a_postgresql_server_pay_for_no_row_twice() {
    let Some(server) = server() else { return };
    let folder = tempfile::tempdir().unwrap();
    let ledger = with_seal(&server.url(), &folder);
    let run = Run::new(ledger, server.url(), killed().rows).await;
    run.finish(killed()).await.assert_sound();
}

#[tokio::test]
async fn killed_processes_behind_a_pooler_pay_for_no_row_twice() {
    let Some(server) = server() else { return };
    let Some(pooler) = PgBouncer::start(&server, 5).unwrap() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let ledger = with_seal(&pooler.url(""), &folder);
    let run = Run::new(ledger, pooler.url(""), killed().rows).await;
    run.finish(killed()).await.assert_sound();
}

/// As pods on hosts of their own, whose disks end with them.
#[tokio::test]
async fn pods_that_are_killed_with_their_disks_pay_for_no_row_twice() {
    let Some(server) = server() else { return };
    let folder = tempfile::tempdir().unwrap();
    let disks = Some(folder.path().to_owned());
    let (rows, url) = (killed().rows, server.url());
    let run = Run::with_disks(url.clone(), url, rows, disks).await;
    run.finish(killed()).await.assert_sound();
}

#[tokio::test]
async fn killed_processes_on_a_file_pay_for_no_row_twice() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("tasks.db").display().to_string();
    let limits = folder.path().join("limits").display().to_string();
    let run = Run::new(ledger, limits, killed().rows).await;
    run.finish(killed()).await.assert_sound();
}
