//! The daily cap on creates by agents, compared in the transaction of the intent.
//!
//! Rows of the batch count by the time at which they were sent. Those that are about to be sent count in
//! any case, and so do those in doubt: a doubt of an earlier day holds its seconds until a person
//! decides. Nothing is stored beside the rows, so nothing can differ from them.

use super::{
    Ledger, batch,
    change::decimal,
    error::{LedgerError, LedgerErrorKind},
    names::{BatchId, Timestamp},
    rows::Item,
    tx::{Op, Transaction, values},
};

/// A day in microseconds.
const DAY: i64 = 86_400_000_000;

/// The milliseconds that an image counts, or another task that is not billed by the second: the cap must
/// stop an agent in a loop that creates these, too.
const PIECE_MS: i64 = 1_000;

/// The use of the daily cap by the agents of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DailyUse {
    /// The billable milliseconds of the tasks that were sent today (UTC) and did not fail, and of those
    /// that are being sent or in doubt. A task that is not billed by the second counts as one second.
    pub ms: i64,
    /// The time at which the next day begins.
    pub resets: Timestamp,
}

impl Ledger {
    /// Returns how much of the daily cap the creates by agents in a batch have used.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn daily_use(&self, batch: &BatchId) -> Result<DailyUse, LedgerError> {
        self.run(Op::read("daily_use"), batch.clone(), |tx, batch| {
            Box::pin(daily_use(tx, batch))
        })
        .await
    }
}

async fn daily_use(tx: &mut dyn Transaction, batch: &BatchId) -> Result<DailyUse, LedgerError> {
    let today = tx.now().0.div_euclid(DAY).saturating_mul(DAY);
    let sql = "SELECT CAST(COALESCE(SUM(CASE WHEN ms = 0 THEN $3 ELSE ms END), 0) AS BIGINT)
        FROM item WHERE batch = $1 AND (state IN ('intent', 'sending', 'in_doubt')
            OR (state IN ('created', 'done', 'fetched', 'expired', 'abandoned') AND armed >= $2))";
    let values = values![batch.as_str(), today, PIECE_MS];
    let ms = match tx.query(sql, values).await?.pop() {
        Some(mut row) => row.int()?,
        None => 0,
    };
    let resets = Timestamp(today.saturating_add(DAY));
    Ok(DailyUse { ms, resets })
}

/// Compares a create that is about to be claimed with the cap, and keeps other creates of the batch out
/// until the transaction ends.
///
/// # Errors
/// [`CapReached`](LedgerErrorKind::CapReached) when it does not fit.
pub(crate) async fn admit(
    tx: &mut dyn Transaction,
    item: &Item,
    cap_ms: i64,
) -> Result<(), LedgerError> {
    batch::locked_batch(tx, &item.row.batch).await?;
    let used = daily_use(tx, &item.row.batch).await?.ms;
    let cost = if item.ms == 0 { PIECE_MS } else { item.ms };
    if used.saturating_add(cost) > cap_ms {
        return Err(cap_reached(cost, used, cap_ms));
    }
    Ok(())
}

fn cap_reached(cost: i64, used: i64, cap: i64) -> LedgerError {
    let message = format!(
        "the create counts {} s, and {} of the {} s that agents may use on one day (UTC) are used or \
         held: the daily cap is reached",
        decimal(cost, 3),
        decimal(used, 3),
        decimal(cap, 3)
    );
    LedgerError::new(LedgerErrorKind::CapReached, message).with_hint(
        "nothing was sent; wait for the next day (00:00 UTC), or let a person decide about creates in \
         doubt, which hold their seconds (mps tasks --in-doubt), or raise the cap",
    )
}
