//! Checks the books of a ledger: phases of rows, chains of events, and sums of batches.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use mps_jobs::State;
use rusqlite::{Connection, config::DbConfig};

/// The price and the billable milliseconds of every row.
pub(crate) const PRICE: i64 = 2_000_000;
pub(crate) const MS: i64 = 5_000;

/// The number of prices that each batch has spent after an event.
#[derive(Clone, Default)]
pub(crate) struct Spent {
    last_event: i64,
    sums: BTreeMap<String, i64>,
}

/// The database and the log of a ledger that no process has open.
pub(crate) struct Files([(PathBuf, Option<Vec<u8>>); 2]);

impl Files {
    pub(crate) fn read(path: &Path) -> Self {
        Self(["", "-wal"].map(|suffix| {
            let path = PathBuf::from(format!("{}{suffix}", path.display()));
            let bytes = fs::read(&path).ok();
            (path, bytes)
        }))
    }

    /// Writes them to where they were read from.
    pub(crate) fn write(&self) {
        for (path, bytes) in &self.0 {
            match bytes {
                Some(bytes) => fs::write(path, bytes).unwrap(),
                None => drop(fs::remove_file(path)),
            }
        }
    }
}

/// A connection that leaves the log as it is.
pub(crate) fn connect(path: &Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    let kept = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
    connection.set_db_config(kept, true).unwrap();
    connection
}

fn state(name: &str) -> State {
    State::from_name(name).unwrap_or_else(|| panic!("{name}"))
}

/// Adds what new events spent, by the rules of the state machine. `is_not_sent` says that an attempt was given up.
pub(crate) fn follow(connection: &Connection, spent: &mut Spent, is_not_sent: bool) {
    let sql = "SELECT n, batch, was, now, COALESCE(note, '') FROM event WHERE n > ?1 ORDER BY n";
    let mut statement = connection.prepare_cached(sql).unwrap();
    let mut events = statement.query([spent.last_event]).unwrap();
    while let Some(event) = events.next().unwrap() {
        let get = |column| event.get::<_, Option<String>>(column).unwrap();
        let (batch, note) = (get(1).unwrap(), get(4).unwrap());
        let (was, now) = (state(&get(2).unwrap()), state(&get(3).unwrap()));
        let is_recall = note.starts_with("the store forgot");
        let kept = match (was, now) {
            (State::InDoubt, State::Planned | State::Intent) => 1,
            (was, State::Planned | State::InDoubt) if was.is_spent() => 1,
            (State::Intent, State::InDoubt) if !is_recall => -1,
            (State::Sending, State::InDoubt) if is_not_sent => -1,
            _ => 0,
        };
        let change = kept + i64::from(now.is_spent()) - i64::from(was.is_spent());
        *spent.sums.entry(batch).or_default() += change;
        spent.last_event = event.get(0).unwrap();
    }
}

/// Compares what the store has of each row and batch. `spent` are the prices spent by now.
pub(crate) fn check(connection: &Connection, spent: &Spent) {
    let ok: String = connection
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(ok, "ok");
    let sql = "SELECT id, held, held_ms, spent, spent_ms FROM batch";
    let mut batches = connection.prepare_cached(sql).unwrap();
    let mut batches = batches.query([]).unwrap();
    while let Some(batch) = batches.next().unwrap() {
        let id: String = batch.get(0).unwrap();
        let held = check_rows(connection, &id);
        let spent = spent.sums.get(&id).copied().unwrap_or_default();
        let sums = [1, 2, 3, 4].map(|column| batch.get::<_, i64>(column).unwrap());
        let expected = [held * PRICE, held * MS, spent * PRICE, spent * MS];
        assert_eq!(sums, expected, "{id}");
    }
}

/// Checks the rows of a batch and returns the number of those whose price is held.
fn check_rows(connection: &Connection, batch: &str) -> i64 {
    let sql = "SELECT seq, state, phase, last_event, done FROM item WHERE batch = ?1";
    let mut rows = connection.prepare_cached(sql).unwrap();
    let mut rows = rows.query([batch]).unwrap();
    let mut held = 0;
    while let Some(row) = rows.next().unwrap() {
        let (seq, name): (i64, String) = (row.get(0).unwrap(), row.get(1).unwrap());
        let state = state(&name);
        let phase = match state {
            State::Intent | State::Sending => "claimed",
            _ => name.as_str(),
        };
        assert_eq!(row.get::<_, String>(2).unwrap(), phase, "{batch}#{seq}");
        let has_end = row.get::<_, Option<i64>>(4).unwrap().is_some();
        let ends = state.is_ended() || state == State::Done;
        assert_eq!(has_end, ends, "{batch}#{seq} {name}");
        check_chain(connection, (batch, seq), row.get(3).unwrap(), state);
        held += i64::from(state.is_held());
    }
    held
}

/// Checks that the chain of a row has each of its events, and that each begins where the one before ended.
fn check_chain(connection: &Connection, row: (&str, i64), last: Option<i64>, state: State) {
    let sql = "SELECT n, was, now, previous FROM event WHERE batch = ?1 AND seq = ?2 ORDER BY n";
    let mut events = connection.prepare_cached(sql).unwrap();
    let mut events = events.query(row).unwrap();
    let mut all = BTreeMap::new();
    while let Some(event) = events.next().unwrap() {
        let [was, now] = [1, 2].map(|column| event.get::<_, String>(column).unwrap());
        let previous: Option<i64> = event.get(3).unwrap();
        all.insert(event.get::<_, i64>(0).unwrap(), (was, now, previous));
    }
    let (mut at, mut expected) = (last, state.to_string());
    let mut chain = BTreeSet::new();
    while let Some(n) = at {
        let (was, now, previous) = all.get(&n).unwrap_or_else(|| panic!("{row:?} {n}"));
        assert_eq!(*now, expected, "{row:?} {n}");
        assert!(chain.insert(n), "{row:?} {n}");
        (at, expected) = (*previous, was.clone());
    }
    let first = if row.0.starts_with('/') {
        State::Unsent
    } else {
        State::Planned
    };
    assert_eq!(expected, first.to_string(), "{row:?}");
    // The newest event of a row that was removed stays.
    let missing = all.keys().filter(|n| !chain.contains(n)).count();
    assert!(missing <= 1, "{row:?} {all:?} {chain:?}");
    let is_older = |n: &i64| chain.first().is_none_or(|first| n < first);
    assert!(
        all.keys().all(|n| chain.contains(n) || is_older(n)),
        "{row:?}"
    );
}

/// Counts the rows in each state.
pub(crate) fn count(connection: &Connection, states: &mut BTreeMap<String, i64>) {
    let sql = "SELECT state, COUNT(*) FROM item GROUP BY state";
    let mut rows = connection.prepare_cached(sql).unwrap();
    let mut rows = rows.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        *states.entry(row.get(0).unwrap()).or_default() += row.get::<_, i64>(1).unwrap();
    }
}

/// Returns the epoch of a store, and those of the sends of its seal in the order of their lines.
pub(crate) fn epochs(connection: &Connection, path: &Path) -> (i64, Vec<i64>) {
    let sql = "SELECT (SELECT COALESCE(MAX(n), 0) FROM event)
        + COALESCE((SELECT CAST(v AS INTEGER) FROM meta WHERE k = 'lost_epochs'), 0)";
    let epoch = connection.query_row(sql, [], |row| row.get(0)).unwrap();
    let seal = fs::read_to_string(format!("{}-seal", path.display())).unwrap();
    let number = |rest: &str| {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '-');
        rest[..digits.unwrap_or(rest.len())].parse().unwrap()
    };
    let sealed = seal.split("\"epoch\":").skip(1).map(number);
    (epoch, sealed.collect())
}
