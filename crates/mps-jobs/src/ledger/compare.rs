//! The rows of a manifest beside those that the ledger has.

use std::collections::HashMap;

use super::{
    Ledger,
    change::Change,
    error::LedgerError,
    import::list,
    item::select,
    names::{BatchId, Key},
    tx::{Op, Transaction, Value, values},
};
use crate::state::Transition;

/// Keys of one statement.
const KEYS: usize = 100;

/// The code of a row that was removed from its manifest. It is planned again with the manifest, not with
/// the other unsent rows.
pub(crate) const WITHDRAWN: &str = "withdrawn";

/// A row of a manifest, to be compared with the one that the ledger has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowContent {
    /// The key.
    pub key: Key,
    /// The content hash of the request.
    pub hash: String,
    /// The output name.
    pub out: Option<String>,
}

/// A row of a manifest beside the one that the ledger has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compared {
    /// Nothing.
    New,
    /// The same request with the same output name.
    Unchanged,
    /// Another request under the key.
    Changed,
    /// The same request with another output name.
    Renamed,
}

impl Ledger {
    /// Compares rows of a manifest with those that a batch has, and returns the outcomes in their
    /// order. Every row of an unknown batch is new.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn compare(
        &self,
        batch: &BatchId,
        rows: Vec<RowContent>,
    ) -> Result<Vec<Compared>, LedgerError> {
        let args = (batch.clone(), rows);
        self.run(Op::read("compare"), args, |tx, (batch, rows)| {
            Box::pin(compare(tx, batch, rows))
        })
        .await
    }

    /// Ends planned rows of a batch as unsent: they were removed from its manifest. Rows in other states
    /// are left alone. Returns the number of rows that were planned. Idempotent. Use chunks of about
    /// 500 keys: each call is one transaction.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn withdraw(&self, batch: &BatchId, keys: Vec<Key>) -> Result<u64, LedgerError> {
        let args = (batch.clone(), keys);
        let op = Op::durable("withdraw").idempotent();
        self.run(op, args, |tx, (batch, keys)| {
            Box::pin(withdraw(tx, batch, keys))
        })
        .await
    }
}

async fn compare(
    tx: &mut dyn Transaction,
    batch: &BatchId,
    rows: &[RowContent],
) -> Result<Vec<Compared>, LedgerError> {
    let keys: Vec<_> = rows.iter().map(|row| row.key.as_str()).collect();
    let known = known(tx, batch, &keys).await?;
    let compare = |row: &RowContent| match known.get(row.key.as_str()) {
        None => Compared::New,
        Some((hash, _)) if *hash != row.hash => Compared::Changed,
        Some((_, out)) if *out != row.out => Compared::Renamed,
        Some(_) => Compared::Unchanged,
    };
    Ok(rows.iter().map(compare).collect())
}

/// Returns the hashes and output names of the rows with some keys that the batch has, by key.
pub(crate) async fn known(
    tx: &mut dyn Transaction,
    batch: &BatchId,
    keys: &[&str],
) -> Result<HashMap<String, (String, Option<String>)>, LedgerError> {
    let mut known = HashMap::new();
    for keys in keys.chunks(KEYS) {
        let mut values = vec![Value::from(batch.as_str())];
        values.extend(keys.iter().map(|key| Value::from(*key)));
        let list = list(2, keys.len());
        let sql = format!("SELECT key, hash, out FROM item WHERE batch = $1 AND key IN ({list})");
        for mut row in tx.query(&sql, &values).await? {
            known.insert(row.text()?, (row.text()?, row.optional_text()?));
        }
    }
    Ok(known)
}

/// Plans withdrawn rows with some keys again: they are in the manifest again.
pub(crate) async fn revive(
    tx: &mut dyn Transaction,
    batch: &BatchId,
    keys: &[&str],
) -> Result<(), LedgerError> {
    for keys in keys.chunks(KEYS) {
        let mut values = values![batch.as_str(), WITHDRAWN].to_vec();
        values.extend(keys.iter().map(|key| Value::from(*key)));
        let condition = format!(
            "batch = $1 AND state = 'unsent' AND code = $2 AND key IN ({}) FOR UPDATE",
            list(3, keys.len())
        );
        for item in select(tx, &condition, &values).await? {
            Change::new(Transition::Retry)
                .note("in the manifest again")
                .clear(&["code", "done"])
                .apply(tx, &item)
                .await?;
        }
    }
    Ok(())
}

async fn withdraw(
    tx: &mut dyn Transaction,
    batch: &BatchId,
    keys: &[Key],
) -> Result<u64, LedgerError> {
    let mut withdrawn = 0;
    for key in keys {
        let planned = "batch = $1 AND key = $2 AND state = 'planned' FOR UPDATE";
        let values = values![batch.as_str(), key.as_str()];
        for item in select(tx, planned, values).await? {
            Change::new(Transition::Withdraw)
                .note("removed from the manifest")
                .set("code", WITHDRAWN)
                .set("done", tx.now().0)
                .apply(tx, &item)
                .await?;
            withdrawn += 1;
        }
    }
    Ok(withdrawn)
}
