//! All mutable state of the emulator, behind one lock.

use crate::{
    api::objects::Objects,
    engine::{
        bill::Ledger,
        limits::{Limiter, RateLimit},
        log::{DownloadRecord, Log, RequestRecord},
        tasks::Tasks,
    },
    faults::Faults,
};

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) tasks: Tasks,
    pub(crate) limiter: Limiter,
    pub(crate) requests: Log<RequestRecord>,
    pub(crate) downloads: Log<DownloadRecord>,
    pub(crate) ledger: Ledger,
    pub(crate) faults: Faults,
    /// The objects that clients uploaded; no part of a snapshot.
    pub(crate) objects: Objects,
}

impl State {
    pub(crate) fn new(limit: RateLimit) -> Self {
        Self {
            tasks: Tasks::default(),
            limiter: Limiter::new(limit),
            requests: Log::default(),
            downloads: Log::default(),
            ledger: Ledger::default(),
            faults: Faults::default(),
            objects: Objects::default(),
        }
    }

    /// Forgets everything that happened. Settings stay, and ids are never reused.
    pub(crate) fn reset(&mut self) {
        *self = Self::new(self.limiter.flavour());
    }
}
