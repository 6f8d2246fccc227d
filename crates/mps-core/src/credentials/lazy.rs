//! A transport that is set up on its first use, which most programs never need.

use std::{fmt, sync::OnceLock};

use crate::{
    BoxFuture,
    error::Error,
    transport::{RequestBody, ResponseBody, Transport, TransportError, TransportErrorKind},
};

/// Setting up TLS reads all certificates of the machine. The first request returns its error.
pub(super) struct LazyTransport {
    set_up: fn() -> Result<Box<dyn Transport>, Error>,
    transport: OnceLock<Result<Box<dyn Transport>, String>>,
}

impl LazyTransport {
    pub(super) fn for_sts() -> Self {
        Self::new(sts)
    }

    pub(super) fn for_metadata() -> Self {
        Self::new(metadata)
    }

    fn new(set_up: fn() -> Result<Box<dyn Transport>, Error>) -> Self {
        Self {
            set_up,
            transport: OnceLock::new(),
        }
    }
}

#[cfg(feature = "reqwest")]
fn sts() -> Result<Box<dyn Transport>, Error> {
    Ok(Box::new(crate::transport::ReqwestTransport::new()?))
}

#[cfg(feature = "reqwest")]
fn metadata() -> Result<Box<dyn Transport>, Error> {
    Ok(Box::new(super::cvm::default_transport()?))
}

#[cfg(not(feature = "reqwest"))]
use self::{none as sts, none as metadata};

#[cfg(not(feature = "reqwest"))]
fn none() -> Result<Box<dyn Transport>, Error> {
    Err(Error::new(
        crate::ErrorKind::Config,
        "no transport was given, and the feature `reqwest` is off",
    ))
}

impl Transport for LazyTransport {
    fn send(
        &self,
        request: http::Request<RequestBody>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        let set_up = || (self.set_up)().map_err(|error| error.to_string());
        match self.transport.get_or_init(set_up) {
            Ok(transport) => transport.send(request),
            Err(why) => {
                Box::pin(
                    async move { Err(TransportError::new(TransportErrorKind::Request, &**why)) },
                )
            }
        }
    }
}

impl fmt::Debug for LazyTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LazyTransport")
    }
}
