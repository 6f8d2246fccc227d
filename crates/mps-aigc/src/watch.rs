//! Watching tasks: one poll scheduler per client, shared by all its waits and event streams.
//!
//! `schedule` (which task is polled when) and `state` (what an answer means for a wait) are pure.
//! `watcher` keeps both for all watches of a client behind a lock, and `driver` is the only part that
//! waits: one task of the runtime per client, which ends when nothing is watched.

mod curve;
mod curves;
mod driver;
mod event;
mod events;
mod options;
mod policy;
mod refusals;
mod schedule;
mod state;
mod updates;
mod watcher;

pub use self::{
    curve::Curve,
    curves::{Curves, Eta},
    event::Event,
    events::{Events, Outcomes},
    options::{PollSettings, WaitOptions},
    policy::{FixedPause, LearnedPolicy, PollInput, PollingPolicy},
};
pub(crate) use self::{events::WaitUpdate, watcher::Watcher};
