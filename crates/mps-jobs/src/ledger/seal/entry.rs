//! A line of the seal.

use serde::{Deserialize, Serialize};

use crate::{
    hash::short,
    ledger::{
        error::{LedgerError, LedgerErrorKind},
        names::Timestamp,
        rows::{Item, RowId, Token},
    },
};

/// A line of the seal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Entry {
    /// The bytes are about to leave. Synced before they do.
    Sent(Sent),
    /// The service answered with a task id.
    Created { claim: Token, task: String },
    /// The attempt was not sent, or was refused.
    NotSent { claim: Token },
}

/// A send, with the data to record its row again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sent {
    pub(crate) claim: Token,
    /// The store's epoch with the send.
    pub(crate) epoch: i64,
    pub(crate) at: Timestamp,
    pub(crate) account: String,
    pub(crate) endpoint: String,
    pub(crate) key: String,
    pub(crate) hash: String,
    pub(crate) action: String,
    pub(crate) ms: i64,
    pub(crate) price: Option<i64>,
}

impl Entry {
    pub(crate) fn sent(item: &Item, epoch: i64) -> Self {
        Self::Sent(Sent {
            claim: Token {
                row: item.row.clone(),
                fence: item.fence,
            },
            epoch,
            at: item.armed.unwrap_or_default(),
            account: item.account.clone().unwrap_or_default(),
            endpoint: item.endpoint.clone().unwrap_or_default(),
            key: item.key.as_str().to_owned(),
            hash: item.hash.clone(),
            action: item.action.clone(),
            ms: item.ms,
            price: item.price,
        })
    }

    pub(crate) fn created(claim: &Token, task: &str) -> Self {
        let (claim, task) = (claim.clone(), task.to_owned());
        Self::Created { claim, task }
    }

    pub(crate) fn not_sent(claim: &Token) -> Self {
        let claim = claim.clone();
        Self::NotSent { claim }
    }
}

impl Entry {
    pub(super) fn row(&self) -> &RowId {
        match self {
            Self::Sent(sent) => &sent.claim.row,
            Self::Created { claim, .. } | Self::NotSent { claim } => &claim.row,
        }
    }
}

/// Returns a line: checksum, ledger, JSON.
pub(super) fn encode(ledger: &str, entry: &Entry) -> Result<Vec<u8>, LedgerError> {
    let json = serde_json::to_string(entry).map_err(|error| {
        let message = "a line of the seal cannot be written";
        LedgerError::new(LedgerErrorKind::Io, message).with_source(error)
    })?;
    let sum = short(&[ledger, &json]);
    Ok(format!("\n{sum} {ledger} {json}\n").into_bytes())
}

/// Returns the ledger and the entry of a line, or `None` if it is empty, torn or damaged.
pub(super) fn decode(line: &[u8]) -> Option<(String, Entry)> {
    let line = std::str::from_utf8(line).ok()?.trim_end();
    let (sum, rest) = line.split_once(' ')?;
    let (ledger, json) = rest.split_once(' ')?;
    if short(&[ledger, json]) != sum {
        return None;
    }
    Some((ledger.to_owned(), serde_json::from_str(json).ok()?))
}
