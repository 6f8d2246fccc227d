//! The tables, as a list of migrations in the SQL that both stores understand.
//!
//! Times are microseconds since 1970, money is in millionths of the currency, states are names.

use mps_core::BoxFuture;

use super::{
    error::{LedgerError, LedgerErrorKind},
    tx::{Transaction, values},
};

/// The version of the schema that this program writes: the number of migrations.
pub(crate) const VERSION: usize = MIGRATIONS.len();

/// The statements that lead from each version to the next one. Published ones are never changed.
const MIGRATIONS: &[&[&str]] = &[&[
    "CREATE TABLE meta (k TEXT PRIMARY KEY, v TEXT NOT NULL)",
    "INSERT INTO meta (k, v) VALUES ('epoch', '0')",
    "CREATE TABLE batch (
        id TEXT PRIMARY KEY, account TEXT, endpoint TEXT, source TEXT, manifest TEXT,
        cap BIGINT, cap_ms BIGINT,
        held BIGINT NOT NULL DEFAULT 0, held_ms BIGINT NOT NULL DEFAULT 0,
        spent BIGINT NOT NULL DEFAULT 0, spent_ms BIGINT NOT NULL DEFAULT 0,
        added BIGINT NOT NULL)",
    // `forgotten` is the time at which the content of the row was removed.
    "CREATE TABLE item (
        batch TEXT NOT NULL, seq BIGINT NOT NULL, account TEXT, endpoint TEXT, key TEXT NOT NULL,
        hash TEXT NOT NULL, action TEXT NOT NULL, model TEXT, ms BIGINT NOT NULL, price BIGINT, out TEXT,
        state TEXT NOT NULL, home TEXT NOT NULL, fence BIGINT NOT NULL DEFAULT 0,
        attempt BIGINT NOT NULL DEFAULT 0, owner TEXT, lease BIGINT, added BIGINT NOT NULL, armed BIGINT,
        created BIGINT, task TEXT, request_id TEXT, code TEXT, message TEXT, status TEXT,
        done BIGINT, expires BIGINT, forgotten BIGINT,
        PRIMARY KEY (batch, seq), UNIQUE (batch, key), UNIQUE (batch, out))",
    "CREATE UNIQUE INDEX item_task ON item (account, endpoint, task)",
    "CREATE INDEX item_planned ON item (batch, seq) WHERE state = 'planned'",
    "CREATE INDEX item_held ON item (lease) WHERE state IN ('intent', 'sending')",
    "CREATE INDEX item_repeat ON item (account, endpoint, hash)
        WHERE state IN ('intent', 'sending', 'in_doubt', 'created')",
    "CREATE INDEX item_expires ON item (expires) WHERE state = 'done'",
    "CREATE INDEX item_fetch ON item (batch, owner, (COALESCE(expires, done)), seq)
        WHERE state = 'done'",
    "CREATE INDEX item_count ON item (batch, state, ms, price)",
    "CREATE INDEX item_added ON item (added, batch, seq)",
    "CREATE INDEX item_done ON item (done) WHERE done IS NOT NULL",
    "CREATE TABLE body (
        batch TEXT NOT NULL, seq BIGINT NOT NULL, json TEXT NOT NULL, PRIMARY KEY (batch, seq))",
    "CREATE TABLE file (
        batch TEXT NOT NULL, seq BIGINT NOT NULL, n BIGINT NOT NULL, url TEXT NOT NULL, path TEXT,
        bytes BIGINT, sha256 TEXT, PRIMARY KEY (batch, seq, n))",
    "CREATE TABLE stray (
        batch TEXT NOT NULL, seq BIGINT NOT NULL, fence BIGINT NOT NULL, task TEXT NOT NULL,
        seen BIGINT NOT NULL, why TEXT NOT NULL, PRIMARY KEY (batch, seq, fence))",
    "CREATE TABLE event (
        n BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        batch TEXT NOT NULL, seq BIGINT NOT NULL, at BIGINT NOT NULL, fence BIGINT NOT NULL,
        was TEXT, now TEXT NOT NULL, worker TEXT NOT NULL, note TEXT)",
    "CREATE INDEX event_row ON event (batch, seq)",
    "CREATE TABLE worker (
        id TEXT PRIMARY KEY, host TEXT NOT NULL, pid BIGINT NOT NULL,
        started BIGINT NOT NULL, seen BIGINT NOT NULL)",
]];

/// Brings the schema from the version that the store has (0 for an empty one) to this program's, in
/// the given transaction.
pub(crate) fn migrate<'t>(
    tx: &'t mut dyn Transaction,
    from: &'t usize,
) -> BoxFuture<'t, Result<(), LedgerError>> {
    Box::pin(async move {
        let Some(missing) = MIGRATIONS.get(*from..) else {
            return Err(newer(*from));
        };
        if missing.is_empty() {
            return Ok(());
        }
        for version in missing {
            for statement in *version {
                tx.execute(statement, &[]).await?;
            }
        }
        tx.execute(
            "INSERT INTO meta (k, v) VALUES ('schema', $1)
                ON CONFLICT (k) DO UPDATE SET v = excluded.v",
            values![VERSION.to_string()],
        )
        .await?;
        Ok(())
    })
}

fn newer(version: usize) -> LedgerError {
    let message = format!(
        "the ledger has schema version {version}, which is newer than this program's {VERSION}"
    );
    LedgerError::new(LedgerErrorKind::Newer, message)
        .with_hint("update this program, or use another ledger: --ledger PATH")
}
