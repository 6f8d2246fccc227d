//! The limit that processes share through a file, on a clock that jumps from timer to timer. Each
//! limiter here is one process; `limit_processes.rs` in the workspace's tests has real processes.
#![cfg(all(unix, feature = "file-limit"))]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod bad_files;
#[path = "../../../../tests/src/bounded.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "public in the package of the tests, where more of it is used"
)]
mod bounded;
mod property;
mod sharing;
mod support;
