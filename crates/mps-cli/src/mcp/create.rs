//! The tool `create`: records the intent below the daily cap, sends the request once, and returns its
//! receipt.

use std::sync::Arc;

use mps_aigc::{
    CallHandle, CallOptions, Dispatch, PreflightLevel, RawBody, TaskFamily, UntypedCall,
};
use mps_core::{Error, Output};
use mps_jobs::{
    State,
    ledger::{Claim, Item, NewItem, Single, Submission},
};
use serde_json::value::RawValue;
use tokio_util::sync::CancellationToken;

use super::{
    answer::Answered,
    arguments,
    check::Checked,
    session::{LOOK, Session, cancelled, stopping},
};
use crate::{
    failure::Failure,
    foreign_text,
    outcome::{Outcome, Reason},
    record::{self, Record},
    refresh::is_over,
    results::Receipt,
};

/// Creates the task of a key, unless the key has one.
///
/// # Cancel safety
/// A create that was claimed is sent and recorded whatever happens to this future.
pub(super) async fn run(
    session: &Arc<Session>,
    arguments: arguments::Create,
    cancel: &CancellationToken,
) -> Answered {
    let arguments::Create {
        key,
        action,
        request,
    } = arguments;
    let family = arguments::family(&action)?;
    let checked = Checked::new(&action, &request, session.context.global.site())?;
    let global = &session.context.global;
    if let Some(refused) = checked.refusal(global) {
        return Err(refused.with_key(Some(&key)));
    }
    let body = serde_json::to_string(&request);
    let body = body.map_err(|error| Failure::internal(error.to_string()))?;
    let single = Single {
        account: session.connection.account().to_owned(),
        endpoint: session.connection.client().endpoint().host().to_owned(),
        item: NewItem::new(key, &action, body, checked.seconds),
        // An agent that repeats itself often invents another key.
        again: false,
        caps: mps_jobs::ledger::Caps::default(),
        agent_cap_ms: Some(cap_ms(session.max_seconds)),
    };
    let permit = tokio::select! {
        biased;
        () = session.stop.cancelled() => return Err(stopping()),
        () = cancel.cancelled() => return Err(cancelled()),
        permit = session.creates.acquire() => permit,
    };
    let answer = match Box::pin(admit(session, single, cancel)).await? {
        Admitted::Claimed(claim) => {
            let row = claim.item.row.clone();
            let sending = tokio::spawn(Box::pin(send(session.clone(), *claim, family)));
            let sent = tokio::select! {
                biased;
                sent = sending => sent,
                () = cancel.cancelled() => return Err(cancelled()),
            };
            drop(permit);
            sent.map_err(|_| Failure::internal("the create ended by a panic; call status"))??;
            session.view(session.again(&row).await?).await?
        }
        Admitted::Existing(item) => {
            let known = "the key has this task already; nothing was sent";
            session
                .view(*item)
                .await?
                .beginning(known)
                .with("existing", true)
        }
    };
    Ok(match checked.remarks(global) {
        Some(findings) => answer.with("findings", findings),
        None => answer,
    })
}

fn cap_ms(seconds: u64) -> i64 {
    i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX)
}

enum Admitted {
    Claimed(Box<Claim>),
    Existing(Box<Item>),
}

/// Records the intent, or returns the task that the key has.
async fn admit(
    session: &Session,
    single: Single,
    cancel: &CancellationToken,
) -> Result<Admitted, Failure> {
    let mut asked = None;
    loop {
        if session.stop.is_cancelled() {
            return Err(stopping());
        }
        match session.ledger.submit(single.clone()).await? {
            Submission::Claimed(claim) => return Ok(Admitted::Claimed(claim)),
            Submission::Existing(item) => match settled(session, *item, cancel).await? {
                Some(item) if item.state == State::InDoubt => {
                    return Err(session.in_doubt(&item).await?);
                }
                Some(item) => return Ok(Admitted::Existing(Box::new(item))),
                // It was certainly not sent: it is sent now.
                None => {}
            },
            Submission::Differs(_, body) => {
                return Err(record::differs(&single.item, body.as_deref()));
            }
            Submission::Repeat(item) => {
                let is_new = asked.as_ref() != Some(&item.row);
                asked = Some(item.row.clone());
                if !(is_new && is_done(session, &item).await) {
                    return Err(repeat(session, &item).await?);
                }
            }
            _ => return Err(Failure::internal("the ledger gave an unknown answer")),
        }
    }
}

async fn is_done(session: &Session, item: &Item) -> bool {
    let (context, connection) = (&session.context, &session.connection);
    item.state == State::Created && is_over(context, connection, &session.known_tasks, item).await
}

/// Waits while another call or process sends the create of a key. Returns `None` when it was certainly
/// not executed.
async fn settled(
    session: &Session,
    mut item: Item,
    cancel: &CancellationToken,
) -> Result<Option<Item>, Failure> {
    let clock = &session.context.clock;
    let deadline = session.context.global.deadline();
    let deadline = clock.monotonic().saturating_add(deadline);
    loop {
        match item.state {
            State::Intent | State::Sending if clock.monotonic() < deadline => {}
            State::Unsent | State::Refused => return Ok(None),
            _ => return Ok(Some(item)),
        }
        tokio::select! {
            () = clock.sleep(LOOK) => {}
            () = session.stop.cancelled() => return Err(stopping()),
            () = cancel.cancelled() => return Err(cancelled()),
        }
        session.ledger.reap().await?;
        item = session.again(&item.row).await?;
    }
}

/// Returns the error of a request that was made before under another key.
async fn repeat(session: &Session, item: &Item) -> Result<Failure, Failure> {
    if item.state == State::InDoubt {
        return session.in_doubt(item).await;
    }
    let key = foreign_text::name(item.key.as_str());
    let message = format!(
        "the same request was created before, under the key {key} ({}), and is not done yet",
        item.state
    );
    let outcome = Outcome::NotCreated(Reason::SpendGuard);
    let failure = Failure::new(outcome, "repeat", message).with_key(Some(&item.key));
    Ok(Failure {
        task_id: item.task.clone(),
        request_id: item.request_id.clone(),
        dispatch: Some(Dispatch::NotSent),
        ..failure.hint(format!(
            "nothing was sent; follow it: call wait with the key {key}; for another take, change the \
             request"
        ))
    })
}

/// Sends a claimed create and records its outcome. When the session ends, nothing more leaves, and a
/// create on the wire is finished.
async fn send(session: Arc<Session>, claim: Claim, family: TaskFamily) -> Result<(), Failure> {
    let context = &session.context;
    let _sending = context.phase.begin_send(claim.item.key.as_str());
    let record = Record::of_claim(context, &session.ledger, &claim);
    let answer = match record.hold(call(&session, &record, &claim)).await {
        Ok(answer) => answer,
        Err(error) => {
            let failure = not_created(&session, &error);
            record.not_created(&failure).await;
            return Err(ended(&session, &claim, failure).await);
        }
    };
    let Some(task_id) = answer.body.task_id() else {
        let message = "the answer has no task id";
        let failure = Failure {
            request_id: answer.request_id,
            dispatch: Some(Dispatch::Executed),
            ..Failure::new(Outcome::InDoubt, "no_task_id", message)
        };
        record.not_created(&failure).await;
        return Err(ended(&session, &claim, failure).await);
    };
    let global = &context.global;
    let receipt = Receipt::new(
        family.as_str(),
        &task_id,
        answer.request_id,
        true,
        global,
        None,
    );
    let receipt = receipt.with_key(record.key());
    record.created(&receipt).await.map_or(Ok(()), Err)
}

async fn call(session: &Session, record: &Record, claim: &Claim) -> Result<Output<RawBody>, Error> {
    let handle = CallHandle::new();
    let options = CallOptions::new()
        .preflight(PreflightLevel::Off)
        .handle(handle.clone());
    let options = match record.gate() {
        Some(gate) => options.gate(gate),
        None => options,
    };
    let body = RawValue::from_string(claim.body.clone()).unwrap_or_default();
    let call = UntypedCall::new(claim.item.action.clone(), body);
    let outcome = {
        let call = Box::pin(session.connection.client().call(call, options));
        tokio::select! {
            biased;
            outcome = call => Some(outcome),
            () = session.stop.cancelled() => None,
        }
    };
    match outcome {
        Some(outcome) => outcome,
        // Dropped: it ends at once if nothing was on the wire, and else continues in the background.
        None => handle.outcome().await,
    }
}

fn not_created(session: &Session, error: &Error) -> Failure {
    let failure = Failure::of_call(error);
    if session.stop.is_cancelled() && !failure.outcome.in_doubt() {
        return stopping().outcome(Outcome::NotCreated(Reason::Trouble));
    }
    failure
}

/// Returns the error of a create without a task: if it is in doubt, with the page about it.
async fn ended(session: &Session, claim: &Claim, failure: Failure) -> Failure {
    let failure = failure.with_key(Some(&claim.item.key));
    if !failure.outcome.in_doubt() {
        return failure;
    }
    let found = match session.again(&claim.item.row).await {
        Ok(item) => session.in_doubt(&item).await,
        Err(error) => Err(error),
    };
    match found {
        Ok(doubt) => Failure {
            message: format!("{}; {}", failure.message, doubt.message),
            ..Failure {
                hint: doubt.hint,
                doubt: doubt.doubt,
                ..failure
            }
        },
        Err(_) => failure,
    }
}
