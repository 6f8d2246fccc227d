//! The tools `status` and `wait`.

use std::time::Duration;

use mps_aigc::{Error, ErrorKind, Event, WaitOptions};
use mps_jobs::{State, ledger::Item};
use rmcp::{
    RoleServer,
    model::{ProgressNotificationParam, ProgressToken},
    service::Peer,
};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{
    answer::Answered,
    arguments,
    session::{Session, cancelled},
};
use crate::foreign_text;

/// The progress notifications that a client asked for.
pub(super) struct Progress {
    pub(super) peer: Peer<RoleServer>,
    pub(super) token: ProgressToken,
}

/// Asks the service once about a task that is not done, and returns its state.
pub(super) async fn status(session: &Session, arguments: &arguments::OneKey) -> Answered {
    let item = session.item(&arguments.key).await?;
    let trouble = poll(session, &item).await;
    view(session, &item, trouble).await
}

/// Asks the service about a created task, and records the answer. Returns the error when there is none.
pub(super) async fn poll(session: &Session, item: &Item) -> Option<Error> {
    if item.state != State::Created {
        return None;
    }
    let (handle, tracked) = (
        item.handle(session.connection.client())?,
        session.tracked(item).ok()?,
    );
    let task = session.connection.aigc().task(handle);
    let snapshot = match Box::pin(task.status()).await {
        Ok(snapshot) => snapshot,
        Err(error) => {
            tracked.ended(&error).await;
            return Some(error);
        }
    };
    match task.outcome(&snapshot) {
        Some(Ok(results)) => tracked.finished(&snapshot.status, &results).await,
        Some(Err(error)) => {
            tracked.ended(&error).await;
            // A failure is recorded; a stage that has to be confirmed is not.
            return (error.kind() != ErrorKind::TaskFailed).then_some(error);
        }
        None => tracked.polled(&snapshot).await,
    }
    None
}

/// Waits until a task is done or the time is over, and returns its state.
pub(super) async fn wait(
    session: &Session,
    arguments: &arguments::Wait,
    progress: Option<Progress>,
    cancel: &CancellationToken,
) -> Answered {
    let clock = &session.context.clock;
    let started = clock.monotonic();
    let limit = arguments.limit();
    let mut item = session.item(&arguments.key).await?;
    while matches!(item.state, State::Intent | State::Sending) {
        if clock.monotonic().saturating_sub(started) >= limit {
            return view(session, &item, None).await;
        }
        tokio::select! {
            () = clock.sleep(super::session::LOOK) => {}
            () = session.stop.cancelled() => return view(session, &item, None).await,
            () = cancel.cancelled() => return Err(cancelled()),
        }
        item = session.item(&arguments.key).await?;
    }
    let left = limit.saturating_sub(clock.monotonic().saturating_sub(started));
    let trouble = tokio::select! {
        biased;
        trouble = watch(session, &item, left, progress) => trouble,
        () = session.stop.cancelled() => None,
        () = cancel.cancelled() => return Err(cancelled()),
    };
    view(session, &item, trouble).await
}

/// Follows a created task and records its news. Returns the error that ended it early.
async fn watch(
    session: &Session,
    item: &Item,
    limit: Duration,
    progress: Option<Progress>,
) -> Option<Error> {
    if item.state != State::Created {
        return None;
    }
    let (handle, tracked) = (
        item.handle(session.connection.client())?,
        session.tracked(item).ok()?,
    );
    let clock = &session.context.clock;
    let started = clock.monotonic();
    let task = session.connection.aigc().task(handle);
    let mut events = task.events_with(&WaitOptions::new().timeout(limit));
    let mut status = String::new();
    while let Some(event) = events.next().await {
        match &event {
            Event::Done { results, .. } => {
                tracked.finished(&status, results).await;
                return None;
            }
            Event::Failed { error, .. } if error.kind() == ErrorKind::WaitTimedOut => return None,
            Event::Failed { error, .. } => {
                tracked.ended(error).await;
                let is_recorded = error.kind() == ErrorKind::TaskFailed;
                return (!is_recorded).then(|| error.clone());
            }
            _ => {}
        }
        if let Some(snapshot) = event.snapshot() {
            status.clone_from(&snapshot.status);
            tracked.polled(snapshot).await;
        }
        if let Some(progress) = &progress {
            let elapsed = clock.monotonic().saturating_sub(started);
            progress
                .send(elapsed, limit, &described(&event, &status))
                .await;
        }
    }
    None
}

fn described(event: &Event, status: &str) -> String {
    let status = foreign_text::name(status);
    match event {
        Event::Progress { eta, .. } => {
            format!("{status}, about {} s left", eta.p50.as_secs())
        }
        Event::PollTrouble { since, .. } => {
            format!("{status}, no answer for {} s", since.as_secs())
        }
        _ => status.into_owned(),
    }
}

impl Progress {
    /// Sends the share of the wait that is over. A client that is gone is noticed elsewhere.
    async fn send(&self, elapsed: Duration, limit: Duration, message: &str) {
        let progress = ProgressNotificationParam::new(self.token.clone(), elapsed.as_secs_f64())
            .with_total(limit.as_secs_f64())
            .with_message(message);
        let _gone = self.peer.notify_progress(progress).await;
    }
}

/// Returns the task as the ledger has it now, with the trouble of the last look at it.
async fn view(session: &Session, item: &Item, trouble: Option<Error>) -> Answered {
    let item = session.again(&item.row).await?;
    let answer = session.view(item).await?;
    Ok(match trouble {
        None => answer,
        Some(error) => {
            let message = foreign_text::cut_message(&error.to_string());
            let sentence = format!("the service was asked in vain: {message}");
            let trouble = json!({"kind": error.kind().as_str(), "message": message});
            answer.beginning(&sentence).with("trouble", trouble)
        }
    })
}
