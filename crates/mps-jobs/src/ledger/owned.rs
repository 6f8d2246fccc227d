//! Created and done rows of one process: which process follows and fetches them.

use super::{
    Ledger,
    error::LedgerError,
    import::list,
    item::select,
    liveness::register,
    names::BatchId,
    rows::Item,
    tx::{Op, Transaction, Value, values},
};
/// Arguments of [`Ledger::adopt`]: the batch, and the owners that have ended.
type Owners = (BatchId, Vec<Option<String>>);

impl Ledger {
    /// Takes over the created and done rows of a batch whose process has ended or has
    /// [released](Self::release) them. Returns their number. Idempotent.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn adopt(&self, batch: &BatchId) -> Result<u64, LedgerError> {
        // In this order: a process that owns a row is among the living ones until it ends.
        let owners = self
            .run(Op::read("owners"), batch.clone(), |tx, batch| {
                Box::pin(owners(tx, batch))
            })
            .await?;
        let living = self.workers().await?;
        let is_living = |owner: &String| living.iter().any(|worker| worker.id == *owner);
        let mut ended = owners;
        ended.retain(|owner| owner.as_ref().is_none_or(|owner| !is_living(owner)));
        if ended.is_empty() {
            return Ok(0);
        }
        let owners = (batch.clone(), ended);
        let op = Op::relaxed("adopt").idempotent();
        self.run(op, owners, |tx, owners| Box::pin(adopt(tx, owners)))
            .await
    }

    /// Lets other processes take over the created and done rows of this one. Returns their number.
    /// Idempotent.
    ///
    /// # Errors
    /// Any error of the store. The rows are taken over when this process ends.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn release(&self, batch: &BatchId) -> Result<u64, LedgerError> {
        let op = Op::relaxed("release").idempotent();
        self.run(op, batch.clone(), |tx, batch| Box::pin(release(tx, batch)))
            .await
    }

    /// Returns up to `limit` created rows of this process after the one with number `after`, in the
    /// order of the batch.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn to_follow(
        &self,
        batch: &BatchId,
        after: i64,
        limit: usize,
    ) -> Result<Vec<Item>, LedgerError> {
        let args = (batch.clone(), after, limit);
        self.run(Op::read("to_follow"), args, |tx, args| {
            Box::pin(to_follow(tx, args))
        })
        .await
    }

    /// Returns up to `limit` done rows of this process, the earliest expiry first.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn to_fetch(&self, batch: &BatchId, limit: usize) -> Result<Vec<Item>, LedgerError> {
        let args = (batch.clone(), limit);
        self.run(Op::read("to_fetch"), args, |tx, args| {
            Box::pin(to_fetch(tx, args))
        })
        .await
    }

    /// Returns the number of the last event, or 0 if there is none.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn last_event(&self) -> Result<i64, LedgerError> {
        self.run(Op::read("last_event"), (), |tx, ()| {
            Box::pin(last_event(tx))
        })
        .await
    }
}

async fn owners(
    tx: &mut dyn Transaction,
    batch: &BatchId,
) -> Result<Vec<Option<String>>, LedgerError> {
    let sql = "SELECT DISTINCT owner FROM item WHERE batch = $1 AND phase IN ('created', 'done')";
    let rows = tx.query(sql, values![batch.as_str()]).await?;
    rows.into_iter()
        .map(|mut row| row.optional_text())
        .collect()
}

async fn adopt(tx: &mut dyn Transaction, (batch, ended): &Owners) -> Result<u64, LedgerError> {
    register(tx).await?;
    let mut values = values![batch.as_str(), &tx.process().id].to_vec();
    values.extend(ended.iter().flatten().map(Value::from));
    let mut conditions = Vec::new();
    if ended.contains(&None) {
        conditions.push("owner IS NULL".to_owned());
    }
    if values.len() > 2 {
        conditions.push(format!("owner IN ({})", list(3, values.len() - 2)));
    }
    let condition = conditions.join(" OR ");
    let sql = format!(
        "UPDATE item SET owner = $2
            WHERE batch = $1 AND phase IN ('created', 'done') AND ({condition})"
    );
    tx.execute(&sql, &values).await
}

async fn release(tx: &mut dyn Transaction, batch: &BatchId) -> Result<u64, LedgerError> {
    let sql = "UPDATE item SET owner = NULL
        WHERE batch = $1 AND owner = $2 AND phase IN ('created', 'done')";
    let values = values![batch.as_str(), &tx.process().id];
    tx.execute(sql, values).await
}

async fn to_follow(
    tx: &mut dyn Transaction,
    (batch, after, limit): &(BatchId, i64, usize),
) -> Result<Vec<Item>, LedgerError> {
    let condition = "batch = $1 AND phase = 'created' AND owner = $2 AND seq > $3
        ORDER BY seq LIMIT $4";
    let values = values![batch.as_str(), &tx.process().id, *after, bounded(*limit)];
    select(tx, condition, values).await
}

async fn to_fetch(
    tx: &mut dyn Transaction,
    (batch, limit): &(BatchId, usize),
) -> Result<Vec<Item>, LedgerError> {
    let condition = "batch = $1 AND phase = 'done' AND owner = $2
        ORDER BY COALESCE(expires, done), seq LIMIT $3";
    let values = values![batch.as_str(), &tx.process().id, bounded(*limit)];
    select(tx, condition, values).await
}

fn bounded(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

async fn last_event(tx: &mut dyn Transaction) -> Result<i64, LedgerError> {
    let sql = "SELECT COALESCE(MAX(n), 0) FROM event";
    let row = tx.query(sql, &[]).await?.pop();
    row.map_or(Ok(0), |mut row| row.int())
}
