//! Real processes that are terminated and killed, over the emulator's server.
//!
//! The tests that run long are ignored; `cargo test -p mps-jobs --test processes -- --ignored` is for a
//! nightly run.
#![cfg(unix)]

mod child;
mod examples;
mod kills;
mod program;
mod server;
mod service;
