//! The chores of this repository, run as `cargo xtask`; first of all the generator that turns
//! the specification under `spec/` into the code of `mps-models`.
//!
//! The generator is a line of phases, each a module of its own:
//!
//! 1. [`spec`] reads the files and keeps where every value stands.
//! 2. [`check`] collects every mistake, and stops the line if there is one.
//! 3. [`ir`] is the API, free of files and of any programming language.
//! 4. [`lower`] decides every Rust name and shape.
//! 5. [`emit`] writes that down as code, and decides nothing.
//! 6. [`pages`] writes what people read of it.
//! 7. [`output`] brings the files to disk, or tells how they differ from what is there.
//!
//! Beside that line stand the tools for those who keep the specification: [`published`] reads
//! the vendor's description, [`import`] brings its structure in, [`diff`] weighs a change.

pub mod check;
pub mod ci;
pub mod cli;
pub mod codegen;
pub mod diagnostic;
pub mod diff;
pub mod emit;
pub mod failure;
pub mod import;
pub mod ir;
mod isolation;
pub mod lower;
pub mod model;
pub mod output;
pub mod pages;
pub mod published;
pub mod rule_kinds;
mod sources;
pub mod targets;

pub use codegen::generate;
