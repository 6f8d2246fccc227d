//! What the parts of the service share.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use mps_core::clock::SharedClock;
use tokio::sync::Notify;

use crate::{
    account::Accounts, clock::VirtualClock, ids::Ids, limit::Start, results::cache::Cache,
    settings::Settings, state::State,
};

/// Settings, clocks and state of one service.
pub(crate) struct Inner {
    pub(crate) accounts: Accounts,
    /// The machine's time, by which clients, their rates and their connections are measured.
    pub(crate) clock: SharedClock,
    /// The service's own time, by which all else goes.
    pub(crate) time: VirtualClock,
    /// Told of whatever may have changed the state, for whoever saves it.
    pub(crate) changed: Arc<Notify>,
    /// Scheme, host and port.
    pub(crate) endpoint: String,
    pub(crate) settings: Settings,
    pub(crate) ids: Ids,
    pub(crate) cache: Cache,
    pub(crate) state: Mutex<State>,
}

impl Inner {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        // A panic while the lock was held would be a bug, but not one to take every test down with.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The machine's time.
    pub(crate) fn now(&self) -> Duration {
        self.clock.monotonic()
    }

    /// The machine's time since the emulator was made.
    pub(crate) fn since_start(&self, monotonic: Duration) -> Duration {
        self.time.uptime(monotonic)
    }

    pub(crate) fn uptime(&self) -> Duration {
        self.since_start(self.now())
    }

    /// This moment, as the limiter counts it.
    pub(crate) fn start(&self) -> Start {
        Start {
            uptime: self.uptime(),
            wall: self.clock.wall(),
        }
    }
}
