//! Real processes that are terminated and killed, over the emulator's server.
//!
//! The tests that run long are ignored; `cargo test -p mps-jobs --test processes -- --ignored` is for a
//! nightly run.
#![cfg(unix)]
#![allow(
    clippy::case_sensitive_file_extension_comparisons,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and prints figures"
)]

#[path = "../../../../tests/src/arrivals.rs"]
#[expect(unreachable_pub, reason = "public in the package of the tests")]
mod arrivals;
#[path = "../../../../tests/src/bounded.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "public in the package of the tests, where more of it is used"
)]
mod bounded;
mod child;
mod kills;
#[path = "../../../../tests/src/ports.rs"]
#[expect(unreachable_pub, reason = "public in the package of the tests")]
mod ports;
mod program;
mod server;
mod service;
mod shutdown_signal;
