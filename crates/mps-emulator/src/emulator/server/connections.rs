//! The open connections: bounded in number, and the oldest idle one makes room for a new one.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
};

use tokio::sync::Notify;

use crate::lock::lock;

/// The connections of one server. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Connections(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    capacity: usize,
    table: Mutex<Table>,
    /// Notified when a connection ends or becomes idle.
    changed: Notify,
}

#[derive(Debug, Default)]
struct Table {
    next: u64,
    open: HashMap<u64, Arc<Notify>>,
    /// Idle connections by the time since which they are.
    idle: BTreeMap<u64, u64>,
}

/// One open connection, which leaves the table when dropped.
#[derive(Debug)]
pub(super) struct Slot {
    connections: Connections,
    id: u64,
    /// Since when it is idle; `None` during a request.
    idle_since: Mutex<Option<u64>>,
    close: Arc<Notify>,
}

/// A request in progress, during which the connection is not closed to make room.
#[derive(Debug)]
pub(super) struct Busy(Arc<Slot>);

impl Connections {
    pub(super) fn new(capacity: usize) -> Self {
        Self(Arc::new(Shared {
            capacity,
            table: Mutex::default(),
            changed: Notify::new(),
        }))
    }

    /// Waits until there is room for another connection, and closes the oldest idle one for it.
    pub(super) async fn room(&self) {
        while lock(&self.0.table).open.len() >= self.0.capacity {
            self.close_oldest_idle();
            self.0.changed.notified().await;
        }
    }

    /// Closes the connection that has been idle for longest. Returns whether there was one.
    pub(super) fn close_oldest_idle(&self) -> bool {
        let mut table = lock(&self.0.table);
        let Some((_, id)) = table.idle.pop_first() else {
            return false;
        };
        if let Some(close) = table.open.get(&id) {
            close.notify_one();
        }
        true
    }

    /// Waits until a connection ends or becomes idle.
    pub(super) async fn changed(&self) {
        self.0.changed.notified().await;
    }

    /// Adds an idle connection.
    pub(super) fn open(&self) -> Arc<Slot> {
        let close = Arc::new(Notify::new());
        let mut table = lock(&self.0.table);
        let id = table.number();
        table.open.insert(id, close.clone());
        table.idle.insert(id, id);
        drop(table);
        Arc::new(Slot {
            connections: self.clone(),
            id,
            idle_since: Mutex::new(Some(id)),
            close,
        })
    }
}

impl Table {
    fn number(&mut self) -> u64 {
        let number = self.next;
        self.next = number.wrapping_add(1);
        number
    }
}

impl Slot {
    /// Begins a request. Returns `None` if the connection is being closed: then the request must
    /// not be executed, since its answer would be lost.
    pub(super) fn begin(self: Arc<Self>) -> Option<Busy> {
        let mut since = lock(&self.idle_since);
        if let Some(number) = since.take() {
            lock(&self.connections.0.table).idle.remove(&number)?;
        }
        drop(since);
        Some(Busy(self))
    }

    /// Waits until the connection is to be closed.
    pub(super) async fn closing(&self) {
        self.close.notified().await;
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let slot = &self.0;
        let mut table = lock(&slot.connections.0.table);
        let number = table.number();
        table.idle.insert(number, slot.id);
        drop(table);
        *lock(&slot.idle_since) = Some(number);
        slot.connections.0.changed.notify_one();
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut table = lock(&self.connections.0.table);
        table.open.remove(&self.id);
        if let Some(number) = *lock(&self.idle_since) {
            table.idle.remove(&number);
        }
        drop(table);
        self.connections.0.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_closing(slot: &Slot) -> bool {
        let mut closing = std::pin::pin!(slot.closing());
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        closing.as_mut().poll(&mut context).is_ready()
    }

    #[test]
    fn the_connection_that_is_idle_for_longest_is_closed() {
        let connections = Connections::new(3);
        let [first, second, third] = [(); 3].map(|()| connections.open());
        let busy = first.clone().begin().unwrap();
        assert!(connections.close_oldest_idle());
        assert!(is_closing(&second) && !is_closing(&third));
        drop(busy);
        assert!(connections.close_oldest_idle());
        assert!(is_closing(&third) && !is_closing(&first));
    }

    #[test]
    fn a_closing_connection_executes_nothing_and_a_busy_one_is_not_closed() {
        let connections = Connections::new(2);
        let [closing, busy] = [(); 2].map(|()| connections.open());
        let request = busy.clone().begin().unwrap();
        assert!(connections.close_oldest_idle());
        assert!(closing.clone().begin().is_none());
        assert!(!connections.close_oldest_idle(), "only a busy one is left");
        drop(request);
        assert!(busy.clone().begin().is_some());
    }

    #[test]
    fn ended_connections_leave_no_trace() {
        let connections = Connections::new(1);
        drop(connections.open().begin());
        let slot = connections.open();
        drop(slot);
        let table = lock(&connections.0.table);
        assert!(table.open.is_empty() && table.idle.is_empty());
    }
}
