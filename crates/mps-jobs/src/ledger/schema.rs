//! The tables in the SQL that both stores understand, and the migrations of earlier ones.
//!
//! Times are microseconds since 1970, money is in millionths of the currency, states are names.
//!
//! Every index costs a page, of the log and of the disk, for each change of its columns: each one is there for a query
//! that is made often or over many rows, and names no column that changes while a claim is sent ([`phase`](super::phase)).

use mps_core::BoxFuture;

use super::{
    error::{LedgerError, LedgerErrorKind},
    tx::{Transaction, values},
};

mod first_version;

/// The version of the schema that this program writes.
pub(crate) const VERSION: usize = 2;

/// The number of the last commits that the store forgot: the epoch is that of the newest event and this one.
pub(crate) const LOST_EPOCHS: &str = "lost_epochs";

/// The tables. `WITHOUT ROWID` keeps rows in the order of their key and needs no index for it.
const META: &str =
    "CREATE TABLE meta (k TEXT PRIMARY KEY, v TEXT NOT NULL) /*SQLite: WITHOUT ROWID*/";
const BATCH: &str = "CREATE TABLE batch (
        id TEXT PRIMARY KEY, account TEXT, endpoint TEXT, source TEXT, manifest TEXT,
        cap BIGINT, cap_ms BIGINT,
        held BIGINT NOT NULL DEFAULT 0, held_ms BIGINT NOT NULL DEFAULT 0,
        spent BIGINT NOT NULL DEFAULT 0, spent_ms BIGINT NOT NULL DEFAULT 0,
        added BIGINT NOT NULL) /*SQLite: WITHOUT ROWID*/";
/// `n` numbers the rows in the order in which they were recorded; `forgotten` is the time at which the content of the
/// row was removed.
const ITEM: &str = "CREATE TABLE item (
        n BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        batch TEXT NOT NULL, seq BIGINT NOT NULL, account TEXT, endpoint TEXT, key TEXT NOT NULL,
        hash TEXT NOT NULL, action TEXT NOT NULL, model TEXT, ms BIGINT NOT NULL, price BIGINT, out TEXT,
        state TEXT NOT NULL, phase TEXT NOT NULL, home TEXT NOT NULL, fence BIGINT NOT NULL DEFAULT 0,
        attempt BIGINT NOT NULL DEFAULT 0, owner TEXT, lease BIGINT, added BIGINT NOT NULL, armed BIGINT,
        created BIGINT, task TEXT, request_id TEXT, code TEXT, message TEXT, status TEXT,
        done BIGINT, expires BIGINT, forgotten BIGINT, /*SQLite: last_event BIGINT,*/
        UNIQUE (batch, seq),
        CHECK (phase = CASE WHEN state IN ('intent', 'sending') THEN 'claimed' ELSE state END))";
const BODY: &str = "CREATE TABLE body (
        batch TEXT NOT NULL, seq BIGINT NOT NULL, json TEXT NOT NULL,
        PRIMARY KEY (batch, seq)) /*SQLite: WITHOUT ROWID*/";
const FILE: &str = "CREATE TABLE file (
        batch TEXT NOT NULL, seq BIGINT NOT NULL, n BIGINT NOT NULL, url TEXT NOT NULL, path TEXT,
        bytes BIGINT, sha256 TEXT, PRIMARY KEY (batch, seq, n)) /*SQLite: WITHOUT ROWID*/";
const STRAY: &str = "CREATE TABLE stray (
        batch TEXT NOT NULL, seq BIGINT NOT NULL, fence BIGINT NOT NULL, task TEXT NOT NULL,
        seen BIGINT NOT NULL, why TEXT NOT NULL, PRIMARY KEY (batch, seq, fence)) /*SQLite: WITHOUT ROWID*/";
const EVENT: &str = "CREATE TABLE event (
        n BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        batch TEXT NOT NULL, seq BIGINT NOT NULL, at BIGINT NOT NULL, fence BIGINT NOT NULL,
        was TEXT, now TEXT NOT NULL, worker TEXT NOT NULL, note TEXT /*SQLite:, previous BIGINT*/)";
const WORKER: &str = "CREATE TABLE worker (
        id TEXT PRIMARY KEY, host TEXT NOT NULL, pid BIGINT NOT NULL,
        started BIGINT NOT NULL, seen BIGINT NOT NULL) /*SQLite: WITHOUT ROWID*/";

const TABLES: [&str; 8] = [META, BATCH, ITEM, BODY, FILE, STRAY, EVENT, WORKER];

/// The indexes of the table `item`.
const ITEM_INDEXES: [&str; 7] = [
    "CREATE UNIQUE INDEX item_key ON item (batch, key)",
    "CREATE UNIQUE INDEX item_out ON item (batch, out) WHERE out IS NOT NULL",
    "CREATE UNIQUE INDEX item_task ON item (task, account, endpoint) WHERE task IS NOT NULL",
    // The next row of a batch, claims, created rows, those in doubt, and the sums of a batch.
    "CREATE INDEX item_phase ON item (phase, batch, seq, ms, price)",
    // Open single creates, whose batches have names that begin with a slash.
    "CREATE INDEX item_repeat ON item (hash) WHERE done IS NULL AND substr(batch, 1, 1) = '/'",
    "CREATE INDEX item_fetch ON item (batch, (COALESCE(expires, done)), seq, owner)
        WHERE phase = 'done'",
    "CREATE INDEX item_done ON item (done) WHERE done IS NOT NULL",
];

/// The next row of a batch, on a server. Its planner would read the rows of the batch in their order, all that
/// were claimed before too, since it takes those that are planned for evenly spread and `item_phase` is larger.
#[cfg(feature = "postgres")]
const ITEM_PLANNED: &str = "CREATE INDEX item_planned ON item (batch, seq) WHERE phase = 'planned'";

/// The events of a row, on a server.
#[cfg(feature = "postgres")]
const EVENT_ROW: &str = "CREATE INDEX event_row ON event (batch, seq)";

/// The events of a row, in a file: a chain from the last one to the one before it, since an index would be one more
/// page for each event. The row changes with most events anyway; see `record`.
const EVENT_CHAIN: &str = "CREATE TRIGGER event_chain AFTER INSERT ON event BEGIN
        UPDATE item SET last_event = NEW.n WHERE batch = NEW.batch AND seq = NEW.seq;
    END";

/// Selects the events of the row with the number `$2` in the batch `$1`. A damaged chain ends where it does not lead to
/// an earlier event.
pub(crate) const OF_ROW: &str = "/*SQLite: n IN (WITH RECURSIVE chain (n) AS (
            SELECT last_event FROM item WHERE batch = ?1 AND seq = ?2
            UNION ALL SELECT event.previous FROM chain JOIN event ON event.n = chain.n
                WHERE event.previous < event.n)
        SELECT n FROM chain) AND */ batch = $1 AND seq = $2";

/// Brings the schema of a server from the version that it has (0 for an empty one) to this program's, in the given
/// transaction.
#[cfg(feature = "postgres")]
pub(crate) fn migrate_server<'t>(
    tx: &'t mut dyn Transaction,
    from: &'t usize,
) -> BoxFuture<'t, Result<(), LedgerError>> {
    Box::pin(async move {
        match *from {
            0 => {
                create(tx).await?;
                tx.execute(EVENT_ROW, &[]).await?;
            }
            1 => first_version::copy_items(tx).await?,
            VERSION => return Ok(()),
            newer_version => return Err(newer(newer_version)),
        }
        tx.execute(ITEM_PLANNED, &[]).await?;
        set_version(tx).await
    })
}

/// Does the same in a file.
pub(crate) fn migrate_file<'t>(
    tx: &'t mut dyn Transaction,
    from: &'t usize,
) -> BoxFuture<'t, Result<(), LedgerError>> {
    Box::pin(async move {
        match *from {
            0 => create(tx).await?,
            1 => first_version::copy_all(tx).await?,
            VERSION => return Ok(()),
            newer_version => return Err(newer(newer_version)),
        }
        tx.execute(EVENT_CHAIN, &[]).await?;
        set_version(tx).await
    })
}

async fn create(tx: &mut dyn Transaction) -> Result<(), LedgerError> {
    for statement in TABLES.iter().chain(&ITEM_INDEXES) {
        tx.execute(statement, &[]).await?;
    }
    Ok(())
}

async fn set_version(tx: &mut dyn Transaction) -> Result<(), LedgerError> {
    let sql = "INSERT INTO meta (k, v) VALUES ('schema', $1)
        ON CONFLICT (k) DO UPDATE SET v = excluded.v";
    tx.execute(sql, values![VERSION.to_string()]).await?;
    Ok(())
}

fn newer(version: usize) -> LedgerError {
    let message = format!(
        "the ledger has schema version {version}, which is newer than this program's {VERSION}"
    );
    LedgerError::new(LedgerErrorKind::Newer, message)
        .with_hint("update this program, or use another ledger: --ledger PATH")
}
