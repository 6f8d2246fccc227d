//! The state of the wait for one task: what an answer means for it. Pure.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    time::Duration,
};

use mps_core::{ErrorKind as CallErrorKind, text::foreign};
use mps_models::TaskPhase;

use super::{
    event::{Event, status_event},
    refusals::Refusals,
};
use crate::{error::Error, family::Snapshot, handle::TaskHandle};

/// Maximum length of an id or a status in a log, in characters.
const LOGGED_CHARS: usize = 200;
/// Pauses after failed polls in a row; the last one repeats.
const PAUSES_AFTER_FAILURES: [Duration; 5] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(15),
];
/// Pauses before a task that is done without a result URL is polled again. The service is known to
/// write the status before the URL.
const PAUSES_WITHOUT_URL: [Duration; 5] = PAUSES_AFTER_FAILURES;

/// The state of the wait for one task, in few bytes: there may be 100,000.
#[derive(Debug)]
pub(super) struct WaitState {
    /// Hash of the last status and stage; 0 before the first answer.
    status: u32,
    is_own: bool,
    is_known: bool,
    warned: bool,
    polls_without_url: u8,
    trouble: Option<Box<Trouble>>,
}

/// Failed polls in a row.
#[derive(Debug)]
struct Trouble {
    refusals: Refusals,
    since: Duration,
    polls: usize,
    last: mps_core::Error,
}

/// The consequence of a poll.
#[derive(Debug)]
pub(super) enum Step {
    /// The task is pending.
    Pending,
    /// Poll again after a pause; nothing was learned about the duration.
    Again(Duration),
    /// The poll was not sent, because the limiter is busy.
    NotSent,
    /// The wait is over.
    End(Ending),
}

/// The end of a wait.
#[derive(Clone, Debug)]
pub(super) enum Ending {
    /// The task is done.
    Done(Box<Snapshot>),
    /// The task failed, or the wait did.
    Failed(Error),
}

impl WaitState {
    /// Returns the state of a wait that begins. `is_own` if this process has created the task.
    pub(super) fn new(is_own: bool) -> Self {
        Self {
            status: 0,
            is_own,
            is_known: is_own,
            warned: false,
            polls_without_url: 0,
            trouble: None,
        }
    }

    /// Records an answer and returns its consequence; events are added to `events`.
    pub(super) fn polled(
        &mut self,
        task: &TaskHandle,
        polled: Result<Snapshot, mps_core::Error>,
        now: Duration,
        events: &mut Vec<Event>,
    ) -> Step {
        match polled {
            Ok(snapshot) => self.described(task, snapshot, events),
            Err(error) if was_not_sent(&error) => Step::NotSent,
            Err(error) => self.failed(task, error, now, events),
        }
    }

    /// Returns the error of a wait whose deadline passes.
    pub(super) fn timed_out(&self, task: &TaskHandle, limit: Duration) -> Error {
        let error = Error::wait_timed_out(task.id(), limit);
        match &self.trouble {
            Some(trouble) => error.with_source(trouble.last.clone()),
            None => error,
        }
    }

    fn described(
        &mut self,
        task: &TaskHandle,
        snapshot: Snapshot,
        events: &mut Vec<Event>,
    ) -> Step {
        self.is_known = true;
        // A reader that shows failing polls has to learn that they ended.
        if self.trouble.take().is_some() {
            self.status = 0;
        }
        self.report(task, &snapshot, events);
        if let Some(error) = Error::of_stage(task.family(), task.id(), &snapshot) {
            return Step::End(Ending::Failed(error));
        }
        match snapshot.phase {
            TaskPhase::Pending => Step::Pending,
            TaskPhase::Failed => {
                let reason = snapshot.message.as_deref();
                Step::End(Ending::Failed(Error::task_failed(task.id(), reason)))
            }
            TaskPhase::Succeeded => self.succeeded(task, snapshot),
        }
    }

    fn succeeded(&mut self, task: &TaskHandle, snapshot: Snapshot) -> Step {
        let pauses = pauses_without_url(&snapshot);
        if let Some(pause) = pauses.get(usize::from(self.polls_without_url)) {
            self.polls_without_url += 1;
            return Step::Again(*pause);
        }
        Step::End(if snapshot.results.is_empty() {
            Ending::Failed(Error::no_result(task.id()))
        } else {
            Ending::Done(Box::new(snapshot))
        })
    }

    fn report(&mut self, task: &TaskHandle, snapshot: &Snapshot, events: &mut Vec<Event>) {
        if !snapshot.is_known_status && !self.warned {
            self.warned = true;
            tracing::warn!(
                task_id = &*foreign(task.id(), LOGGED_CHARS),
                status = &*foreign(&snapshot.status, LOGGED_CHARS),
                "this version does not know the task's status; waiting on"
            );
            events.push(Event::UnknownStatus {
                task: task.clone(),
                status: snapshot.status.clone(),
            });
        }
        let status = hash(snapshot);
        if status != self.status {
            self.status = status;
            events.push(status_event(task, snapshot));
        }
    }

    fn failed(
        &mut self,
        task: &TaskHandle,
        error: mps_core::Error,
        now: Duration,
        events: &mut Vec<Event>,
    ) -> Step {
        let (is_own, is_known) = (self.is_own, self.is_known);
        let trouble = self.trouble.get_or_insert_with(|| {
            Box::new(Trouble {
                refusals: Refusals::new(is_own, is_known),
                since: now,
                polls: 0,
                last: error.clone(),
            })
        });
        if trouble.refusals.failed(&error, now) {
            let error = Error::from(error).with_task(task.id());
            return Step::End(Ending::Failed(error));
        }
        tracing::warn!(
            task_id = &*foreign(task.id(), LOGGED_CHARS),
            kind = error.kind().as_str(),
            code = error.code(),
            "a poll failed; waiting on"
        );
        let [.., longest] = PAUSES_AFTER_FAILURES;
        let pause = PAUSES_AFTER_FAILURES.get(trouble.polls).copied();
        trouble.polls += 1;
        trouble.last = error.clone();
        events.push(Event::PollTrouble {
            task: task.clone(),
            since: now.saturating_sub(trouble.since),
            error: Error::from(error).with_task(task.id()),
        });
        Step::Again(pause.unwrap_or(longest))
    }
}

/// Returns whether a poll got no permit in time, which says nothing about the task or the service.
fn was_not_sent(error: &mps_core::Error) -> bool {
    error.kind() == CallErrorKind::Timeout && error.attempts() == 0
}

/// Returns the pauses before a task that is done is polled again because its result has no URL yet;
/// none if it has one. A result that is stored in the caller's bucket may never have one.
fn pauses_without_url(snapshot: &Snapshot) -> &'static [Duration] {
    if snapshot.results.iter().any(|file| file.url().is_some()) {
        return &[];
    }
    let stored = !snapshot.results.is_empty();
    PAUSES_WITHOUT_URL
        .get(..if stored { 2 } else { 5 })
        .unwrap_or(&[])
}

/// Returns a hash of status and stage that is not 0.
fn hash(snapshot: &Snapshot) -> u32 {
    let mut hasher = DefaultHasher::new();
    (&snapshot.status, &snapshot.stage).hash(&mut hasher);
    let [.., a, b, c, d] = hasher.finish().to_be_bytes();
    u32::from_be_bytes([a, b, c, d]).max(1)
}
