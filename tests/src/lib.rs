//! What the tests of the whole share: the emulator in memory, on time that is as late as a test
//! wants it to be, and programs as processes: ours, a Redis server, workers under one limit.

pub mod in_memory;
pub mod late;
pub mod process;
pub mod redis;
pub mod window;
#[cfg(unix)]
pub mod worker;

/// The README's Rust compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
