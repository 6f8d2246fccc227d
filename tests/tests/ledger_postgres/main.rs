//! The ledger in a PostgreSQL server: the tests of the ledger in memory, and what only a server does.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "../../../crates/mps-jobs/tests/crash/child.rs"]
mod child;
mod command_line;
mod crash;
#[path = "../../../crates/mps-jobs/tests/ledger/daily_cap.rs"]
mod daily_cap;
#[path = "../../../crates/mps-jobs/tests/ledger/earlier_schema.rs"]
mod earlier_schema;
mod failover;
#[path = "../../../crates/mps-jobs/tests/ledger/follow.rs"]
mod follow;
#[path = "../../../crates/mps-jobs/tests/ledger/forget.rs"]
mod forget;
#[path = "../../../crates/mps-jobs/tests/ledger/key_and_repeat.rs"]
mod key_and_repeat;
mod log;
#[path = "../../../crates/mps-jobs/tests/ledger/money.rs"]
mod money;
#[path = "../../../crates/mps-jobs/tests/ledger/resolve.rs"]
mod resolve;
#[path = "../../../crates/mps-jobs/tests/ledger/send.rs"]
mod send;
mod server;
mod steps;
mod store;
#[path = "../../../crates/mps-jobs/tests/ledger/support.rs"]
mod support;
#[path = "../../../crates/mps-jobs/tests/crash/table.rs"]
mod table;
