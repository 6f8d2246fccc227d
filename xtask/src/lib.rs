//! The commands of `cargo xtask`, above all the generator that turns the specification under
//! `spec/` into code.
//!
//! The generator is a sequence of phases, each a module:
//!
//! 1. [`model`] parses the files and keeps the place of every value.
//! 2. [`check`] collects every mistake, and ends the run if there is one.
//! 3. [`ir`] is the API, independent of files and programming languages.
//! 4. [`lower`] decides every Rust name and type.
//! 5. [`emit`] writes the result as code, and decides nothing.
//! 6. [`pages`] writes documentation.
//! 7. [`output`] writes the files to disk, or reports how they differ.
//!
//! [`rule_kinds`] is the table of preflight rules that most phases read. Three modules help to
//! maintain the specification: [`published`] reads the vendor's description, [`import`] imports its
//! structure, and [`diff`] classifies a change. [`texts`] links the
//! capability tables to the texts that they were read from.

#![expect(
    clippy::disallowed_methods,
    reason = "a command takes as long as it takes: CI bounds its jobs"
)]

pub mod add;
pub mod check;
pub mod ci;
pub mod cli;
pub mod codegen;
pub mod diagnostic;
pub mod diff;
pub mod emit;
pub mod failure;
pub mod import;
pub mod instructions;
pub mod ir;
mod isolation;
pub mod lower;
pub mod model;
pub mod output;
pub mod pages;
pub mod published;
pub mod release;
pub mod rule_kinds;
mod sources;
pub mod targets;
pub mod texts;
pub mod whole_service;
pub mod workspace;

pub use codegen::generate;
