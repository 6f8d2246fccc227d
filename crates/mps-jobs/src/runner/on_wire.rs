//! The jobs whose creates are on the wire.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use mps_core::sync::lock;

use crate::ledger::{Key, RowId};

/// The jobs of a process whose creates may have left and are not answered or recorded yet. Clones share
/// it.
#[derive(Clone, Debug, Default)]
pub(crate) struct OnWire(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    keys: Mutex<BTreeMap<RowId, Key>>,
    /// `true` once a create was about to leave.
    has_sent: AtomicBool,
}

/// A job in [`OnWire`], from the moment it is armed until this is dropped.
#[derive(Debug)]
pub(crate) struct WireEntry {
    on_wire: OnWire,
    row: RowId,
    key: Key,
}

impl OnWire {
    /// Returns the entry of a job, which is not on the wire yet.
    pub(crate) fn entry(&self, row: RowId, key: Key) -> WireEntry {
        WireEntry {
            on_wire: self.clone(),
            row,
            key,
        }
    }

    /// Returns the keys in the order of the batch.
    pub(crate) fn keys(&self) -> Vec<Key> {
        lock(&self.0.keys).values().cloned().collect()
    }

    /// Returns `true` once a create was about to leave.
    pub(crate) fn has_sent(&self) -> bool {
        self.0.has_sent.load(Ordering::Relaxed)
    }
}

impl WireEntry {
    /// Records that the create is about to leave.
    pub(crate) fn armed(&self) {
        let Inner { keys, has_sent } = &*self.on_wire.0;
        has_sent.store(true, Ordering::Relaxed);
        lock(keys).insert(self.row.clone(), self.key.clone());
    }

    /// Records that the last attempt was certainly not executed, or that its outcome is recorded.
    pub(crate) fn disarmed(&self) {
        lock(&self.on_wire.0.keys).remove(&self.row);
    }
}

impl Drop for WireEntry {
    fn drop(&mut self) {
        self.disarmed();
    }
}
