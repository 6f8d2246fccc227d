//! A look into a ledger's file that changes nothing and waits for nothing: for completion in a shell.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, Row};

use crate::{
    ledger::{files, schema},
    state::State,
};

/// A task of a ledger, as far as a shell completes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeekedTask {
    /// The key, which is unique within its batch.
    pub key: String,
    /// The name of the batch; the batch of an account's single creates has an internal one.
    pub batch: String,
    /// The id, if the service has answered.
    pub task_id: Option<String>,
    /// The action that created it.
    pub action: String,
    /// The state when the ledger was last written; a listing may derive a later one.
    pub state: State,
}

/// Returns the newest tasks of a ledger's file, at most `limit`.
///
/// Returns none where the ledger cannot be read at once: it does not exist, is locked, damaged, of
/// another schema or on a network file system. Never writes to the ledger, never migrates it and
/// never waits for another process; reading the disk can block.
///
/// # Examples
/// For example, for a ledger that does not exist:
/// ```
/// assert!(mps_jobs::peek_tasks(std::path::Path::new("/none/tasks.db"), 100).is_empty());
/// ```
#[must_use]
pub fn peek_tasks(file: &Path, limit: u32) -> Vec<PeekedTask> {
    read(file, limit).unwrap_or_default()
}

fn read(file: &Path, limit: u32) -> Option<Vec<PeekedTask>> {
    let connection = connect(file)?;
    let version: String = connection
        .query_row("SELECT v FROM meta WHERE k = 'schema'", [], |row| {
            row.get(0)
        })
        .ok()?;
    if version != schema::VERSION.to_string() {
        return None;
    }
    let mut statement = connection
        .prepare("SELECT key, batch, task, action, state FROM item ORDER BY n DESC LIMIT ?1")
        .ok()?;
    let tasks = statement.query_map([limit], task).ok()?;
    Some(tasks.flatten().flatten().collect())
}

fn task(row: &Row<'_>) -> rusqlite::Result<Option<PeekedTask>> {
    let state: String = row.get(4)?;
    let Some(state) = State::from_name(&state) else {
        return Ok(None);
    };
    Ok(Some(PeekedTask {
        key: row.get(0)?,
        batch: row.get(1)?,
        task_id: row.get(2)?,
        action: row.get(3)?,
        state,
    }))
}

/// Connects for reading. Without a write-ahead log the file is declared unchangeable, since SQLite
/// would create the files of a log to read it.
fn connect(file: &Path) -> Option<Connection> {
    // A database is a regular file; opening a pipe would wait for its other end. The file itself is
    // not opened: that would end the locks of this process, if it has any.
    if !file.symlink_metadata().ok()?.is_file() {
        return None;
    }
    if files::network_path(file.parent()?).ok()?.is_some() {
        return None;
    }
    let log = files::beside(file, "-wal");
    let has_log = log.metadata().is_ok_and(|log| log.len() > 0);
    let path = file.to_str()?;
    let escaped = path
        .replace('%', "%25")
        .replace('?', "%3f")
        .replace('#', "%23");
    let mode = if has_log { "mode=ro" } else { "immutable=1" };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(format!("file:{escaped}?{mode}"), flags).ok()?;
    connection.busy_timeout(Duration::ZERO).ok()?;
    Some(connection)
}
