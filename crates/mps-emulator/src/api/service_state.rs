//! The state that all parts of the service share.

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use mps_core::clock::SharedClock;
use tokio::sync::{Notify, watch};

use crate::{
    api::state::State,
    engine::{
        accounts::Accounts, clock::VirtualClock, ids::Ids, limits::CallStart, settings::Settings,
        temporary_credentials::TemporaryCredentials,
    },
    lock::lock,
    media::cache::Cache,
};

/// Settings, clocks and state of one service.
pub(crate) struct ServiceState {
    pub(crate) accounts: Accounts,
    /// The machine's clock, which measures clients: rates, arrivals and idle connections.
    pub(crate) clock: SharedClock,
    /// The service's own clock, for everything else.
    pub(crate) time: VirtualClock,
    /// Notifies the saver of each possible change of the state.
    pub(crate) changed: Arc<Notify>,
    /// Notifies delayed answers that the faults were cleared.
    pub(crate) cleared: watch::Sender<()>,
    /// Scheme, host and port.
    pub(crate) endpoint: String,
    pub(crate) settings: Settings,
    pub(crate) ids: Ids,
    pub(crate) cache: Cache,
    pub(crate) state: Mutex<State>,
}

impl ServiceState {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Removes every rule of faults, and lets delayed answers go.
    pub(crate) fn clear_faults(&self) {
        self.state().faults.clear();
        self.cleared.send_replace(());
    }

    /// Forgets everything but credentials, clock and settings, and lets delayed answers go.
    pub(crate) fn reset(&self) {
        self.state().reset();
        self.cleared.send_replace(());
    }

    /// Returns the machine's monotonic time.
    pub(crate) fn now(&self) -> Duration {
        self.clock.monotonic()
    }

    /// Returns the machine's time since the emulator was created, at a given monotonic time.
    pub(crate) fn since_start(&self, monotonic: Duration) -> Duration {
        self.time.uptime(monotonic)
    }

    pub(crate) fn uptime(&self) -> Duration {
        self.since_start(self.now())
    }

    /// Returns the present moment for the rate limiter.
    pub(crate) fn start(&self) -> CallStart {
        CallStart {
            uptime: self.uptime(),
            wall: self.clock.wall(),
        }
    }

    /// Creates temporary credentials of the default account that expire after a virtual time.
    pub(crate) fn issue_credentials(&self, expires_in: Duration) -> TemporaryCredentials {
        let expires = self.time.now().saturating_add(expires_in);
        TemporaryCredentials::of(&self.accounts.issue(&self.ids, expires))
    }
}
