//! What the tests of the whole share: time that is as late as a test wants it to be, the program as
//! a process, and the vendor's own SDKs.

pub mod front;
pub mod late;
pub mod official;
pub mod process;
pub mod window;

/// The README's Rust compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
