//! A connection to SQLite: its settings, statements and errors.

use std::time::Duration;

use rusqlite::{Connection, ErrorCode, params_from_iter, types::ToSqlOutput, types::ValueRef};

use crate::ledger::{
    error::{LedgerError, LedgerErrorKind},
    tx::{Row, Value},
};

/// Longest wait for another process that writes.
const BUSY: Duration = Duration::from_secs(5);

/// More statements than the ledger has, so that each is compiled once.
const STATEMENTS: usize = 128;

pub(super) fn in_memory() -> Result<Connection, LedgerError> {
    let connection = Connection::open_in_memory().map_err(failed)?;
    configure(&connection).map_err(failed)?;
    Ok(connection)
}

/// Settings of every connection.
pub(super) fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // What is deleted is overwritten, and statements in a damaged schema are not trusted.
    connection.execute_batch(
        "PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;",
    )
}

/// Returns a statement in SQLite's words: numbered parameters, no row locks, its own row numbers.
fn translated(sql: &str) -> String {
    sql.replace('$', "?")
        .replace(" FOR UPDATE SKIP LOCKED", "")
        .replace(" FOR UPDATE", "")
        .replace(
            "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
            "INTEGER PRIMARY KEY AUTOINCREMENT",
        )
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

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(value) => ValueRef::Integer(*value),
            Self::Text(value) => ValueRef::Text(value.as_bytes()),
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
        | (_, rusqlite::Error::Utf8Error(..) | rusqlite::Error::InvalidColumnType(..)) => (
            K::Damaged,
            "the ledger is damaged, or is no ledger",
            "restore it from a backup, next to its seal, or use another: --ledger PATH",
        ),
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
