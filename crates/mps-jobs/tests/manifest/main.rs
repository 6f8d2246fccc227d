//! Manifests as people and programs write them, and the plans of their batches.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod bad_files;
mod bad_rows;
mod changes;
mod one_pass;
mod plans;
mod prices;
mod round_trip;
mod support;
