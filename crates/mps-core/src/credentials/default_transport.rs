//! The transports of providers that are given none.

#[cfg(feature = "reqwest")]
mod reqwest {
    use std::{sync::Arc, time::Duration};

    use crate::transport::{ReqwestTransport, Transport};

    /// Its service answers within a millisecond, or never.
    const METADATA_CONNECT: Duration = Duration::from_secs(1);

    pub(in super::super) fn for_sts() -> Arc<dyn Transport> {
        Arc::new(ReqwestTransport::new())
    }

    pub(in super::super) fn for_metadata() -> Arc<dyn Transport> {
        let builder = ReqwestTransport::builder();
        Arc::new(builder.connect_timeout(METADATA_CONNECT).build())
    }
}

#[cfg(feature = "reqwest")]
pub(super) use self::reqwest::{for_metadata, for_sts};

#[cfg(not(feature = "reqwest"))]
mod none {
    use std::sync::Arc;

    use crate::{
        BoxFuture,
        transport::{RequestBody, ResponseBody, Transport, TransportError, TransportErrorKind},
    };

    #[derive(Debug)]
    struct NoTransport;

    impl Transport for NoTransport {
        fn send(
            &self,
            _: http::Request<RequestBody>,
        ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
            let why = "no transport was given, and the feature `reqwest` is off";
            let error = TransportError::new(TransportErrorKind::Request, why);
            Box::pin(std::future::ready(Err(error)))
        }
    }

    pub(in super::super) fn for_sts() -> Arc<dyn Transport> {
        Arc::new(NoTransport)
    }

    pub(in super::super) fn for_metadata() -> Arc<dyn Transport> {
        Arc::new(NoTransport)
    }
}

#[cfg(not(feature = "reqwest"))]
pub(super) use self::none::{for_metadata, for_sts};
