//! The rows of the ledger as values.

use std::{fmt, time::Duration};

use mps_models::TaskFamily;
use serde::{Deserialize, Serialize};

use super::names::{BatchId, Key, Timestamp};
use crate::state::{Home, State};

/// A row: its batch and its number in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RowId {
    /// The batch.
    pub batch: BatchId,
    /// The number in the batch, from 1.
    pub seq: i64,
}

impl fmt::Display for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.batch, self.seq)
    }
}

/// A fencing token, which grows with every claim of a row. An operation with an old token changes
/// nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fence(pub i64);

/// A row and a fencing token: the proof of a claim.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Token {
    /// The row.
    pub row: RowId,
    /// The fencing token.
    pub fence: Fence,
}

/// A row to be recorded.
#[derive(Clone, PartialEq, Eq)]
pub struct NewItem {
    /// The key, unique in the batch.
    pub key: Key,
    /// The action, for example `CreateAigcVideoTask`.
    pub action: String,
    /// The model, for learned durations.
    pub model: Option<String>,
    /// The content hash of the body, see [`content_hash`](crate::content_hash).
    pub hash: String,
    /// The body as JSON. The only place where a prompt is stored.
    pub body: String,
    /// Billable milliseconds.
    pub ms: i64,
    /// The price in millionths of the currency, if a price table is known.
    pub price: Option<i64>,
    /// The output name below the run's folder, unique in the batch.
    pub out: Option<String>,
}

impl fmt::Debug for NewItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewItem")
            .field("key", &self.key)
            .field("action", &self.action)
            .field("hash", &self.hash)
            .finish_non_exhaustive()
    }
}

/// A recorded task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Item {
    /// The row.
    pub row: RowId,
    /// The account; `None` for a row of a batch that no run has bound yet.
    pub account: Option<String>,
    /// The host of the endpoint, bound like the account.
    pub endpoint: Option<String>,
    /// The key, unique in the batch.
    pub key: Key,
    /// The content hash of the body.
    pub hash: String,
    /// The action.
    pub action: String,
    /// The model.
    pub model: Option<String>,
    /// Billable milliseconds.
    pub ms: i64,
    /// The price in millionths of the currency.
    pub price: Option<i64>,
    /// The output name.
    pub out: Option<String>,
    /// The state.
    pub state: State,
    /// The state to which a claim returns when its process ends before it sends.
    pub home: Home,
    /// The fencing token of the last claim; 0 before the first one.
    pub fence: Fence,
    /// The number of claims.
    pub attempt: i64,
    /// The process that claimed the row last.
    pub owner: Option<String>,
    /// The end of the claim's lease.
    pub lease: Option<Timestamp>,
    /// The time at which the row was recorded.
    pub added: Timestamp,
    /// The time of the last send.
    pub armed: Option<Timestamp>,
    /// The time at which the service's answer was recorded.
    pub created: Option<Timestamp>,
    /// The task id.
    pub task: Option<String>,
    /// The request id of the last answer.
    pub request_id: Option<String>,
    /// The code of the last error.
    pub code: Option<String>,
    /// The message of the last error.
    pub message: Option<String>,
    /// The status that the last poll found, as on the wire.
    pub status: Option<String>,
    /// The time at which the task was found done, or the row ended otherwise.
    pub done: Option<Timestamp>,
    /// The time at which the service deletes the results.
    pub expires: Option<Timestamp>,
}

impl Item {
    /// Returns the time for which the service keeps the results of the task; `None` where no document
    /// states it.
    pub(crate) fn kept_for(&self) -> Option<Duration> {
        TaskFamily::created_by(&self.action)?.info().kept_for()
    }

    /// Returns `true` when the task was created longer ago than the service keeps results, so that it
    /// may have forgotten the task. `now` is the time of this machine, as `created` is.
    #[must_use]
    pub fn outlived_its_results(&self, now: Timestamp) -> bool {
        match (self.created, self.kept_for()) {
            (Some(created), Some(kept_for)) => created.after(kept_for) < now,
            _ => false,
        }
    }
}

/// A claimed row: the right to send it once, as long as its fencing token is the row's last one.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Claim {
    /// The row as it was claimed; its `fence` is the token.
    pub item: Item,
    /// The body as JSON.
    pub body: String,
}

impl Claim {
    /// Returns the proof of the claim, which the operations of the ledger take.
    #[must_use]
    pub fn token(&self) -> Token {
        Token {
            row: self.item.row.clone(),
            fence: self.item.fence,
        }
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim")
            .field("item", &self.item)
            .finish_non_exhaustive()
    }
}

/// A batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Batch {
    /// The name.
    pub id: BatchId,
    /// The account of its first run.
    pub account: Option<String>,
    /// The endpoint of its first run.
    pub endpoint: Option<String>,
    /// The place that the manifest was read from, to distinguish two files of one name.
    pub source: Option<String>,
    /// The hash of the manifest that was imported completely.
    pub manifest_hash: Option<String>,
    /// The cap on money, in millionths of the currency.
    pub cap: Option<i64>,
    /// The cap on billable milliseconds.
    pub cap_ms: Option<i64>,
    /// Money held by rows whose outcome is open.
    pub held: i64,
    /// Milliseconds held by rows whose outcome is open.
    pub held_ms: i64,
    /// Money spent.
    pub spent: i64,
    /// Milliseconds spent.
    pub spent_ms: i64,
    /// The time at which the batch was recorded.
    pub added: Timestamp,
}

/// A result of a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRow {
    /// The number of the result, from 0.
    pub n: i64,
    /// The URL without its query, which may contain a signature.
    pub url: String,
    /// The path of the saved file.
    pub path: Option<String>,
    /// Its size.
    pub bytes: Option<i64>,
    /// The SHA-256 of the content, in hexadecimal.
    pub sha256: Option<String>,
}

/// An answer that arrived for an attempt that the row no longer waits for. It may be billed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Stray {
    /// The row.
    pub row: RowId,
    /// The fencing token of the attempt.
    pub fence: Fence,
    /// The task id in the answer.
    pub task: String,
    /// The time of the answer.
    pub seen: Timestamp,
    /// The reason why it is not the row's task.
    pub why: String,
}

/// A change of a row, kept for audits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AuditEvent {
    /// The number of the event, which grows.
    pub n: i64,
    /// The row.
    pub row: RowId,
    /// The time of the change.
    pub at: Timestamp,
    /// The fencing token at the time.
    pub fence: Fence,
    /// The state before; `None` when the row was recorded.
    pub was: Option<State>,
    /// The state after.
    pub now: State,
    /// The process that made the change.
    pub worker: String,
    /// The reason, if one was given.
    pub note: Option<String>,
}

/// A process that uses the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Worker {
    /// Its random id.
    pub id: String,
    /// Its host.
    pub host: String,
    /// Its process id.
    pub pid: i64,
    /// The time at which it opened the ledger.
    pub started: Timestamp,
    /// The time of its last heartbeat.
    pub seen: Timestamp,
}

/// The number of rows in a state, with their sums.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// The state.
    pub state: State,
    /// The number of rows.
    pub rows: i64,
    /// Their billable milliseconds.
    pub ms: i64,
    /// Their prices, as far as they are known.
    pub price: i64,
}
