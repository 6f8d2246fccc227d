//! What the tests of the whole share: time that is as late as a test wants it
//! to be, and the program as a process.

pub mod late;
pub mod process;
pub mod window;

/// The README's Rust compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
