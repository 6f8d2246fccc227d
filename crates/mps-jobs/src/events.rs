//! Changes of jobs as a stream: the tail of the ledger's audit.

use std::{collections::VecDeque, time::Duration};

use futures_util::{Stream, stream};
use serde::Serialize;

use crate::{
    error::JobsError,
    job::Utc,
    jobs::Jobs,
    ledger::{AuditEvent, Key},
    state::State,
};

/// The most events that are read at once.
const PAGE: u32 = 200;

/// Longest time after which a change by another process is noticed.
const PAUSE: Duration = Duration::from_millis(500);

/// A change of a job. Its JSON leaves absent values out.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct JobEvent {
    /// The number of the event, which grows. [`Jobs::events_after`] continues after it.
    pub n: i64,
    /// The key of the job.
    pub key: Key,
    /// The state before, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was: Option<State>,
    /// The state after.
    pub state: State,
    /// The time of the change.
    pub at: Utc,
    /// The reason, if one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl JobEvent {
    /// Returns `true` for results that could not be saved, with the reason as the note. The job stays
    /// done, and they are fetched again.
    #[must_use]
    pub fn is_unsaved(&self) -> bool {
        self.state == State::Done && self.was == Some(State::Done)
    }
}

/// A position in the audit.
struct Tail {
    jobs: Jobs,
    /// The number of the last event that was read; `None` before the first read.
    after: Option<i64>,
    read: VecDeque<AuditEvent>,
}

/// Returns the events after a position, or from now on.
pub(crate) fn stream(
    jobs: Jobs,
    after: Option<i64>,
) -> impl Stream<Item = Result<JobEvent, JobsError>> + Send + use<> {
    let read = VecDeque::new();
    let tail = Tail { jobs, after, read };
    stream::unfold(Some(tail), |tail| async move {
        let mut tail = tail?;
        match tail.next().await {
            Ok(event) => Some((Ok(event), Some(tail))),
            Err(error) => Some((Err(error), None)),
        }
    })
}

impl Tail {
    async fn next(&mut self) -> Result<JobEvent, JobsError> {
        let batch = self.jobs.batch_id()?;
        loop {
            let Some(event) = self.read.pop_front() else {
                self.read_on().await?;
                continue;
            };
            if event.row.batch == batch
                && let Some(item) = self.jobs.ledger()?.get(&event.row).await?
            {
                return Ok(JobEvent {
                    n: event.n,
                    key: item.key,
                    was: event.was,
                    state: event.now,
                    at: Utc(event.at),
                    note: event.note,
                });
            }
        }
    }

    /// Reads the next page, or waits if there is none yet.
    async fn read_on(&mut self) -> Result<(), JobsError> {
        let ledger = self.jobs.ledger()?;
        let after = match self.after {
            Some(after) => after,
            None => ledger.last_event().await?,
        };
        self.after = Some(after);
        // Registered before the read, so that no change in between is missed.
        let changed = self.jobs.changed.notified();
        let page = ledger.events_since(after, PAGE).await?;
        if let Some(last) = page.last() {
            self.after = Some(last.n);
        } else {
            let pause = ledger.clock().sleep(PAUSE);
            futures_util::future::select(std::pin::pin!(changed), pause).await;
        }
        self.read.extend(page);
        Ok(())
    }
}
