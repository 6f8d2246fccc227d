//! From a claim to the outcome of its send.

use std::time::Duration;

use super::{
    Ledger,
    error::LedgerError,
    rows::{BatchId, Claim, Timestamp, Token},
};

/// Time for which a claim is held without being renewed. Renew it every third of it.
pub(crate) const LEASE: Duration = Duration::from_secs(15);

/// What the service, or the call, said at the end of an attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The request id.
    pub request_id: Option<String>,
    /// The error code, or the kind of the error.
    pub code: Option<String>,
    /// The error message, without secrets, prompts and signed URLs.
    pub message: Option<String>,
}

/// The outcome of recording a task id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Recorded {
    /// The id is the row's task.
    Created,
    /// The row no longer waits for this attempt, or another row has this id. The id is kept as a
    /// stray; it may be billed.
    Stray,
}

impl Ledger {
    /// Claims the next planned row of a batch, in the order of its rows, and holds its price against
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
    /// A dropped call either happened completely or not at all. A claim that nobody received is planned
    /// again when the process ends.
    pub async fn claim(&self, batch: &BatchId) -> Result<Option<Claim>, LedgerError> {
        self.later(batch.clone()).await
    }

    /// Claims one planned row by its number, like [`claim`](Self::claim). Returns `None` when it is not
    /// planned.
    ///
    /// # Errors
    /// As [`claim`](Self::claim).
    ///
    /// # Cancel safety
    /// As [`claim`](Self::claim).
    pub async fn claim_row(&self, row: &super::RowId) -> Result<Option<Claim>, LedgerError> {
        self.later(row.clone()).await
    }

    /// Extends the leases of claims that wait in a queue, in a pause or for an answer. Returns the
    /// claims that this process no longer holds. Idempotent; may be lost with the machine.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn renew(&self, claims: &[Token]) -> Result<Vec<Token>, LedgerError> {
        self.later(claims.to_vec()).await
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
        self.later(claim.clone()).await
    }

    /// Records that an armed attempt did not leave, or was refused by throttling, and that the caller
    /// tries again with the same claim. Returns `false` when this process no longer holds the claim.
    /// Idempotent.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn disarm(&self, claim: &Token) -> Result<bool, LedgerError> {
        self.later(claim.clone()).await
    }

    /// Records that nothing was sent and that the caller gives the claim up, armed or not. The row
    /// returns to its [`home`](super::Item::home). Returns `false` when this process no longer holds
    /// the claim. Idempotent.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn not_sent(&self, claim: &Token, answer: Answer) -> Result<bool, LedgerError> {
        self.later((claim.clone(), answer)).await
    }

    /// Records the task id that the service answered with, in the seal and in the store. `due` is the
    /// time of the first poll. Idempotent.
    ///
    /// # Errors
    /// Any error of the store. The seal may have the id nevertheless.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn created(
        &self,
        claim: &Token,
        task: &str,
        answer: Answer,
        due: Timestamp,
    ) -> Result<Recorded, LedgerError> {
        self.later((claim.clone(), task.to_owned(), answer, due))
            .await
    }

    /// Records that the service refused the request: nothing was created. Returns `false` when the row
    /// no longer waits for this attempt. Idempotent.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn refused(&self, claim: &Token, answer: Answer) -> Result<bool, LedgerError> {
        self.later((claim.clone(), answer)).await
    }

    /// Records that the outcome is unknown: the request may have been executed and billed. Returns
    /// `false` when the row no longer waits for this attempt. Idempotent.
    ///
    /// # Errors
    /// Any error of the store. The row then becomes in doubt when this process ends.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn in_doubt(&self, claim: &Token, answer: Answer) -> Result<bool, LedgerError> {
        self.later((claim.clone(), answer)).await
    }
}
