//! The store that the tests run on. `tests/tests/ledger_postgres` runs the same tests on another one.

use mps_jobs::Ledger;

/// Returns an empty ledger in memory.
pub(crate) async fn new_ledger() -> Ledger {
    Ledger::in_memory(crate::support::clock()).unwrap()
}
