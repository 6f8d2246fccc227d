//! The state of a batch as a result: `mps.batch/1`, and a summary for people.

use std::{collections::BTreeMap, fmt::Write as _};

use mps_jobs::{
    Amount, State, Utc,
    ledger::{Batch, BatchStatus},
};
use serde::Serialize;

use crate::{
    doubt::ID_PLACEHOLDER,
    foreign_text,
    live::{BatchProgress, units},
    options::GlobalOptions,
    resume::CommandLine,
};

/// The most rows in doubt that are named.
pub(super) const MOST_DOUBTS: u32 = 100;

/// `mps.batch/1`.
#[derive(Debug, Serialize)]
pub(super) struct BatchResult {
    schema: &'static str,
    name: String,
    rows: u64,
    /// The number of rows in each state.
    #[serde(flatten)]
    counts: BTreeMap<&'static str, u64>,
    /// Billed seconds, those of open and doubtful rows included.
    seconds: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    cap_seconds: Option<u64>,
    /// Money spent, that of open and doubtful rows included.
    #[serde(skip_serializing_if = "Option::is_none")]
    spent: Option<String>,
    /// The cap on money.
    #[serde(skip_serializing_if = "Option::is_none")]
    cap: Option<String>,
    /// The earliest time at which results expire that are not fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    earliest_expiry: Option<Utc>,
    /// The first rows in doubt, each with the commands that decide it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    doubts: Vec<DoubtfulRow>,
}

/// A row in doubt.
#[derive(Debug, Serialize)]
struct DoubtfulRow {
    key: String,
    show: CommandLine,
    resolve: [CommandLine; 3],
}

impl BatchResult {
    pub(super) fn of(status: &BatchStatus, global: &GlobalOptions) -> Self {
        let batch = &status.batch;
        let counts = State::ALL.map(|state| (state.as_str(), status.count(state)));
        let name = |key: &mps_jobs::Key| format!("{}/{key}", batch.id);
        Self {
            schema: "mps.batch/1",
            name: batch.id.to_string(),
            rows: status.rows(),
            counts: counts.into_iter().collect(),
            seconds: seconds(batch.held_ms.saturating_add(batch.spent_ms)),
            cap_seconds: batch.cap_ms.map(seconds),
            spent: money(batch).map(|amount| amount.to_string()),
            cap: batch.cap.map(|cap| Amount::from_micros(cap).to_string()),
            earliest_expiry: status.earliest_expiry.map(Utc),
            doubts: status
                .in_doubt
                .iter()
                .map(|key| DoubtfulRow::of(&name(key), global))
                .collect(),
        }
    }

    /// Returns the summary for people.
    pub(super) fn human(&self) -> String {
        let name = foreign_text::name(&self.name);
        let count = |state: State| self.counts.get(state.as_str()).copied().unwrap_or_default();
        let fetched = units::grouped(count(State::Fetched));
        let mut text = format!("{name}: {fetched} of {} fetched", units::grouped(self.rows));
        let mut fact = |name: &str, value: &str| {
            // Writing to a string cannot fail.
            let _ = write!(text, "\n  {name:<10} {value}");
        };
        for state in State::ALL.into_iter().filter(|state| count(*state) > 0) {
            fact(state.words(), &units::grouped(count(state)));
        }
        fact("spent", &self.spending());
        if let Some(expiry) = self.earliest_expiry {
            fact(
                "expiry",
                &format!("{expiry} for the first result that is not fetched"),
            );
        }
        for doubt in &self.doubts {
            let key = foreign_text::name(&doubt.key);
            let _ = write!(
                text,
                "\n{key} is in doubt: it may have been billed\n  {}",
                doubt.show
            );
            for line in &doubt.resolve {
                let _ = write!(text, "\n  {line}");
            }
        }
        text
    }

    /// Returns the spending beside its caps, for example `1,490 of 3,000 s`.
    fn spending(&self) -> String {
        let of = |used: String, cap: Option<String>| match cap {
            Some(cap) => format!("{used} of {cap}"),
            None => used,
        };
        let seconds = of(
            units::grouped(self.seconds),
            self.cap_seconds.map(units::grouped),
        );
        let seconds = format!("{seconds} s");
        match &self.spent {
            Some(spent) => format!("{seconds}, {}", of(spent.clone(), self.cap.clone())),
            None => seconds,
        }
    }

    /// Returns the counts for the live view.
    pub(super) fn progress(&self) -> BatchProgress {
        let count = |states: &[State]| {
            let counts = states.iter().map(|state| self.counts.get(state.as_str()));
            counts.flatten().sum()
        };
        BatchProgress {
            name: foreign_text::name(&self.name).into_owned(),
            rows: self.rows,
            planned: count(&[State::Planned]),
            starting: count(&[State::Intent, State::Sending]),
            running: count(&[State::Created]),
            done: count(&[State::Done]),
            fetched: count(&[State::Fetched]),
            failed: count(&[
                State::Refused,
                State::Unsent,
                State::Failed,
                State::Expired,
                State::Abandoned,
            ]),
            in_doubt: count(&[State::InDoubt]),
            spent: self.spending(),
        }
    }
}

impl DoubtfulRow {
    fn of(name: &str, global: &GlobalOptions) -> Self {
        let resolve = |decision: &[&str]| CommandLine::for_resolve(global, name, decision);
        Self {
            key: name.to_owned(),
            show: CommandLine::for_show(global, name),
            resolve: [
                resolve(&["--task-id", ID_PLACEHOLDER]),
                resolve(&["--recreate"]),
                resolve(&["--abandon"]),
            ],
        }
    }
}

/// Returns the money that is spent or held; `None` if no price is known.
fn money(batch: &Batch) -> Option<Amount> {
    let used = batch.held.saturating_add(batch.spent);
    (used > 0 || batch.cap.is_some()).then(|| Amount::from_micros(used))
}

fn seconds(ms: i64) -> u64 {
    u64::try_from(ms / 1_000).unwrap_or_default()
}
