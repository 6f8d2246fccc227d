//! Recording intents: batches, their rows, and single creates with their key and repeat guard.

use super::{
    Ledger,
    error::LedgerError,
    rows::{Batch, BatchId, Claim, Item, Key, NewItem},
};

/// Limits on the spending of a batch. What is held by open rows counts as spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caps {
    /// The most money, in millionths of the currency. Needs the price of every row.
    pub money: Option<i64>,
    /// The most billable milliseconds.
    pub ms: Option<i64>,
}

/// A batch to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBatch {
    /// The name, unique in the ledger.
    pub id: BatchId,
    /// The place that the manifest is read from.
    pub source: Option<String>,
}

/// The outcome of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Imported {
    /// The number of rows that were added.
    pub added: u64,
    /// The number of rows that were there already, with the same content.
    pub unchanged: u64,
    /// The rows that are there with another content. When there is one, nothing was added.
    pub changed: Vec<Key>,
}

/// A single create to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Single {
    /// The account that pays.
    pub account: String,
    /// The host of the endpoint.
    pub endpoint: String,
    /// The row.
    pub item: NewItem,
    /// Sends it even if the same content is in doubt, being sent, or created and not done. For a
    /// create whose key the caller chose, which is guarded by its key instead.
    pub again: bool,
    /// The caps of the account's single creates, if there are any.
    pub caps: Caps,
}

/// The outcome of recording a single create.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Submission {
    /// The intent is recorded: arm it and send it.
    Claimed(Box<Claim>),
    /// The key has this row already, with the same content. Nothing may be sent.
    Existing(Box<Item>),
    /// The key has a row with another content, whose body is this JSON.
    Differs(Box<Item>, Option<String>),
    /// The same content is in doubt, being sent by a living process, or created and not done.
    Repeat(Box<Item>),
}

impl Ledger {
    /// Records a batch, or returns the one that exists.
    ///
    /// Idempotent. A batch that exists with another `source` is returned as it is; compare.
    ///
    /// # Errors
    /// [`InvalidName`](super::LedgerErrorKind::InvalidName) for the name of a batch of single creates;
    /// else any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn create_batch(&self, batch: NewBatch) -> Result<Batch, LedgerError> {
        self.later(batch).await
    }

    /// Adds rows to a batch as planned. Rows are found by their key: a row with the same content is
    /// left alone, whatever its state.
    ///
    /// Idempotent. Use chunks of about 500 rows: each call is one transaction.
    ///
    /// # Errors
    /// [`NotFound`](super::LedgerErrorKind::NotFound) for an unknown batch; else any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn import(
        &self,
        batch: &BatchId,
        rows: Vec<NewItem>,
    ) -> Result<Imported, LedgerError> {
        self.later((batch.clone(), rows)).await
    }

    /// Records the hash of a manifest that was imported completely. Idempotent.
    ///
    /// # Errors
    /// [`NotFound`](super::LedgerErrorKind::NotFound) for an unknown batch; else any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn set_manifest(&self, batch: &BatchId, hash: &str) -> Result<(), LedgerError> {
        self.later((batch.clone(), hash.to_owned())).await
    }

    /// Binds a batch to the account and endpoint of its first run, and sets its caps. Idempotent.
    ///
    /// A batch may have been bound before by another process: then account and endpoint must be equal.
    /// Caps are replaced; `None` leaves one as it is.
    ///
    /// # Errors
    /// [`WrongAccount`](super::LedgerErrorKind::WrongAccount) when the batch is bound to another account
    /// or endpoint, [`NoPrice`](super::LedgerErrorKind::NoPrice) for a cap on money over rows without a
    /// price, [`NotFound`](super::LedgerErrorKind::NotFound) for an unknown batch; else any error of the
    /// store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn bind(
        &self,
        batch: &BatchId,
        account: &str,
        endpoint: &str,
        caps: Caps,
    ) -> Result<Batch, LedgerError> {
        self.later((batch.clone(), account.to_owned(), endpoint.to_owned(), caps))
            .await
    }

    /// Records a single create and claims it, unless its key or its content is recorded already.
    ///
    /// Looks at the key, at repeats and at the caps in the transaction of the intent, so of two callers
    /// at the same moment one is told of the other's row. Rows of processes that have ended are reaped
    /// first. A row of the key that was refused or not sent is claimed again.
    ///
    /// # Errors
    /// [`CapReached`](super::LedgerErrorKind::CapReached), [`NoPrice`](super::LedgerErrorKind::NoPrice);
    /// else any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all. A claim that nobody received becomes
    /// unsent when the process ends.
    pub async fn submit(&self, single: Single) -> Result<Submission, LedgerError> {
        self.later(single).await
    }
}
