//! Sends one claimed row and records the outcome.

use std::{sync::Arc, time::Duration};

use mps_aigc::{CallHandle, CallOptions, RawBody, UntypedCall};
use mps_core::{Error, Output};
use serde_json::value::RawValue;
use tokio::sync::OwnedSemaphorePermit;

use super::{Work, on_wire::WireEntry, outcome::Outcome, stop::Stop};
use crate::{
    gate::LedgerGate,
    ledger::{Claim, Item, LedgerError, LedgerErrorKind, Recorded, Token},
    report::{Stopped, Unrecorded},
    state::State,
};

/// Pause before an answer is recorded again, and the number of attempts.
const RECORDING: (Duration, u32) = (Duration::from_secs(1), 60);

/// Sends a claimed row, unless the stop is requested before it has left, and records the outcome.
pub(crate) async fn send(
    work: &Work,
    claim: Claim,
    turn: Option<OwnedSemaphorePermit>,
    stop: &Stop,
) {
    let token = claim.token();
    let _held = work.claims.hold(token.clone());
    work.reclaimed(&token.row);
    let wire = work
        .on_wire
        .entry(token.row.clone(), claim.item.key.clone());
    let wire = Arc::new(wire);
    let outcome = Outcome::of(call(work, &claim, turn, &wire, stop).await);
    let item = claim.item;
    if let Err(error) = record(work, &token, &item, &outcome).await {
        if !outcome.has_left() {
            // Its claim ends with this process, which the next one notices.
            tracing::warn!(%error, key = %item.key, "a claim could not be given back");
            work.claim_unreturned(&token.row);
            work.pace.stop(Stopped::Ledger(error));
            wire.disarmed();
            return;
        }
        let (key, task) = (item.key, outcome.task().map(str::to_owned));
        tracing::error!(%error, %key, task, "an answer could not be recorded");
        work.unrecorded(Unrecorded { key, task, error });
    }
    wire.disarmed();
    work.notify();
}

/// Calls the service. When the stop is requested, nothing more is sent, and an attempt that is on the
/// wire is waited for.
async fn call(
    work: &Work,
    claim: &Claim,
    turn: Option<OwnedSemaphorePermit>,
    wire: &Arc<WireEntry>,
    stop: &Stop,
) -> Result<Output<RawBody>, Error> {
    let gate = LedgerGate::new(work.ledger.clone(), claim.token()).wire(wire.clone());
    let gate = Arc::new(match turn {
        Some(turn) => gate.turn(turn),
        None => gate,
    });
    let handle = CallHandle::new();
    let options = CallOptions::new().gate(gate.clone()).handle(handle.clone());
    let body = RawValue::from_string(claim.body.clone()).unwrap_or_default();
    let call = UntypedCall::new(claim.item.action.clone(), body);
    let outcome = {
        let call = Box::pin(work.aigc.client().call(call, options));
        tokio::select! {
            biased;
            outcome = call => Some(outcome),
            () = stop.requested() => None,
        }
    };
    let outcome = match outcome {
        Some(outcome) => outcome,
        // The call was dropped: it ends at once if nothing was on the wire, and else continues in the background.
        None => handle.outcome().await,
    };
    gate.settled().await;
    outcome
}

/// Records an outcome, and tries again while the ledger cannot be written.
async fn record(
    work: &Work,
    token: &Token,
    item: &Item,
    outcome: &Outcome,
) -> Result<(), LedgerError> {
    let (pause, attempts) = RECORDING;
    let mut attempt = 1;
    loop {
        match record_once(work, token, item, outcome).await {
            Err(error)
                if error.kind().is_transient()
                    && (outcome.has_left() || error.kind() != LedgerErrorKind::Full)
                    && attempt < attempts =>
            {
                attempt += 1;
                work.clock().sleep(pause).await;
            }
            recorded => return recorded,
        }
    }
}

async fn record_once(
    work: &Work,
    token: &Token,
    item: &Item,
    outcome: &Outcome,
) -> Result<(), LedgerError> {
    let ledger = &work.ledger;
    match outcome {
        Outcome::Created(task, answer) => {
            work.pace.succeeded();
            match ledger.created(token, task, answer.clone()).await? {
                Recorded::Created => follow(work, token).await?,
                Recorded::Stray => {
                    tracing::warn!(key = %item.key, %task, "an answer arrived for a row that was taken over");
                }
            }
        }
        Outcome::InDoubt(answer) => {
            ledger.in_doubt(token, answer.clone()).await?;
        }
        Outcome::Refused(answer) => {
            work.pace.succeeded();
            ledger.refused(token, answer.clone()).await?;
        }
        Outcome::NotExecuted(error, answer) => {
            work.pace.failed(error);
            ledger.not_sent(token, answer.clone()).await?;
        }
        Outcome::Stopped(answer) => {
            ledger.not_sent(token, answer.clone()).await?;
        }
    }
    Ok(())
}

/// Hands the row with its task id to the loop that follows it.
async fn follow(work: &Work, token: &Token) -> Result<(), LedgerError> {
    if let Some(item) = work.ledger.get(&token.row).await?
        && item.state == State::Created
    {
        work.hand_over(item);
    }
    Ok(())
}
