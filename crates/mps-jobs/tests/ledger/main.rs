//! The ledger through its public API, in memory and in files.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod daily_cap;
mod disk;
#[cfg(unix)]
mod earlier_file;
#[cfg(unix)]
mod earlier_schema;
mod follow;
mod forget;
mod key_and_repeat;
mod money;
#[cfg(unix)]
mod opening;
mod pages;
mod resolve;
mod send;
mod store;
mod support;
