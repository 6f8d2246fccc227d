//! Manifests as people and programs write them, and the plans of their batches.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod bad_files;
mod bad_rows;
#[path = "../../../../tests/src/bounded.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "public in the package of the tests, where more of it is used"
)]
mod bounded;
mod changes;
mod one_pass;
mod plans;
mod prices;
mod round_trip;
mod support;
