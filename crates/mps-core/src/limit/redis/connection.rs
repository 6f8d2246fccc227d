//! A connection to the server.

use std::sync::Arc;

use redis::aio::MultiplexedConnection;
use tokio::task::JoinHandle;

/// A connection, which ends with its last clone.
#[derive(Clone)]
pub(super) struct Connection {
    pub(super) inner: MultiplexedConnection,
    /// Where the library does not drive it by itself.
    #[expect(dead_code, reason = "it ends what it drives when it is dropped")]
    driver: Option<Arc<Driver>>,
}

/// What moves bytes between a connection and its stream. Ends when dropped: by itself it would wait
/// for answers to all questions first, and a silent server has none.
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
