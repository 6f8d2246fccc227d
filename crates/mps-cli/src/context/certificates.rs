//! The certificates that a connection needs.

use mps_aigc::Endpoint;
use mps_core::{Error, transport::ReqwestTransport};

/// The certificates of a connection: those that the platform trusts for `https`, else none.
pub(crate) struct Certificates(Option<ReqwestTransport>);

impl Certificates {
    pub(crate) fn of(endpoint: &Endpoint, transport: &ReqwestTransport) -> Self {
        let is_secure = endpoint.as_str().starts_with("https:");
        Self(is_secure.then(|| transport.clone()))
    }

    /// Begins to read them on a thread. An error is returned by [`read`](Self::read).
    pub(crate) async fn begin(&self) {
        if let Some(transport) = self.0.clone() {
            tokio::spawn(async move { transport.read_certificates().await });
            // The first poll of the task starts the thread.
            tokio::task::yield_now().await;
        }
    }

    /// Reads them, or waits until they are read.
    pub(crate) async fn read(&self) -> Result<(), Error> {
        match &self.0 {
            Some(transport) => transport.read_certificates().await,
            None => Ok(()),
        }
    }
}
