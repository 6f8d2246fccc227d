//! The requests on the wire that may change or bill something.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use tokio::sync::Notify;

use crate::{call::Intent, sync::lock};

/// A register of requests on the wire, shared by all clones of a client.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    entries: Mutex<Entries>,
    left: Notify,
}

#[derive(Debug, Default)]
struct Entries {
    last: u64,
    intents: BTreeMap<u64, Intent>,
}

/// The entry of one request, removed when this is dropped.
#[derive(Debug)]
pub(super) struct Entry {
    register: Arc<InFlight>,
    number: u64,
}

impl InFlight {
    pub(super) fn enter(self: &Arc<Self>, intent: Intent) -> Entry {
        let mut entries = self.entries();
        entries.last += 1;
        let number = entries.last;
        entries.intents.insert(number, intent);
        Entry {
            register: self.clone(),
            number,
        }
    }

    /// Returns the requests on the wire, oldest first.
    pub(super) fn intents(&self) -> Vec<Intent> {
        self.entries().intents.values().cloned().collect()
    }

    /// Waits until no request is on the wire.
    pub(super) async fn emptied(&self) {
        loop {
            let left = self.left.notified();
            if self.entries().intents.is_empty() {
                return;
            }
            left.await;
        }
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        lock(&self.entries)
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.register.entries().intents.remove(&self.number);
        self.register.left.notify_waiters();
    }
}
