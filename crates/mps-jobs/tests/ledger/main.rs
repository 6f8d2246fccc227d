//! The ledger through its public API, in memory and in files.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

#[path = "../../../../tests/src/bounded.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "public in the package of the tests, where more of it is used"
)]
mod bounded;
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
#[cfg(unix)]
mod restored;
mod send;
mod store;
mod support;
