//! `mps` as it is used: in a process of its own, against an emulator in another. On Linux only, since most
//! of it is about signals, descriptors, terminals and the bits of files; `smoke.rs` runs everywhere.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[cfg(unix)]
mod batch_kills;
mod batch_plan;
mod batch_run;
#[cfg(unix)]
mod batch_signals;
mod batch_support;
mod batch_verbs;
mod bill;
#[cfg(unix)]
mod chaos;
#[cfg(unix)]
mod completion;
#[cfg(unix)]
mod config;
#[cfg(unix)]
mod contract;
mod credentials;
#[cfg(unix)]
mod doctor;
mod emulator;
mod emulator_flags;
mod errors;
#[cfg(unix)]
mod examples;
mod failures;
mod families;
mod faults;
mod foreign_text;
#[cfg(unix)]
mod gallery;
#[cfg(unix)]
mod guide;
mod hostile;
#[cfg(unix)]
mod ledger;
#[cfg(unix)]
mod ledger_broken;
#[cfg(unix)]
mod ledger_commands;
#[cfg(unix)]
mod ledger_race;
mod ledger_support;
#[cfg(unix)]
mod limiter;
#[cfg(unix)]
mod live;
#[cfg(all(unix, feature = "mcp"))]
mod mcp;
#[cfg(all(unix, feature = "mcp"))]
mod mcp_ends;
#[cfg(all(unix, feature = "mcp"))]
mod mcp_support;
#[cfg(feature = "media")]
mod media;
mod money;
#[cfg(unix)]
mod narrow;
mod output_names;
#[cfg(unix)]
mod phases;
mod preflight;
#[cfg(unix)]
mod receipts;
mod redaction;
mod results;
mod schemas;
mod several;
#[cfg(unix)]
mod signals;
mod support;
#[cfg(unix)]
mod terminal;
mod usage;
mod workflow;
