//! The report of a run.

use std::fmt;

use mps_core::text::grouped;

use crate::{
    doubt::DoubtPage,
    error::JobsError,
    ledger::{Batch, BatchId, Count, Filter, Key, Ledger, count_of},
    state::State,
};

/// The most jobs in doubt that a report contains.
const MOST_IN_DOUBT: usize = 1_000;

/// The state of a batch at the end of a run.
///
/// `Display` is one line, for example `298 fetched, 1 failed, 1 in doubt, 1,490 of 3,000 s`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// The number of jobs in each state that occurs, with their sums.
    pub counts: Vec<Count>,
    /// The batch with its caps and sums; `None` if nothing was submitted yet.
    pub batch: Option<Batch>,
    /// The reason why jobs are still planned although they could be sent; `None` if there is none.
    pub stopped: Option<Stopped>,
    /// Answers that could not be recorded, because the ledger failed after the request had left. The
    /// jobs become in doubt when this process ends.
    pub unrecorded: Vec<Unrecorded>,
    /// Results that could not be saved, with the reason. They can be fetched until they expire.
    pub unsaved: Vec<(Key, String)>,
    /// Fetched jobs whose files had been deleted from the folder, and were fetched again.
    pub restored: Vec<Key>,
    /// Fetched jobs whose files were deleted from the folder, and whose results the service no longer has.
    pub gone: Vec<Key>,
    in_doubt: Vec<DoubtPage>,
}

/// The reason why nothing more was sent.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Stopped {
    /// A cap on spending is reached.
    Cap(crate::LedgerError),
    /// The account's credentials, permissions or balance are not in order.
    Account(mps_core::Error),
    /// The service could not be reached, or accepted no request, since the run began.
    Service(mps_core::Error),
    /// The ledger cannot be written.
    Ledger(crate::LedgerError),
    /// Results are not fetched as fast as they would expire.
    Fetching,
    /// Rows of the manifest could not be added; those before them were.
    Import(JobsError),
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cap(error) | Self::Ledger(error) => error.fmt(f),
            Self::Account(error) | Self::Service(error) => error.fmt(f),
            Self::Fetching => f.write_str("results are not fetched as fast as they would expire"),
            Self::Import(error) => error.fmt(f),
        }
    }
}

/// An answer that the ledger does not have.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Unrecorded {
    /// The key of the job.
    pub key: Key,
    /// The task that the answer names, which is billed; `None` for any other answer.
    pub task: Option<String>,
    /// The error of the ledger.
    pub error: crate::LedgerError,
}

impl Report {
    pub(crate) async fn of(ledger: &Ledger, batch: &BatchId) -> Result<Self, JobsError> {
        let filter = Filter {
            batch: Some(batch.clone()),
            states: vec![State::InDoubt],
            limit: MOST_IN_DOUBT,
            ..Filter::default()
        };
        let mut in_doubt = Vec::new();
        for item in ledger.list(&filter).await? {
            in_doubt.push(DoubtPage::of(ledger, &item).await?);
        }
        Ok(Self {
            counts: ledger.count(batch).await?,
            batch: ledger.batch(batch).await?,
            stopped: None,
            unrecorded: Vec::new(),
            unsaved: Vec::new(),
            restored: Vec::new(),
            gone: Vec::new(),
            in_doubt,
        })
    }

    /// Returns the number of jobs in a state.
    #[must_use]
    pub fn count(&self, state: State) -> u64 {
        count_of(&self.counts, state)
    }

    /// Returns the jobs in doubt, each with what to do next; the first 1,000.
    #[must_use]
    pub fn in_doubt(&self) -> impl ExactSizeIterator<Item = &DoubtPage> {
        self.in_doubt.iter()
    }

    /// Returns `true` if every job was fetched.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.counts
            .iter()
            .all(|count| count.state == State::Fetched)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The good news first, then the order of a job's life.
        let order = [State::Fetched, State::Done].into_iter();
        let rest = State::ALL.into_iter().rev();
        let rest = rest.filter(|state| !matches!(state, State::Fetched | State::Done));
        let counted = order.chain(rest).map(|state| (state, self.count(state)));
        let mut parts: Vec<_> = counted
            .filter(|(_, rows)| *rows > 0)
            .map(|(state, rows)| format!("{} {}", grouped(rows), state.words()))
            .collect();
        if parts.is_empty() {
            parts.push("no jobs".to_owned());
        }
        parts.extend(self.seconds());
        f.write_str(&parts.join(", "))
    }
}

impl Report {
    /// Returns the billed seconds, as in `1,490 of 3,000 s`.
    fn seconds(&self) -> Option<String> {
        let batch = self.batch.as_ref()?;
        let seconds = |ms: i64| grouped(u64::try_from(ms / 1_000).unwrap_or_default());
        let used = seconds(batch.held_ms.saturating_add(batch.spent_ms));
        Some(match batch.cap_ms {
            Some(cap) => format!("{used} of {} s", seconds(cap)),
            None => format!("{used} s"),
        })
    }
}
