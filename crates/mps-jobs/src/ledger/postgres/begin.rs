//! The beginning of a transaction: its settings, the server's clock, and which server it is.

use mps_core::postgres::{Connection, Server, identifier};
use tokio_postgres::SimpleQueryRow;

use super::{attempt::Failed, failover, timestamp};
use crate::ledger::{
    error::LedgerError,
    names::Timestamp,
    tx::{Mode, Op, unexpected},
};

/// Bits of an epoch that hold the position in the write-ahead log; 128 TiB fit. The bits above count
/// the failovers that were accepted.
const POSITION_BITS: u32 = 47;

/// The answers of the server at the beginning of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Begun {
    pub(super) now: Timestamp,
    /// The identity of the database cluster and its timeline.
    pub(super) cluster: String,
    position: i64,
    /// The cluster that was accepted last.
    pub(super) accepted_cluster: String,
    pub(super) accepted: i64,
    /// The reason why starts wait for a person, if they do.
    pub(super) failover: Option<String>,
}

impl Begun {
    /// Begins a transaction of an operation.
    pub(super) async fn read(
        connection: &Connection,
        server: &Server,
        op: Op,
    ) -> Result<Self, Failed> {
        let rows = connection.rows(&statements(server.schema(), op.mode)).await;
        let rows = rows.map_err(|failure| Failed::at_begin(&failure))?;
        let begun = rows.last().and_then(Self::of);
        begun.ok_or_else(|| Failed::Operation(unexpected()))
    }

    fn of(row: &SimpleQueryRow) -> Option<Self> {
        let text = |column: usize| row.try_get(column).ok();
        let number = |column: usize| text(column)??.parse().ok();
        Some(Self {
            now: timestamp(number(0)?),
            cluster: text(1)??.to_owned(),
            position: number(2)?,
            accepted_cluster: text(3)?.unwrap_or_default().to_owned(),
            accepted: number(4).unwrap_or_default(),
            failover: text(5)?.map(ToOwned::to_owned),
        })
    }

    /// Returns a beginning without a look at the server, for a schema without tables.
    pub(super) fn none() -> Self {
        Self {
            now: Timestamp(0),
            cluster: String::new(),
            position: 0,
            accepted_cluster: String::new(),
            accepted: 0,
            failover: None,
        }
    }

    /// Returns a number that grows with every commit and every accepted failover.
    pub(super) fn epoch(&self) -> i64 {
        (self.accepted << POSITION_BITS) | self.position
    }

    /// Returns the number of accepted failovers in an epoch.
    pub(super) fn accepted_in(epoch: i64) -> i64 {
        epoch >> POSITION_BITS
    }

    /// Returns why an operation that leads to a send is refused.
    pub(super) fn refusal(&self, op: Op) -> Option<LedgerError> {
        if !failover::leads_to_a_send(op) {
            return None;
        }
        if let Some(reason) = &self.failover {
            return Some(failover::not_accepted(reason));
        }
        (self.cluster != self.accepted_cluster).then(|| failover::not_accepted(failover::OTHER))
    }
}

/// Returns the statements that begin a transaction. Their last row is read by [`Begun::of`].
///
/// Every order that the ledger asks for is that of an index. Without statistics, as after an import, the
/// server's planner would sort all rows of a batch to find the next one, on the disk (60 ms for 100,000).
fn statements(schema: &str, mode: Mode) -> String {
    let (access, commit) = match mode {
        Mode::Read => ("READ ONLY", "off"),
        Mode::Durable => ("READ WRITE", "on"),
        Mode::Relaxed => ("READ WRITE", "off"),
    };
    format!(
        "BEGIN ISOLATION LEVEL READ COMMITTED {access}; SET LOCAL synchronous_commit TO {commit}; \
         SET LOCAL search_path TO {}; SET LOCAL lock_timeout TO 5000; \
         SET LOCAL statement_timeout TO 10000; \
         SET LOCAL idle_in_transaction_session_timeout TO 10000; SET LOCAL enable_sort TO off; \
         SELECT floor(extract(epoch FROM clock_timestamp()) * 1000000)::bigint, {CLUSTER}, {POSITION}, \
         (SELECT v FROM meta WHERE k = 'cluster'), (SELECT v FROM meta WHERE k = 'accepted'), \
         (SELECT v FROM meta WHERE k = 'failover')",
        identifier(schema)
    )
}

/// The server's time at the beginning of a statement, for the first one of a transaction.
pub(super) const NOW: &str = "floor(extract(epoch FROM statement_timestamp()) * 1000000)::bigint";

/// The identity of the cluster and the timeline that it writes.
pub(super) const CLUSTER: &str = "(SELECT system_identifier::text FROM pg_control_system()) || '/' || \
     left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)";

/// The position up to which the write-ahead log is on the disk, in bytes. A crash does not take it back,
/// unlike the position of the latest record.
const POSITION: &str = "(pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::bigint";
