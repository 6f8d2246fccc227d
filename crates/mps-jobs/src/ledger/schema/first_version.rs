//! Ledgers of the first version of the schema: their rows are copied into the present tables.
//!
//! No version of this program was released with it, but ledgers of it may record bills.

use super::{BATCH, BODY, EVENT, FILE, ITEM, ITEM_INDEXES, LOST_EPOCHS, META, STRAY, WORKER};
use crate::ledger::{error::LedgerError, tx::Transaction};

/// The columns of the table `item`, which has `phase` since, and numbers its rows.
const COLUMNS: &str = "batch, seq, account, endpoint, key, hash, action, model, ms, price, out, state, home, fence,
    attempt, owner, lease, added, armed, created, task, request_id, code, message, status, done, expires, forgotten";

/// The other tables of a file: those with a key of their own have no row numbers now, and the numbers of events are
/// those of rows. On a server they are as they were.
const OTHERS: [(&str, &str, &str); 6] = [
    ("meta", META, "k, v"),
    (
        "batch",
        BATCH,
        "id, account, endpoint, source, manifest, cap, cap_ms, held, held_ms, spent, spent_ms, added",
    ),
    ("body", BODY, "batch, seq, json"),
    ("file", FILE, "batch, seq, n, url, path, bytes, sha256"),
    ("stray", STRAY, "batch, seq, fence, task, seen, why"),
    ("worker", WORKER, "id, host, pid, started, seen"),
];

/// Copies the rows of the table `item` into the present one, in the order in which they were recorded.
pub(super) async fn copy_items(tx: &mut dyn Transaction) -> Result<(), LedgerError> {
    let phase = "CASE WHEN state IN ('intent', 'sending') THEN 'claimed' ELSE state END";
    let copy = format!(
        "INSERT INTO item ({COLUMNS}, phase) SELECT {COLUMNS}, {phase} FROM earlier
            ORDER BY added, batch, seq"
    );
    replace(tx, "item", ITEM, &copy).await?;
    for index in ITEM_INDEXES {
        tx.execute(index, &[]).await?;
    }
    Ok(())
}

/// Copies the rows of all tables of a file.
pub(super) async fn copy_all(tx: &mut dyn Transaction) -> Result<(), LedgerError> {
    for (table, create, columns) in OTHERS {
        let copy =
            format!("INSERT INTO {table} ({columns}) SELECT {columns} FROM earlier ORDER BY 1");
        replace(tx, table, create, &copy).await?;
    }
    let columns = "n, batch, seq, at, fence, was, now, worker, note";
    let events = format!(
        "INSERT INTO event ({columns}, previous)
            SELECT {columns}, LAG(n) OVER (PARTITION BY batch, seq ORDER BY n) FROM earlier ORDER BY n"
    );
    replace(tx, "event", EVENT, &events).await?;
    copy_items(tx).await?;
    let link = "UPDATE item SET last_event = newest.n
        FROM (SELECT batch, seq, MAX(n) AS n FROM event GROUP BY batch, seq) AS newest
        WHERE item.batch = newest.batch AND item.seq = newest.seq";
    tx.execute(link, &[]).await?;
    // Commits were counted, and are events now: the epoch goes on from where it was.
    let epochs = format!(
        "UPDATE meta SET k = '{LOST_EPOCHS}',
            v = CAST(CAST(v AS INTEGER) - (SELECT COALESCE(MAX(n), 0) FROM event) AS TEXT)
            WHERE k = 'epoch'"
    );
    tx.execute(&epochs, &[]).await?;
    Ok(())
}

/// Replaces a table by one that is filled from it.
async fn replace(
    tx: &mut dyn Transaction,
    table: &str,
    create: &str,
    copy: &str,
) -> Result<(), LedgerError> {
    let rename = format!("ALTER TABLE {table} RENAME TO earlier");
    for statement in [&rename, create, copy, "DROP TABLE earlier"] {
        tx.execute(statement, &[]).await?;
    }
    Ok(())
}
