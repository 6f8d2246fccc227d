//! A connection to the Redis server.

use std::sync::Arc;

use redis::aio::MultiplexedConnection;
use tokio::task::JoinHandle;

/// A connection that closes with its last clone.
#[derive(Clone)]
pub(super) struct Connection {
    pub(super) inner: MultiplexedConnection,
    /// Set where the library does not drive the stream itself.
    #[expect(dead_code, reason = "its drop ends the task")]
    driver: Option<Arc<Driver>>,
}

/// The task that moves bytes between a connection and its stream. Aborted when dropped, because by
/// itself it waits for all replies first, and a silent server sends none.
struct Driver(JoinHandle<()>);

impl Connection {
    #[cfg(feature = "redis-tls")]
    pub(super) fn driven(inner: MultiplexedConnection, driver: JoinHandle<()>) -> Self {
        Self {
            inner,
            driver: Some(Arc::new(Driver(driver))),
        }
    }
}

impl From<MultiplexedConnection> for Connection {
    fn from(inner: MultiplexedConnection) -> Self {
        let driver = None;
        Self { inner, driver }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}
