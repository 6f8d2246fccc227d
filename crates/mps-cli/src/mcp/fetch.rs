//! The tool `fetch`: saves the results of a task below the configured folder.

use mps_aigc::{Destination, DownloadOptions, ExistingFile, Results};
use mps_jobs::{Job, State, ledger::Item};
use tokio_util::sync::CancellationToken;

use super::{
    answer::Answered,
    arguments,
    follow::poll,
    session::{Session, cancelled, stopping},
};
use crate::{
    commands::create::existing::is_whole,
    failure::Failure,
    foreign_text,
    outcome::{self, Outcome, Reason},
};

/// Saves the results of a task that is done, and returns the files. Idempotent: files that are there
/// and unchanged are not fetched again.
pub(super) async fn run(
    session: &Session,
    arguments: &arguments::OneKey,
    cancel: &CancellationToken,
) -> Answered {
    let item = session.item(&arguments.key).await?;
    let lock = session.fetch_lock(&item.row);
    let work = async {
        let _alone = lock.lock().await;
        fetch(session, &arguments.key).await
    };
    tokio::select! {
        biased;
        answered = Box::pin(work) => answered,
        () = session.stop.cancelled() => Err(stopping()),
        () = cancel.cancelled() => Err(cancelled()),
    }
}

async fn fetch(session: &Session, key: &mps_jobs::Key) -> Answered {
    let item = session.item(key).await?;
    poll(session, &item).await;
    let item = session.again(&item.row).await?;
    match item.state {
        State::Fetched if are_there(session, &item).await? => return session.view(item).await,
        State::Done | State::Fetched => {}
        _ => return Err(nothing_to_fetch(session, &item).await?),
    }
    let results = results(session, &item).await?;
    let options = DownloadOptions::new().existing(ExistingFile::AcceptIdentical);
    let saved = async {
        let destination = Destination::reserve_with(session.names(), &options).await?;
        results.save_all_to(&destination, &options).await
    };
    match Box::pin(saved).await {
        Ok(files) => session.tracked(&item)?.saved(&files).await,
        Err(error) => {
            session.tracked(&item)?.ended(&error).await;
            let outcome = outcome::of_done_task(&error);
            let failure = Failure::from(error).outcome(outcome);
            return Err(failure.with_key(Some(key)));
        }
    }
    session.view(session.again(&item.row).await?).await
}

async fn are_there(session: &Session, item: &Item) -> Result<bool, Failure> {
    let files = Job::of(&session.ledger, item.clone()).await?.files();
    Ok(!files.is_empty() && files.iter().all(is_whole))
}

/// Asks the service for the results of a task that is done: their URLs are not stored.
async fn results(session: &Session, item: &Item) -> Result<Results, Failure> {
    let handle = item.handle(session.connection.client());
    let handle = handle.ok_or_else(|| Failure::internal("the row has no task"))?;
    let task = session.connection.aigc().task(handle);
    let failed = |error: mps_aigc::Error| {
        let outcome = outcome::of_done_task(&error);
        let failure = Failure::from(error).outcome(outcome);
        failure.with_key(Some(&item.key))
    };
    let snapshot = Box::pin(task.status()).await.map_err(failed)?;
    match task.outcome(&snapshot) {
        Some(Ok(results)) => Ok(results),
        Some(Err(error)) => Err(failed(error)),
        None => Err(Failure::new(
            Outcome::Undelivered(Reason::Trouble),
            "unfetchable",
            "the service no longer calls the task done",
        )
        .with_key(Some(&item.key))),
    }
}

async fn nothing_to_fetch(session: &Session, item: &Item) -> Result<Failure, Failure> {
    if item.state == State::InDoubt {
        return session.in_doubt(item).await;
    }
    let key = foreign_text::name(item.key.as_str());
    let reason = item.message.as_deref().map(foreign_text::message);
    let reason = reason.map_or_else(String::new, |reason| format!(": {reason}"));
    let (outcome, kind, hint) = match item.state {
        State::Failed | State::Abandoned | State::Refused | State::Unsent => (
            Outcome::Failed { refused: false },
            "task_failed",
            "there are no results; change the request and create it under another key",
        ),
        State::Expired => (
            Outcome::Undelivered(Reason::Expired),
            "expired",
            "the service has deleted the results",
        ),
        _ => (
            Outcome::Continues(Reason::Trouble),
            "not_done",
            "call wait with this key until it is done",
        ),
    };
    let state = item.state.words();
    let message = format!("the task of the key {key} is {state}{reason}");
    let failure = Failure::new(outcome, kind, message).hint(hint);
    let failure = failure.with_key(Some(&item.key));
    Ok(Failure {
        task_id: item.task.clone(),
        ..failure
    })
}
