//! The runner against the emulator in this process, in virtual time.
#![allow(
    clippy::case_sensitive_file_extension_comparisons,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod batch;
mod caps;
mod events;
mod faults;
mod keys;
mod restarts;
mod restore;
mod sketch;
mod step;
mod world;
