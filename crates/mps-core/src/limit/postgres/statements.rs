//! The statements of the limiter. Each is a text with its values inside, so that nothing is prepared.

use crate::postgres::{identifier, literal};

/// A transaction that does not wait for the disk, and that the server ends by itself when this process
/// is stopped in the middle of it: others wait for the row.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; \
     SET LOCAL synchronous_commit TO off; SET LOCAL lock_timeout TO 1500; \
     SET LOCAL statement_timeout TO 1500; \
     SET LOCAL idle_in_transaction_session_timeout TO 1000; ";

/// The row of one account and action, as the text of a condition and of an insertion.
#[derive(Clone, Debug)]
pub(super) struct Row {
    table: String,
    account: String,
    action: String,
}

impl Row {
    pub(super) fn new(schema: &str, account: &str, action: &str) -> Self {
        Self {
            table: format!("{}.ring", identifier(schema)),
            account: literal(account),
            action: literal(action),
        }
    }

    /// Begins a transaction, locks the row and returns it, then the clock and the time at which the
    /// server was started, both in microseconds. The clock is read once the lock is held.
    pub(super) fn lock(&self) -> String {
        let Self {
            table,
            account,
            action,
        } = self;
        format!(
            "{BEGIN}INSERT INTO {table} (account, action, state) VALUES ({account}, {action}, '') \
             ON CONFLICT (account, action) DO NOTHING; \
             SELECT state FROM {table} WHERE account = {account} AND action = {action} FOR UPDATE; \
             SELECT floor(extract(epoch FROM clock_timestamp()) * 1000000)::bigint, \
             floor(extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint"
        )
    }

    /// Writes the row and ends the transaction.
    pub(super) fn save(&self, state: &str) -> String {
        let Self {
            table,
            account,
            action,
        } = self;
        let state = literal(state);
        format!(
            "UPDATE {table} SET state = {state} WHERE account = {account} AND action = {action}; COMMIT"
        )
    }
}

/// Returns the statements that create the table. One process does it at a time: `IF NOT EXISTS` alone
/// fails when two do.
pub(super) fn create(schema: &str) -> String {
    let schema = identifier(schema);
    format!(
        "BEGIN; SELECT pg_advisory_xact_lock(7163904418264); \
         CREATE SCHEMA IF NOT EXISTS {schema}; \
         CREATE UNLOGGED TABLE IF NOT EXISTS {schema}.ring (account text NOT NULL, action text NOT NULL, \
         state text NOT NULL, PRIMARY KEY (account, action)) WITH (fillfactor = 20); COMMIT"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_everywhere() {
        let row = Row::new("my \"schema\"", "a'; DROP TABLE x", "b\\");
        for text in [row.lock(), row.save("c'd")] {
            assert!(text.contains("\"my \"\"schema\"\"\".ring"), "{text}");
            assert!(text.contains("'a''; DROP TABLE x'"), "{text}");
            assert!(text.contains("E'b\\\\'"), "{text}");
        }
        assert!(row.save("c'd").contains("'c''d'"));
    }
}
