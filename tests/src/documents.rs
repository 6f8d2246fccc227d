//! The documents with examples in Rust, each of which is compiled, and run where it needs no account, as a
//! documentation test. `tests/tests/links` fails for a document with examples that is missing here.

#[doc = include_str!("../../README.md")]
pub struct Readme;

#[doc = include_str!("../../docs/guide.md")]
pub struct Guide;

#[doc = include_str!("../../docs/emulator.md")]
pub struct Emulator;

#[doc = include_str!("../../docs/scale-out.md")]
pub struct ScaleOut;

#[doc = include_str!("../../crates/mps-aigc/README.md")]
pub struct CrateAigc;

#[doc = include_str!("../../crates/mps-core/README.md")]
pub struct CrateCore;

#[doc = include_str!("../../crates/mps-emulator/README.md")]
pub struct CrateEmulator;

#[doc = include_str!("../../crates/mps-jobs/README.md")]
pub struct CrateJobs;

#[doc = include_str!("../../crates/mps-models/README.md")]
pub struct CrateModels;
