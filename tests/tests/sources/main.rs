//! Checks of the source text: the public API of each library as a snapshot, and its documentation.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(
    clippy::panic,
    reason = "a file that cannot be read or parsed ends the test with its name"
)]

mod attributes;
mod documentation;

mod export;
mod krate;
mod public_api;
mod render;
mod resolve;
mod size;
mod text;
