//! A transaction of a store, and the values that cross it.
//!
//! Every operation of the ledger is an async function over [`Transaction`], written once, in the SQL
//! that both stores understand: PostgreSQL's, with `$1` for parameters. SQLite's store replaces
//! `$` by `?` and leaves `FOR UPDATE` and `SKIP LOCKED` out, since it has one writer at a time. A comment that
//! begins with `/*SQLite:` is a part of the statement there; its parameters are written `?1`, since a server may get values
//! in place of `$1`, and one in a comment could end it.
//!
//! Text, `BIGINT` and `NULL` are the only types. Sums are cast to `BIGINT`, which PostgreSQL would
//! otherwise return as `NUMERIC`.

use std::fmt;

use mps_core::BoxFuture;

use super::{
    error::{LedgerError, LedgerErrorKind},
    names::Timestamp,
};

/// A kind of transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Reads only.
    Read,
    /// Is on the disk when it returns.
    Durable,
    /// May be lost with the machine, but not with the process: leases, polls, measurements.
    Relaxed,
}

/// The worst that an operation may come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// A send, which is billed. It is refused by a server that may have forgotten sends, until a person accepts the
    /// server, and it is done once.
    Send,
    /// A change that could happen twice: it is not repeated after a commit of unknown outcome.
    Once,
    /// A change that another run finds done, or none.
    Idempotent,
}

/// An operation: its name, for failpoints and logs, and what a store has to know about it.
///
/// What is not said costs time, never money: an operation that changes something is taken for one that leads to a
/// send, is not repeated, and begins in a round trip of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Op {
    pub(crate) name: &'static str,
    pub(crate) mode: Mode,
    pub(crate) effect: Effect,
    /// The first statement travels with the beginning of the transaction.
    pub(crate) is_joined: bool,
    /// It is not tried again while a server is unavailable.
    pub(crate) is_urgent: bool,
}

impl Op {
    pub(crate) const fn read(name: &'static str) -> Self {
        Self::new(name, Mode::Read).idempotent()
    }

    pub(crate) const fn durable(name: &'static str) -> Self {
        Self::new(name, Mode::Durable)
    }

    pub(crate) const fn relaxed(name: &'static str) -> Self {
        Self::new(name, Mode::Relaxed)
    }

    const fn new(name: &'static str, mode: Mode) -> Self {
        Self {
            name,
            mode,
            effect: Effect::Send,
            is_joined: false,
            is_urgent: false,
        }
    }

    /// States that it neither claims nor arms a row, though it must not be repeated.
    pub(crate) const fn sends_nothing(mut self) -> Self {
        self.effect = Effect::Once;
        self
    }

    /// States that it neither claims nor arms a row, and that it compares what it changes, so that it may be repeated
    /// after a commit of unknown outcome.
    pub(crate) const fn idempotent(mut self) -> Self {
        self.effect = Effect::Idempotent;
        self
    }

    /// States that its first statement reads, or changes one row that it compares, and does not need the store's time
    /// as a parameter.
    pub(crate) const fn joined(mut self) -> Self {
        self.is_joined = true;
        self
    }

    /// States that it is of no use later, since its caller waits to send.
    pub(crate) const fn urgent(mut self) -> Self {
        self.is_urgent = true;
        self
    }
}

/// The body of an operation. A store may run it again after a conflict of transactions, so it
/// changes nothing but the transaction.
pub(crate) type Work<A, T> =
    for<'t> fn(&'t mut dyn Transaction, &'t A) -> BoxFuture<'t, Result<T, LedgerError>>;

/// An open transaction. It is committed when the operation returns `Ok`, and rolled back otherwise.
///
/// A store may write the values of a statement into its text, which a server may write to its log: keys, states, ids and
/// numbers, but none that is [private](Value::Private).
pub(crate) trait Transaction: Send {
    /// Runs a statement and returns its rows.
    fn query<'t>(
        &'t mut self,
        sql: &'t str,
        values: &'t [Value],
    ) -> BoxFuture<'t, Result<Vec<Row>, LedgerError>>;

    /// Runs a statement and returns the number of rows that it changed.
    fn execute<'t>(
        &'t mut self,
        sql: &'t str,
        values: &'t [Value],
    ) -> BoxFuture<'t, Result<u64, LedgerError>>;

    /// Runs a statement that changes one row or none, and returns `false` if it changed none.
    ///
    /// A store may expect that it changes one, return `true` at once, and send the statement with the next
    /// one or with the commit. If it changes none then, the store takes everything back and runs the
    /// operation again, each statement at once.
    fn change_one<'t>(
        &'t mut self,
        sql: &'t str,
        values: &'t [Value],
    ) -> BoxFuture<'t, Result<bool, LedgerError>>;

    /// Runs a statement that nothing in the transaction depends on. A store may delay it until the next
    /// statement or the commit.
    fn execute_late<'t>(
        &'t mut self,
        sql: &'t str,
        values: &'t [Value],
    ) -> BoxFuture<'t, Result<(), LedgerError>>;

    /// Runs the last statement of the operation, and returns its row. When it returns `None`, the operation
    /// returns an error. A store may commit in the same request, if there is a row.
    fn query_last<'t>(
        &'t mut self,
        sql: &'t str,
        values: &'t [Value],
    ) -> BoxFuture<'t, Result<Option<Row>, LedgerError>>;

    /// Lets the store's planner look at the rows again, after their number has grown by much. Does
    /// nothing in a store whose plans do not depend on it.
    fn refresh_statistics(&mut self) -> BoxFuture<'_, Result<(), LedgerError>> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// Returns the time of the store's clock at the beginning of the transaction, which some operations know
    /// only after their first statement (see [`now_in_sql`](Self::now_in_sql)).
    fn now(&self) -> Timestamp;

    /// Returns the time as an expression, if [`now`](Self::now) does not know it yet.
    fn now_in_sql(&self) -> Option<&'static str> {
        None
    }

    /// Returns this process, as the table `worker` names it.
    fn process(&self) -> &Process;

    /// Returns `true` when the process that claimed a row has lost it: its lock is free
    /// (SQLite), or the row's lease is over (PostgreSQL). Always `false` for this process's own rows
    /// on SQLite.
    fn is_orphan(&mut self, owner: &str, lease: Timestamp) -> bool;

    /// Returns a number that grows with every event, so that a store that went back is noticed:
    /// that of the newest event (SQLite), or the position in the write-ahead log (PostgreSQL).
    fn epoch(&mut self) -> BoxFuture<'_, Result<i64, LedgerError>>;
}

/// The process that uses a store. Its id is drawn at random for each opened ledger.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub(crate) id: String,
    pub(crate) host: String,
    pub(crate) pid: i64,
}

impl Process {
    pub(crate) fn new() -> Self {
        Self {
            id: format!("{:016x}", fastrand::u64(..)),
            host: crate::machine::host(),
            pid: i64::from(std::process::id()),
        }
    }
}

/// A parameter or a column.
#[derive(Clone)]
pub(crate) enum Value {
    Null,
    Int(i64),
    Text(String),
    /// A text that no log may contain: a prompt, a message, a path or a URL. Never a column.
    Private(String),
}

impl Value {
    pub(crate) fn private(text: impl Into<String>) -> Self {
        Self::Private(text.into())
    }
}

/// Leaves private texts out.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Int(value) => value.fmt(f),
            Self::Text(text) => text.fmt(f),
            Self::Private(_) => f.write_str(".."),
        }
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Self::Text(value.clone())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Builds the parameters of a statement.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::ledger::tx::Value::from($value)),*] };
}
pub(crate) use values;

/// A row of a result, whose columns are taken in order.
pub(crate) struct Row {
    columns: std::vec::IntoIter<Value>,
    /// Numbers are texts, since the store does not know the types of the columns.
    is_untyped: bool,
}

impl Row {
    pub(crate) fn new(columns: Vec<Value>) -> Self {
        Self {
            columns: columns.into_iter(),
            is_untyped: false,
        }
    }

    /// Returns a row of texts, some of which are numbers.
    #[cfg(feature = "postgres")]
    pub(crate) fn untyped(columns: Vec<Value>) -> Self {
        Self {
            is_untyped: true,
            ..Self::new(columns)
        }
    }

    /// Returns the next column as a number.
    pub(crate) fn int(&mut self) -> Result<i64, LedgerError> {
        self.optional_int()?.ok_or_else(unexpected)
    }

    /// Returns the next column as text.
    pub(crate) fn text(&mut self) -> Result<String, LedgerError> {
        self.optional_text()?.ok_or_else(unexpected)
    }

    /// Returns the next column as a number, or `None` for `NULL`.
    pub(crate) fn optional_int(&mut self) -> Result<Option<i64>, LedgerError> {
        match self.columns.next() {
            Some(Value::Int(value)) => Ok(Some(value)),
            Some(Value::Text(text)) if self.is_untyped => {
                text.parse().map(Some).map_err(|_| unexpected())
            }
            Some(Value::Null) => Ok(None),
            _ => Err(unexpected()),
        }
    }

    /// Returns the next column as text, or `None` for `NULL`.
    pub(crate) fn optional_text(&mut self) -> Result<Option<String>, LedgerError> {
        match self.columns.next() {
            Some(Value::Text(value)) => Ok(Some(value)),
            Some(Value::Null) => Ok(None),
            _ => Err(unexpected()),
        }
    }
}

/// Returns the error for a value that no version of this program writes.
pub(crate) fn unexpected() -> LedgerError {
    let message = "the ledger contains a value of an unexpected type";
    LedgerError::new(LedgerErrorKind::Damaged, message)
        .with_hint("restore the ledger from a backup, next to its seal")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_of_an_operation_costs_no_money() {
        for op in [Op::durable("new"), Op::relaxed("new")] {
            assert_eq!(op.effect, Effect::Send);
            assert!(!op.is_joined);
        }
    }
}
