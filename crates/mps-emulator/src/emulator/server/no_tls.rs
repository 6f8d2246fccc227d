//! Builds without the feature `tls` speak plain HTTP only.

use std::{convert::Infallible, io};

use super::connection::Socket;

/// TLS, which this build does not have.
#[derive(Clone, Debug)]
pub(crate) struct Tls(Infallible);

impl Tls {
    #[expect(clippy::unused_async, reason = "with TLS it makes the handshake")]
    pub(super) async fn accept(&self, _: Socket) -> io::Result<Socket> {
        match self.0 {}
    }
}
