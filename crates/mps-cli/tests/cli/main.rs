//! `mps` as it is used: in a process of its own, against an emulator in another. On Linux only, since most
//! of it is about signals, descriptors, terminals and the bits of files; `smoke.rs` runs everywhere.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "../../../../tests/src/arrivals.rs"]
#[expect(unreachable_pub, reason = "public in the package of the tests")]
mod arrivals;
mod batch_kills;
mod batch_plan;
mod batch_run;
mod batch_signals;
mod batch_support;
mod batch_verbs;
mod bill;
#[path = "../../../../tests/src/bounded.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "public in the package of the tests, where more of it is used"
)]
mod bounded;
mod certificates;
mod chaos;
mod check;
mod completion;
mod config;
mod contract;
mod credentials;
mod doctor;
mod emulator;
mod emulator_flags;
mod errors;
mod examples;
mod failures;
mod families;
mod faults;
mod foreign_text;
mod gallery;
mod guide;
mod hostile;
mod ledger;
mod ledger_broken;
mod ledger_commands;
mod ledger_race;
mod ledger_support;
mod limiter;
mod live;
#[cfg(feature = "mcp")]
mod mcp;
#[cfg(feature = "mcp")]
mod mcp_ends;
#[cfg(feature = "mcp")]
mod mcp_support;
#[cfg(feature = "media")]
mod media;
mod money;
mod narrow;
mod output_names;
mod phases;
mod preflight;
mod receipts;
mod redaction;
mod results;
mod schemas;
mod several;
mod signals;
mod support;
mod terminal;
mod usage;
mod workflow;
