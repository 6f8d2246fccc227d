//! The requests on the wire that may change or bill something.

use std::sync::{Arc, Mutex, MutexGuard};

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
    /// By number, which only grows. Usually a few, in memory that is kept.
    intents: Vec<(u64, Intent)>,
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
        entries.intents.push((number, intent));
        Entry {
            register: self.clone(),
            number,
        }
    }

    /// Returns the requests on the wire, oldest first.
    pub(super) fn intents(&self) -> Vec<Intent> {
        let entries = self.entries();
        entries
            .intents
            .iter()
            .map(|(_, intent)| intent.clone())
            .collect()
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
        let mut entries = self.register.entries();
        if let Ok(index) = entries
            .intents
            .binary_search_by_key(&self.number, |entry| entry.0)
        {
            entries.intents.remove(index);
        }
        drop(entries);
        self.register.left.notify_waiters();
    }
}
