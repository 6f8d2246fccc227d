//! The comparison of the ledger, the files and the emulator's bill, row by row.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    time::Duration,
};

use mps_core::clock::SharedClock;
use mps_emulator::Emulator;
use mps_jobs::{
    Job, Ledger, State,
    ledger::{Filter, Item},
};
use serde::Serialize;

use super::workers::Place;
use crate::{commands::create::existing::is_whole, failure::Failure};

/// Rows that are read at once.
const PAGE: usize = 1_000;

/// `mps.chaos/1`: the figures of a run.
#[derive(Debug, Default, Serialize)]
pub(super) struct Comparison {
    schema: &'static str,
    seed: u64,
    rows: usize,
    kills: u32,
    /// Rows with a task.
    created: usize,
    /// Executed creates on the bill.
    billed: u64,
    /// Creates on the bill beyond the first of each row.
    duplicates: usize,
    /// Creates on the bill, rows and files that nothing in the ledger accounts for.
    lost: usize,
    /// Rows that are in doubt.
    in_doubt: usize,
    /// Rows in doubt that were not billed.
    false_doubts: usize,
    /// Rows whose result is saved and has the recorded content.
    fetched: usize,
    /// Rows in any other state: not sent, refused, or not fetched.
    other: usize,
    elapsed_ms: u128,
}

impl Comparison {
    /// Compares the ledger and the files with the bill.
    pub(super) async fn new(
        place: &Place,
        emulator: &Emulator,
        clock: &SharedClock,
    ) -> Result<Self, Failure> {
        let ledger = Ledger::open(place.ledger(), clock.clone()).await?;
        ledger.reap().await?;
        let mut items = items(&ledger, place).await?;
        let bill = emulator.bill();
        let mut billed: HashMap<&str, Vec<&str>> = HashMap::new();
        for item in &bill.items {
            let tasks = billed.entry(&item.request).or_default();
            tasks.push(&item.task_id);
        }
        let mut figures = Self {
            schema: "mps.chaos/1",
            rows: place.rows().len(),
            billed: bill.creates,
            ..Self::default()
        };
        for row in place.rows() {
            let tasks = billed.remove(row.request.as_str()).unwrap_or_default();
            match items.remove(row.key.as_str()) {
                Some(item) => figures.add(&ledger, item, &tasks).await?,
                None => figures.lost += 1,
            }
        }
        // Creates of no row.
        figures.lost += billed.len() + items.len();
        Ok(figures)
    }

    /// Adds the figures of the run itself.
    pub(super) fn with_run(self, seed: u64, kills: u32, elapsed: Duration) -> Self {
        Self {
            seed,
            kills,
            elapsed_ms: elapsed.as_millis(),
            ..self
        }
    }

    /// Adds a row with the tasks that it was billed.
    async fn add(&mut self, ledger: &Ledger, item: Item, billed: &[&str]) -> Result<(), Failure> {
        self.duplicates += billed.len().saturating_sub(1);
        let known: HashSet<_> = item.task.iter().map(String::as_str).collect();
        let unknown = billed.iter().filter(|task| !known.contains(*task)).count();
        let is_unbilled = known.iter().any(|task| !billed.contains(task));
        match item.state {
            State::InDoubt => {
                self.in_doubt += 1;
                self.false_doubts += usize::from(billed.is_empty());
                // One create is accounted for by the doubt.
                self.lost += unknown.saturating_sub(1);
                return Ok(());
            }
            _ => self.lost += unknown + usize::from(is_unbilled),
        }
        self.created += usize::from(item.task.is_some());
        if item.state != State::Fetched {
            self.other += 1;
            return Ok(());
        }
        let files = Job::of(ledger, item).await?.files();
        if !files.is_empty() && files.iter().all(is_whole) {
            self.fetched += 1;
        } else {
            self.lost += 1;
        }
        Ok(())
    }

    /// Returns `true` if nothing was paid twice, nothing is lost, and every row has come to its end.
    pub(super) fn is_sound(&self) -> bool {
        self.complaint().is_empty()
    }

    /// Returns the faults as text; empty if there is none.
    pub(super) fn complaint(&self) -> String {
        let wrong = [
            (self.duplicates, "paid twice"),
            (self.lost, "lost"),
            (self.other, "not fetched"),
        ];
        let wrong = wrong.iter().filter(|(count, _)| *count > 0);
        let wrong: Vec<_> = wrong
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        wrong.join(", ")
    }
}

async fn items(ledger: &Ledger, place: &Place) -> Result<HashMap<String, Item>, Failure> {
    let mut items = HashMap::new();
    let mut after = None;
    loop {
        let filter = Filter {
            batch: Some(place.batch().clone()),
            after: after.take(),
            limit: PAGE,
            ..Filter::default()
        };
        let page = ledger.list(&filter).await?;
        let Some(last) = page.last() else {
            return Ok(items);
        };
        after = Some((last.added, last.row.clone()));
        items.extend(page.into_iter().map(|item| (item.key.to_string(), item)));
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} rows, {} kills, {} s: created {}, billed {}, fetched {}, duplicates {}, lost {}, in doubt \
             {} ({} of them not billed)",
            self.rows,
            self.kills,
            self.elapsed_ms / 1_000,
            self.created,
            self.billed,
            self.fetched,
            self.duplicates,
            self.lost,
            self.in_doubt,
            self.false_doubts
        )
    }
}

#[cfg(test)]
mod tests {
    use mps_core::clock::SystemClock;
    use mps_jobs::ledger::{Answer, Caps, Claim, NewItem, Single, Submission};

    use super::*;

    fn ledger() -> Ledger {
        Ledger::in_memory(SystemClock::shared()).unwrap()
    }

    async fn claim(ledger: &Ledger) -> Claim {
        let item = NewItem::new(
            "1".parse().unwrap(),
            "CreateAigcVideoTask",
            "{}".to_owned(),
            None,
        );
        let single = Single {
            account: "account".to_owned(),
            endpoint: "host".to_owned(),
            item,
            again: false,
            caps: Caps::default(),
            agent_cap_ms: None,
        };
        match ledger.submit(single).await.unwrap() {
            Submission::Claimed(claim) => *claim,
            _ => unreachable!("the ledger is empty"),
        }
    }

    /// Returns the figures of a row in a state that was billed these tasks: duplicates, lost, in doubt,
    /// and false doubts.
    async fn figures(state: State, billed: &[&str]) -> [usize; 4] {
        let ledger = ledger();
        let claim = claim(&ledger).await;
        let token = claim.token();
        if state != State::Unsent {
            ledger.arm(&token).await.unwrap();
        }
        let answer = Answer::default();
        match state {
            State::Unsent => drop(ledger.not_sent(&token, answer).await.unwrap()),
            State::InDoubt => drop(ledger.in_doubt(&token, answer).await.unwrap()),
            _ => drop(ledger.created(&token, "task-1", answer).await.unwrap()),
        }
        if state == State::Fetched {
            ledger
                .done(&token.row, mps_jobs::ledger::Finished::default())
                .await
                .unwrap();
            ledger.fetched(&token.row, &[]).await.unwrap();
        }
        let item = ledger.get(&token.row).await.unwrap().unwrap();
        assert_eq!(item.state, state);
        let mut figures = Comparison::default();
        figures.add(&ledger, item, billed).await.unwrap();
        [
            figures.duplicates,
            figures.lost,
            figures.in_doubt,
            figures.false_doubts,
        ]
    }

    #[tokio::test]
    async fn every_create_on_the_bill_is_accounted_for_or_lost() {
        for (state, billed, expected) in [
            (State::Created, &["task-1"][..], [0, 0, 0, 0]),
            // Paid twice: the ledger has one of both.
            (State::Created, &["task-1", "task-2"], [1, 1, 0, 0]),
            // The ledger has a task that was never billed, and does not have the one that was.
            (State::Created, &["task-2"], [0, 2, 0, 0]),
            (State::InDoubt, &["task-2"], [0, 0, 1, 0]),
            (State::InDoubt, &[], [0, 0, 1, 1]),
            (State::InDoubt, &["task-2", "task-3"], [1, 1, 1, 0]),
            // Billed, and the ledger would send it again.
            (State::Unsent, &["task-2"], [0, 1, 0, 0]),
            (State::Unsent, &[], [0, 0, 0, 0]),
            // Fetched, and there is no file.
            (State::Fetched, &["task-1"], [0, 1, 0, 0]),
        ] {
            assert_eq!(figures(state, billed).await, expected, "{state} {billed:?}");
        }
    }

    #[test]
    fn only_a_run_without_duplicates_and_losses_is_sound() {
        let sound = || Comparison {
            rows: 3,
            fetched: 2,
            in_doubt: 1,
            ..Comparison::default()
        };
        assert!(sound().is_sound());
        let duplicates = Comparison {
            duplicates: 1,
            ..sound()
        };
        let lost = Comparison { lost: 2, ..sound() };
        let open = Comparison {
            fetched: 1,
            other: 1,
            ..sound()
        };
        for (wrong, complaint) in [
            (duplicates, "1 paid twice"),
            (lost, "2 lost"),
            (open, "1 not fetched"),
        ] {
            assert_eq!(wrong.complaint(), complaint);
        }
    }
}
