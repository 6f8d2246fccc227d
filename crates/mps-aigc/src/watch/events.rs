//! Streams of events.

use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, SystemTime},
};

use futures_util::Stream;

use super::{
    driver::drive,
    event::Event,
    options::WaitOptions,
    state::Ending,
    updates::{End, Update},
    watcher::WatchId,
};
use crate::{
    any_task::AnyTask,
    client::Shared,
    error::{Error, ErrorKind},
    family::Snapshot,
    handle::TaskHandle,
    results::Results,
};

/// The events of one task or of many, as a [`Stream`]. Returned by
/// [`Aigc::watch_all`](crate::Aigc::watch_all) and [`Task::events`](crate::Task::events).
///
/// It ends after the last event of every task. Polling continues while no event is read, and stops when
/// the stream is dropped; the tasks continue. A reader that is 1,000 events behind misses
/// [`Progress`](Event::Progress) and [`PollTrouble`](Event::PollTrouble), and nothing else.
///
/// It has to be read in a tokio runtime. All streams of a client are driven by a task of the runtime in
/// which the first of them is read: while that runtime is stopped but not dropped, the others wait.
#[must_use = "a stream that is dropped polls nothing"]
pub struct Events {
    shared: Arc<Shared>,
    watch: WatchId,
}

impl Events {
    pub(crate) fn new(
        shared: Arc<Shared>,
        tasks: impl ExactSizeIterator<Item = AnyTask>,
        options: &WaitOptions,
    ) -> Self {
        let clock = shared.client.clock();
        let (now, wall) = (clock.monotonic(), shared.client.service_time());
        let aged = tasks.map(|task| {
            let created = task.handle().created_at();
            let age = created.map(|at| wall.duration_since(at).unwrap_or_default());
            (task, age)
        });
        let watch = shared.watcher.state().watch(aged, options, now);
        Self { shared, watch }
    }

    /// Returns the next event, or `None` after the last event of every task.
    ///
    /// # Cancel safety
    /// Dropping the future loses no event.
    pub async fn next(&mut self) -> Option<Event> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// Returns the ends of the tasks only, as a stream.
    pub fn outcomes(self) -> Outcomes {
        Outcomes(self)
    }

    pub(crate) async fn next_update(&mut self) -> Option<WaitUpdate> {
        let update = poll_fn(|cx| self.poll_update(cx)).await?;
        Some(match update {
            Update::Event(event) => WaitUpdate::Event(event),
            Update::End(end) => {
                let pending_at = self.pending_at(&end);
                match end.ending {
                    Ending::Done(snapshot) => WaitUpdate::Done(snapshot, pending_at),
                    Ending::Failed(error) => WaitUpdate::Failed(error),
                }
            }
        })
    }

    fn poll_update(&mut self, cx: &mut Context<'_>) -> Poll<Option<Update>> {
        let mut state = self.shared.watcher.state();
        loop {
            if let Some(update) = state.next_update(self.watch, cx.waker()) {
                return Poll::Ready(Some(update));
            }
            if state.is_over(self.watch) {
                return Poll::Ready(None);
            }
            let Ok(runtime) = tokio::runtime::Handle::try_current() else {
                let message = "tasks can only be watched in a tokio runtime";
                state.fail(self.watch, &Error::new(ErrorKind::InvalidRequest, message));
                continue;
            };
            if state.needs_driver() {
                runtime.spawn(drive(self.shared.clone()));
            }
            return Poll::Pending;
        }
    }

    fn event(&self, update: Update) -> Event {
        let end = match update {
            Update::Event(event) => return event,
            Update::End(end) => end,
        };
        let pending_at = self.pending_at(&end);
        let task = end.task;
        match end.ending {
            Ending::Done(snapshot) => {
                let client = &self.shared.client;
                let results = Results::of(client, &task, &snapshot, pending_at);
                Event::Done { task, results }
            }
            Ending::Failed(error) => Event::Failed { task, error },
        }
    }

    /// Returns the last moment at which a task was known not to be done.
    fn pending_at(&self, end: &End) -> Option<SystemTime> {
        let clock = self.shared.client.clock();
        let seen = end.pending_at.and_then(|at| {
            let since: Duration = clock.monotonic().saturating_sub(at);
            self.shared.client.service_time().checked_sub(since)
        });
        seen.or_else(|| end.task.created_at())
    }
}

/// An update of the wait for one task.
pub(crate) enum WaitUpdate {
    Event(Event),
    Done(Box<Snapshot>, Option<SystemTime>),
    Failed(Error),
}

impl Stream for Events {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        let update = self.poll_update(cx);
        update.map(|update| update.map(|update| self.event(update)))
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.shared.watcher.state().unwatch(self.watch);
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").finish_non_exhaustive()
    }
}

/// The ends of tasks in the order in which they are noticed, as a [`Stream`]. Returned by
/// [`Aigc::wait_all`](crate::Aigc::wait_all). Otherwise as [`Events`].
#[must_use = "a stream that is dropped polls nothing"]
#[derive(Debug)]
pub struct Outcomes(Events);

impl Outcomes {
    /// Returns the next task that ended with its results or the reason why it has none, or `None` after
    /// the last task.
    ///
    /// # Cancel safety
    /// Dropping the future loses no outcome.
    pub async fn next(&mut self) -> Option<(TaskHandle, Result<Results, Error>)> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }
}

impl Stream for Outcomes {
    type Item = (TaskHandle, Result<Results, Error>);

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match Pin::new(&mut self.0).poll_next(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Ready(Some(Event::Done { task, results })) => {
                    return Poll::Ready(Some((task, Ok(results))));
                }
                Poll::Ready(Some(Event::Failed { task, error })) => {
                    return Poll::Ready(Some((task, Err(error))));
                }
                Poll::Ready(Some(_)) => {}
            }
        }
    }
}
