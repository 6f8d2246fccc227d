//! What the tests of the whole share: an ear for secrets, time that is as late as a test wants it to
//! be, and programs as processes: ours, a Redis server, workers under one limit, and the vendor's
//! own SDKs.

pub mod capture;
pub mod delay;
pub mod front;
pub mod official;
pub mod process;
pub mod redis;
pub mod window;
#[cfg(unix)]
pub mod worker;

/// The README's Rust compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
