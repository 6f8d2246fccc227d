//! The generator: its code for small specifications, and its diagnostics for invalid ones.
//!
//! Every feature has a fixture under `fixtures/codegen/`, locked by a snapshot and compiled.

#![cfg(test)]

mod broken;
mod compile;
mod diagnostics;
mod generated;
mod order;
mod rule_kinds;
mod support;
mod task_families;
mod writer;
