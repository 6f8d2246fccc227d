//! From a claim to the outcome of its send.

use std::time::Duration;

use super::{
    Ledger,
    change::{Change, claim_lost, no_batch, now_or_parameter, record, wrong_state},
    error::LedgerError,
    item::{ITEM, item, locked, next_item},
    liveness::register,
    names::BatchId,
    rows::{Claim, Fence, Item, RowId, Token},
    seal::Entry,
    tx::{Op, Transaction, Value, values},
};
use crate::state::{State, Transition};

/// Time for which a claim is held without being renewed. Renew it every third of it.
pub(crate) const LEASE: Duration = Duration::from_secs(15);

impl Ledger {
    /// Claims the next planned row of a batch, in the order of its rows, and reserves its price within
    /// the caps. Returns `None` when no row is planned. Every call claims another row.
    ///
    /// The lease is 15 s; renew it every 5 s ([`renew`](Self::renew)).
    ///
    /// # Errors
    /// [`CapReached`](super::LedgerErrorKind::CapReached) when the row's price does not fit: stop
    /// starting. [`NotFound`](super::LedgerErrorKind::NotFound) for a batch that is unknown or not
    /// bound; else any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all. A claim that was not received is planned
    /// again when the process ends.
    pub async fn claim(&self, batch: &BatchId) -> Result<Option<Claim>, LedgerError> {
        let op = Op::durable("claim").joined();
        self.run(op, batch.clone(), |tx, batch| {
            Box::pin(claim_next(tx, batch))
        })
        .await
    }

    /// Claims one planned row by its number, like [`claim`](Self::claim). Returns `None` when it is not
    /// planned.
    ///
    /// # Errors
    /// As [`claim`](Self::claim).
    ///
    /// # Cancel safety
    /// As [`claim`](Self::claim).
    pub async fn claim_row(&self, row: &RowId) -> Result<Option<Claim>, LedgerError> {
        let op = Op::durable("claim_row").joined();
        self.run(op, row.clone(), |tx, row| Box::pin(claim_row(tx, row)))
            .await
    }

    /// Extends the leases of claims that wait in a queue, in a pause or for an answer. Returns the
    /// claims that this process has lost. Idempotent; may be lost with the machine.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn renew(&self, claims: &[Token]) -> Result<Vec<Token>, LedgerError> {
        let op = Op::relaxed("renew").idempotent();
        self.run(op, claims.to_vec(), |tx, claims| {
            Box::pin(renew(tx, claims))
        })
        .await
    }

    /// Records that the bytes of a claim are about to leave, in the store and in the seal. Both are on
    /// the disk when it returns. Call it in the gate of the call, as late as possible
    /// ([`commit_time`](Self::commit_time)).
    ///
    /// # Errors
    /// [`ClaimLost`](super::LedgerErrorKind::ClaimLost) when the row was taken over meanwhile; else any
    /// error of the store. **After an error nothing may be sent.**
    ///
    /// # Cancel safety
    /// A dropped call may have armed the row. Call [`disarm`](Self::disarm) or
    /// [`not_sent`](Self::not_sent), or let the row become in doubt.
    pub async fn arm(&self, claim: &Token) -> Result<(), LedgerError> {
        let started = self.clock().monotonic();
        let op = Op::durable("arm").joined().urgent();
        self.run_and_seal(
            op,
            claim.clone(),
            |tx, claim| Box::pin(arm(tx, claim)),
            |(item, epoch)| Entry::sent(item, *epoch),
        )
        .await?;
        self.measure_commit(self.clock().monotonic().saturating_sub(started));
        Ok(())
    }

    /// Records that an armed attempt did not leave, or was refused by throttling, and that the caller
    /// tries again with the same claim. Returns `false` when this process has lost the claim.
    /// Idempotent.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn disarm(&self, claim: &Token) -> Result<bool, LedgerError> {
        let op = Op::relaxed("disarm").joined().idempotent();
        let disarmed = self
            .run(op, claim.clone(), |tx, claim| Box::pin(disarm(tx, claim)))
            .await?;
        self.seal_later(disarmed, Entry::not_sent(claim)).await;
        Ok(disarmed)
    }
}

async fn claim_next(
    tx: &mut dyn Transaction,
    batch: &BatchId,
) -> Result<Option<Claim>, LedgerError> {
    let next = "batch = $1 AND phase = 'planned' ORDER BY seq LIMIT 1 FOR UPDATE SKIP LOCKED";
    claim_planned(tx, next, values![batch.as_str()]).await
}

async fn claim_row(tx: &mut dyn Transaction, row: &RowId) -> Result<Option<Claim>, LedgerError> {
    let condition = "batch = $1 AND seq = $2 FOR UPDATE";
    claim_planned(tx, condition, values![row.batch.as_str(), row.seq]).await
}

/// Claims the row that a condition selects, if it is planned.
async fn claim_planned(
    tx: &mut dyn Transaction,
    condition: &str,
    values: &[Value],
) -> Result<Option<Claim>, LedgerError> {
    // One statement, since each is a round trip.
    let sql = format!(
        "SELECT {ITEM}, (SELECT b.account FROM batch b WHERE b.id = item.batch),
            (SELECT b.endpoint FROM batch b WHERE b.id = item.batch),
            (SELECT j.json FROM body j WHERE j.batch = item.batch AND j.seq = item.seq)
            FROM item WHERE {condition}"
    );
    let Some(mut row) = tx.query(&sql, values).await?.pop() else {
        return Ok(None);
    };
    let item = next_item(&mut row)?;
    if item.state != State::Planned {
        return Ok(None);
    }
    let (account, endpoint) = (row.optional_text()?, row.optional_text()?);
    let Some((account, endpoint)) = account.zip(endpoint) else {
        return Err(no_batch(item.row.batch.as_str()));
    };
    let Some(body) = row.optional_text()? else {
        return Err(wrong_state(&item.row, item.state));
    };
    let change = Change::new(Transition::Claim)
        .set("account", &account)
        .set("endpoint", &endpoint);
    let item = Item {
        account: Some(account),
        endpoint: Some(endpoint),
        ..claimed(tx, change, &item).await?
    };
    Ok(Some(Claim { item, body }))
}

/// Applies a transition to `intent`: a new token, this process as owner, and a lease. Returns the row after
/// it.
pub(crate) async fn claimed(
    tx: &mut dyn Transaction,
    change: Change<'_>,
    item: &Item,
) -> Result<Item, LedgerError> {
    register(tx).await?;
    let (fence, attempt) = (Fence(item.fence.0 + 1), item.attempt + 1);
    let owner = tx.process().id.clone();
    let lease = tx.now().after(LEASE);
    let state = change
        .set("fence", fence.0)
        .set("attempt", attempt)
        .set("owner", &owner)
        .set("lease", lease.0)
        .clear(&["armed", "code", "message", "request_id", "done"])
        .apply(tx, item)
        .await?;
    Ok(Item {
        state,
        fence,
        attempt,
        owner: Some(owner),
        lease: Some(lease),
        armed: None,
        code: None,
        message: None,
        request_id: None,
        done: None,
        ..item.clone()
    })
}

async fn renew(tx: &mut dyn Transaction, claims: &[Token]) -> Result<Vec<Token>, LedgerError> {
    let (lease, owner) = (tx.now().after(LEASE).0, tx.process().id.clone());
    let mut lost = Vec::new();
    for claim in claims {
        let row = &claim.row;
        let values = values![row.batch.as_str(), row.seq, claim.fence.0, &owner, lease];
        let renewed = tx
            .execute(
                "UPDATE item SET lease = $5 WHERE batch = $1 AND seq = $2 AND fence = $3
                    AND owner = $4 AND state IN ('intent', 'sending')",
                values,
            )
            .await?;
        if renewed == 0 {
            lost.push(claim.clone());
        }
    }
    Ok(lost)
}

/// One statement decides: a process that took the row over changed its token, state or owner. The event is
/// recorded before it, so that a store may commit with it.
async fn arm(tx: &mut dyn Transaction, claim: &Token) -> Result<(Item, i64), LedgerError> {
    let (row, owner) = (&claim.row, tx.process().id.clone());
    let (was, is) = (State::Intent, State::Sending);
    record(tx, row, claim.fence, Some(was), is, Value::Null).await?;
    let mut values = values![row.batch.as_str(), row.seq, claim.fence.0, owner].to_vec();
    let now = now_or_parameter(tx, &mut values);
    let lease = LEASE.as_micros();
    let sql = format!(
        "UPDATE item SET state = 'sending', armed = {now}, lease = {now} + {lease}
            WHERE batch = $1 AND seq = $2 AND fence = $3 AND owner = $4 AND state = 'intent'
            AND lease > {now} RETURNING {ITEM}"
    );
    let Some(armed) = tx.query_last(&sql, &values).await? else {
        return Err(claim_lost(row));
    };
    let epoch = tx.epoch().await?;
    Ok((item(armed)?, epoch))
}

/// Returns the row if its last claim is this one. A store that went back gives out tokens again, so a row that another
/// process claimed has another claim, whatever its token is.
pub(crate) async fn current(
    tx: &mut dyn Transaction,
    claim: &Token,
) -> Result<Option<Item>, LedgerError> {
    let found = locked(tx, &claim.row).await?;
    let own = &tx.process().id;
    let is_ours = |item: &Item| item.owner.as_ref().is_none_or(|owner| owner == own);
    Ok(found.filter(|item| item.fence == claim.fence && is_ours(item)))
}

async fn disarm(tx: &mut dyn Transaction, claim: &Token) -> Result<bool, LedgerError> {
    let Some(item) = current(tx, claim).await? else {
        return Ok(false);
    };
    match item.state {
        State::Intent => Ok(true),
        State::Sending => {
            let lease = tx.now().after(LEASE).0;
            let change = Change::new(Transition::Disarm).set("lease", lease);
            change.clear(&["armed"]).apply(tx, &item).await?;
            Ok(true)
        }
        _ => Ok(false),
    }
}
