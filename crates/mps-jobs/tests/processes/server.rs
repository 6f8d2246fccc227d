//! The emulator's server, and what its bill says about a ledger.

use std::{collections::HashSet, path::Path, time::Duration};

use mps_aigc::Endpoint;
use mps_core::clock::SystemClock;
use mps_emulator::Emulator;
use mps_jobs::{
    Ledger, State,
    ledger::{Filter, Item},
};

use crate::{arrivals::first_too_early, bounded::within};

/// The creates that the service permits in any second.
const LIMIT: usize = 10;

/// Starts an emulator whose tasks take 2 s.
pub(crate) async fn start() -> Emulator {
    let builder = Emulator::builder().task_times(Duration::from_secs(1), Duration::from_secs(1));
    builder.start().await.unwrap()
}

/// Waits until a condition is true.
pub(crate) async fn until(what: &str, mut is_true: impl FnMut() -> bool) {
    until_async(what, async || is_true()).await;
}

/// Waits until a condition is true that takes time to find out.
pub(crate) async fn until_async(what: &str, mut is_true: impl AsyncFnMut() -> bool) {
    let clock = SystemClock::shared();
    let wait = async {
        while !is_true().await {
            clock.sleep(Duration::from_millis(5)).await;
        }
    };
    within(what, wait).await;
}

/// The ends of the jobs, compared with the tasks that were billed.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) creates: u64,
    pub(crate) duplicates: u64,
    pub(crate) fetched: usize,
    pub(crate) in_doubt: usize,
    /// Rows in any other state.
    pub(crate) other: usize,
    /// Billed tasks that no row has. Each has to be one of the rows in doubt.
    pub(crate) unknown_tasks: usize,
}

impl Account {
    /// Compares the ledger at a path with the bill.
    pub(crate) async fn of(emulator: &Emulator, path: &Path) -> Self {
        let ledger = Ledger::open(path.to_str().unwrap(), SystemClock::shared())
            .await
            .unwrap();
        ledger.reap().await.unwrap();
        let filter = Filter {
            limit: 100_000,
            ..Filter::default()
        };
        let items = ledger.list(&filter).await.unwrap();
        let bill = emulator.bill();
        let count = |state| items.iter().filter(|item| item.state == state).count();
        let known: HashSet<_> = items
            .iter()
            .filter_map(|item: &Item| item.task.as_deref())
            .collect();
        let unknown = bill
            .items
            .iter()
            .filter(|item| !known.contains(&*item.task_id))
            .count();
        Self {
            creates: bill.creates,
            duplicates: bill.duplicates,
            fetched: count(State::Fetched),
            in_doubt: count(State::InDoubt),
            other: items.len() - count(State::Fetched) - count(State::InDoubt),
            unknown_tasks: unknown,
        }
    }

    /// Checks that nothing was paid twice or lost: every billed task is fetched or in doubt.
    pub(crate) fn check(&self, rows: usize) {
        assert_eq!((self.duplicates, self.other), (0, 0), "{self:?}");
        assert_eq!(self.fetched + self.in_doubt, rows, "{self:?}");
        assert!(self.unknown_tasks <= self.in_doubt, "{self:?}");
    }

    /// Returns the number of rows in doubt whose request was not executed.
    pub(crate) fn false_doubts(&self) -> usize {
        self.in_doubt - self.unknown_tasks
    }
}

/// Checks that no create was executed earlier than the limit of all processes together permits.
pub(crate) fn check_limit(emulator: &Emulator) {
    let bill = emulator.bill();
    let at: Vec<_> = bill.items.iter().map(|item| item.at_us).collect();
    assert_eq!(first_too_early(&at, LIMIT), None, "{at:?}");
}

/// Returns starts a second, from the first to the last create.
pub(crate) fn rate(emulator: &Emulator) -> f64 {
    let bill = emulator.bill();
    let (first, last) = (bill.items.first().unwrap(), bill.items.last().unwrap());
    let span = Duration::from_micros(last.at_us - first.at_us);
    f64::from(u32::try_from(bill.items.len() - 1).unwrap()) / span.as_secs_f64()
}

pub(crate) fn endpoint(url: &str) -> Endpoint {
    Endpoint::parse(url).unwrap()
}
