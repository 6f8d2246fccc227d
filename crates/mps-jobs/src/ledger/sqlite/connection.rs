//! A connection to SQLite: its settings, statements and errors.

use std::{path::Path, time::Duration};

use rusqlite::{
    Connection, ErrorCode, OpenFlags, OptionalExtension as _,
    config::DbConfig,
    params_from_iter,
    types::{ToSqlOutput, ValueRef},
};

use crate::ledger::{
    error::{LedgerError, LedgerErrorKind},
    learned::COMMIT,
    seal::Sent,
    tx::{Row, Value},
};

/// Longest wait for another process that writes.
const BUSY: Duration = Duration::from_secs(5);

/// Pause before the file is tried again.
const BUSY_PAUSE: Duration = Duration::from_millis(1);

/// More statements than the ledger has, so that each is compiled once.
const STATEMENTS: usize = 128;

pub(super) fn in_memory() -> Result<Connection, LedgerError> {
    let mut connection = Connection::open_in_memory().map_err(failed)?;
    configure(&mut connection).map_err(failed)?;
    Ok(connection)
}

/// Opens a file that exists. The log is emptied in small steps rather than at the end of every command.
pub(super) fn open(path: &Path) -> Result<Connection, LedgerError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    configure(&mut connection).map_err(failed)?;
    let kept = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
    connection.set_db_config(kept, true).map_err(failed)?;
    connection
        .execute_batch("PRAGMA wal_autocheckpoint = 256")
        .map_err(failed)?;
    Ok(connection)
}

/// Switches to a write-ahead log, which lets others read while one writes.
pub(super) fn use_log(connection: &Connection) -> Result<(), LedgerError> {
    let mode = pragma(connection, "PRAGMA journal_mode = WAL")?;
    if mode == "wal" {
        return Ok(());
    }
    let message = format!("the file system of the ledger supports no write-ahead log ({mode})");
    Err(LedgerError::new(LedgerErrorKind::Io, message)
        .with_hint("use a disk of this machine: --ledger PATH"))
}

/// Reads from the file, which makes its write-ahead log if there is none.
pub(super) fn read_header(connection: &Connection) -> Result<(), LedgerError> {
    let read = connection.query_row("PRAGMA user_version", [], |_| Ok(()));
    read.map_err(failed)
}

/// Moves the write-ahead log into the database and empties it.
pub(super) fn truncate_log(connection: &Connection) -> Result<(), LedgerError> {
    let busy: i64 = connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
        .map_err(failed)?;
    if busy == 0 {
        return Ok(());
    }
    let message = "another program reads the ledger, so its log still contains what was forgotten";
    Err(LedgerError::new(LedgerErrorKind::Busy, message)
        .with_hint("repeat it when no other program uses the ledger"))
}

/// Returns an error if the database's structure is damaged: indexes and tables are compared.
pub(super) fn check_integrity(connection: &Connection) -> Result<(), LedgerError> {
    let found = pragma(connection, "PRAGMA integrity_check(1)")?;
    if found == "ok" {
        return Ok(());
    }
    Err(damaged().with_source(found))
}

fn pragma(connection: &Connection, sql: &str) -> Result<String, LedgerError> {
    connection
        .query_row(sql, [], |row| row.get(0))
        .map_err(failed)
}

/// Returns the version of the schema; 0 for an empty database.
pub(super) fn schema_version(connection: &Connection) -> Result<usize, LedgerError> {
    let tables = "SELECT COUNT(*) FROM sqlite_schema";
    let tables: i64 = connection
        .query_row(tables, [], |row| row.get(0))
        .map_err(failed)?;
    if tables == 0 {
        return Ok(0);
    }
    let version = meta(connection, "schema").ok().flatten();
    version
        .and_then(|version| version.parse().ok())
        .ok_or_else(damaged)
}

/// Facts that a ledger states about itself.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) schema: Option<usize>,
    pub(super) id: Option<String>,
    /// The machine that it belongs to.
    pub(super) host: Option<String>,
    /// The epoch, see [`epoch`].
    pub(super) epoch: i64,
    /// The boot and the time at which the file was checked.
    pub(super) checked: Option<String>,
    /// The newest send of the seal when it was compared.
    pub(super) compared: Option<String>,
    /// The smoothed time of a commit.
    pub(super) commit_us: Option<u64>,
}

/// The epoch: the number of the newest event, and those that a store which went back has lost.
const EPOCH: &str = "(SELECT COALESCE(MAX(n), 0) FROM event)
    + COALESCE((SELECT CAST(v AS INTEGER) FROM meta WHERE k = 'lost_epochs'), 0)";

/// Reads what a ledger says about itself.
pub(super) fn facts(connection: &Connection) -> rusqlite::Result<Facts> {
    let sql = format!(
        "SELECT k, v FROM meta WHERE k IN ('schema', 'id', 'host', 'checked', 'compared', '{COMMIT}')
            UNION ALL SELECT 'epoch', {EPOCH}"
    );
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([])?;
    let mut facts = Facts::default();
    while let Some(row) = rows.next()? {
        let name: String = row.get(0)?;
        if name == "epoch" {
            facts.epoch = row.get(1)?;
            continue;
        }
        let value: String = row.get(1)?;
        match name.as_str() {
            "schema" => facts.schema = value.parse().ok(),
            "id" => facts.id = Some(value),
            "host" => facts.host = Some(value),
            "checked" => facts.checked = Some(value),
            "compared" => facts.compared = Some(value),
            _ => facts.commit_us = value.parse().ok(),
        }
    }
    Ok(facts)
}

/// Returns a value of the table `meta`.
fn meta(connection: &Connection, name: &str) -> Result<Option<String>, LedgerError> {
    let sql = "SELECT v FROM meta WHERE k = ?1";
    let statement = connection.prepare_cached(sql);
    let value = statement.and_then(|mut it| it.query_row([name], |row| row.get(0)));
    value.optional().map_err(failed)
}

/// Returns the epoch: a number that grows with every event, and so with every send.
pub(super) fn epoch(connection: &Connection) -> Result<i64, LedgerError> {
    let statement = connection.prepare_cached(&format!("SELECT {EPOCH}"));
    let epoch = statement.and_then(|mut it| it.query_row([], |row| row.get(0)));
    epoch.map_err(failed)
}

/// Returns `true` if the event whose number is a send's epoch is that send, as in a store that has not lost any.
pub(super) fn has_send(connection: &Connection, sent: &Sent) -> rusqlite::Result<bool> {
    let sql =
        "SELECT batch = ?2 AND seq = ?3 AND fence = ?4 AND at = ?5 AND now = 'sending' FROM event
        WHERE n = ?1 - COALESCE((SELECT CAST(v AS INTEGER) FROM meta WHERE k = 'lost_epochs'), 0)";
    let (row, fence) = (&sent.claim.row, sent.claim.fence.0);
    let values = (sent.epoch, row.batch.as_str(), row.seq, fence, sent.at.0);
    let is_sent = connection.query_row(sql, values, |row| row.get(0));
    Ok(is_sent.optional()?.unwrap_or(false))
}

pub(super) fn damaged() -> LedgerError {
    LedgerError::new(LedgerErrorKind::Damaged, DAMAGED).with_hint(RESTORE)
}

const DAMAGED: &str = "the ledger is damaged, or is no ledger";
const RESTORE: &str = "restore it from a backup, next to its seal, or use another: --ledger PATH";

/// Waits for a moment while another process writes, and returns `false` when it takes too long.
///
/// `SQLite`'s own handler waits up to 100 ms at a time, twice as long as a slot of the rate limit lasts;
/// a commit takes a few milliseconds.
#[expect(
    clippy::disallowed_methods,
    reason = "SQLite calls it on the ledger's thread, which it blocks anyway"
)]
fn wait_for_writer(tries: i32) -> bool {
    std::thread::sleep(BUSY_PAUSE);
    u32::try_from(tries).is_ok_and(|tries| BUSY_PAUSE.saturating_mul(tries) < BUSY)
}

/// Settings of every connection.
pub(super) fn configure(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.busy_handler(Some(wait_for_writer))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Otherwise a statement that compares a column of a partial index is compiled again for each of its values.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // Deleted content is overwritten, and statements in a damaged schema are not trusted.
    connection.execute_batch(
        "PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;
            PRAGMA cache_size = -8192;",
    )
}

/// Returns a statement in SQLite's words: numbered parameters, no row locks, its own row numbers, and the parts that
/// are comments elsewhere.
fn translated(sql: &str) -> String {
    sql.replace('$', "?")
        .replace(" FOR UPDATE SKIP LOCKED", "")
        .replace(" FOR UPDATE", "")
        .replace(
            "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
            "INTEGER PRIMARY KEY",
        )
        .replace("/*SQLite:", "")
        .replace("*/", "")
}

pub(super) fn query(
    connection: &Connection,
    sql: &str,
    values: &[Value],
) -> rusqlite::Result<Vec<Row>> {
    let mut statement = connection.prepare_cached(&translated(sql))?;
    let columns = statement.column_count();
    let mut rows = statement.query(params_from_iter(values))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let mut values = Vec::with_capacity(columns);
        for column in 0..columns {
            values.push(value(row.get_ref(column)?, column)?);
        }
        found.push(Row::new(values));
    }
    Ok(found)
}

pub(super) fn execute(
    connection: &Connection,
    sql: &str,
    values: &[Value],
) -> rusqlite::Result<u64> {
    let mut statement = connection.prepare_cached(&translated(sql))?;
    let changed = statement.execute(params_from_iter(values))?;
    Ok(u64::try_from(changed).unwrap_or(u64::MAX))
}

/// Runs a statement without parameters and rows, such as COMMIT, compiled once.
pub(super) fn run(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(value) => ValueRef::Integer(*value),
            Self::Text(value) | Self::Private(value) => ValueRef::Text(value.as_bytes()),
        }))
    }
}

fn value(value: ValueRef<'_>, column: usize) -> rusqlite::Result<Value> {
    match value {
        ValueRef::Null => Ok(Value::Null),
        ValueRef::Integer(value) => Ok(Value::Int(value)),
        ValueRef::Text(text) => {
            let text = std::str::from_utf8(text);
            let text = text.map_err(|error| rusqlite::Error::Utf8Error(column, error))?;
            Ok(Value::Text(text.to_owned()))
        }
        other => {
            let name = "a column of the ledger".to_owned();
            Err(rusqlite::Error::InvalidColumnType(
                column,
                name,
                other.data_type(),
            ))
        }
    }
}

/// Returns the ledger's error for one of SQLite.
pub(super) fn failed(error: rusqlite::Error) -> LedgerError {
    use LedgerErrorKind as K;
    let code = error.sqlite_error_code();
    let (kind, message, hint) = match (code, &error) {
        (Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked), _) => (
            K::Busy,
            "another program holds the ledger for more than 5 s",
            "end the program that holds it, which may be stopped",
        ),
        (Some(ErrorCode::DiskFull), _) => (
            K::Full,
            "the disk of the ledger is full",
            "free space, or use another disk: --ledger PATH",
        ),
        (Some(ErrorCode::ReadOnly), _) => (
            K::ReadOnly,
            "the ledger cannot be written",
            "use a folder that you may write: --ledger PATH",
        ),
        (Some(ErrorCode::PermissionDenied | ErrorCode::CannotOpen), _) => (
            K::PermissionDenied,
            "the ledger cannot be opened",
            "use a folder that you may read and write: --ledger PATH",
        ),
        (Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase), _)
        | (_, rusqlite::Error::Utf8Error(..) | rusqlite::Error::InvalidColumnType(..)) => {
            (K::Damaged, DAMAGED, RESTORE)
        }
        _ => (
            K::Io,
            "the ledger cannot be read or written",
            "look at the cause, and at the disk of the ledger",
        ),
    };
    LedgerError::new(kind, message)
        .with_hint(hint)
        .with_source(error)
}
