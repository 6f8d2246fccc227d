//! The store that the tests run on. `tests/tests/ledger_postgres` runs the same tests on another one.

use mps_jobs::Ledger;

/// Returns an empty ledger in memory.
#[expect(clippy::unused_async, reason = "another store needs it")]
pub(crate) async fn new_ledger() -> Ledger {
    Ledger::in_memory(crate::support::clock()).unwrap()
}
