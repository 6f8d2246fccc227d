//! What the tests of the whole share: an ear for secrets, the emulator in memory, on time that is as late as a test
//! wants it to be, and the program as a process.

pub mod capture;
pub mod in_memory;
pub mod late;
pub mod process;
pub mod window;

/// The README's Rust compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
