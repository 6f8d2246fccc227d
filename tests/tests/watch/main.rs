//! Waits and downloads by the thousand, under every fault, and across killed processes.
//!
//! The runs are short by default; `MPS_TEST_LONG=1` makes them as long as the nightly workflow does.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod faults;
#[cfg(unix)]
mod host;
#[cfg(unix)]
mod kills;
mod long;
#[cfg(unix)]
mod thousands;
#[cfg(unix)]
mod two_processes;
