//! The HTTP transport: reqwest, over rustls with the feature `tls`, without any feature that could repeat a request.

use std::{
    error, fmt, mem,
    pin::{Pin, pin},
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::Uri;
use http_body::{Body, Frame, SizeHint};
use url::Url;

mod certificates;
mod clients;
mod resolver;
#[cfg(test)]
mod tests;

use self::{
    clients::{Clients, Settings},
    resolver::{Lookup, SystemLookup},
};
use super::{
    Chunks, HostScope, RequestBody, ResponseBody, Transport, TransportError, TransportErrorKind,
};
use crate::{
    BoxFuture,
    endpoint::have_same_authority,
    error::{Error, ErrorKind},
    sync::lock,
};

const CONNECT: Duration = Duration::from_secs(10);

/// The default [`Transport`].
///
/// HTTP/1.1 over rustls with the platform's certificates; no redirects, no retries of its own, no
/// proxy by default. Without the feature `tls` a request to an `https://` address fails, and nothing is sent.
/// Requests with a [`HostScope`] have connections of their own, whose addresses are checked after resolution.
/// Only connecting has a timeout here; the caller limits the time for a response.
///
/// The certificates are read on a thread of their own, for the first request that needs them or by
/// [`read_certificates`](Self::read_certificates).
#[derive(Clone, Debug)]
pub struct ReqwestTransport {
    clients: Arc<Clients>,
    urls: UrlMemory,
}

impl ReqwestTransport {
    /// Returns a transport with default settings.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Returns a builder with default settings.
    #[must_use]
    pub fn builder() -> ReqwestTransportBuilder {
        ReqwestTransportBuilder::default()
    }

    /// Reads the certificates that the platform trusts, which takes some milliseconds, if that was not done
    /// yet. Call it to find their absence before the first request, or to read them while something else is
    /// done. Does nothing without the feature `tls`.
    ///
    /// # Errors
    /// Returns [`ErrorKind::Config`] when they cannot be read, or when there are none. It may be called again.
    ///
    /// # Cancel safety
    /// Dropping the future loses what was read.
    pub async fn read_certificates(&self) -> Result<(), Error> {
        let read = self.clients.read_certificates().await;
        read.map_err(|error| {
            Error::new(ErrorKind::Config, error.to_string())
                .with_hint("install the package ca-certificates, or name a file in SSL_CERT_FILE")
                .with_source(error)
        })
    }
}

impl Default for ReqwestTransport {
    fn default() -> Self {
        Self::new()
    }
}

/// Settings of a [`ReqwestTransport`].
#[derive(Clone, Debug)]
pub struct ReqwestTransportBuilder {
    connect_timeout: Duration,
    environment_proxies: bool,
    lookup: Arc<dyn Lookup>,
}

impl Default for ReqwestTransportBuilder {
    fn default() -> Self {
        Self {
            connect_timeout: CONNECT,
            environment_proxies: false,
            lookup: Arc::new(SystemLookup),
        }
    }
}

impl ReqwestTransportBuilder {
    /// Sets the longest time for name resolution, TCP and TLS together. 10 s by default.
    #[must_use]
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Uses the proxies in the environment variables `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and
    /// `NO_PROXY`. No proxy is used by default.
    #[must_use]
    pub fn proxies_from_environment(mut self) -> Self {
        self.environment_proxies = true;
        self
    }

    /// Builds the transport.
    #[must_use]
    pub fn build(self) -> ReqwestTransport {
        let settings = Settings {
            connect_timeout: self.connect_timeout,
            environment_proxies: self.environment_proxies,
            lookup: self.lookup,
        };
        ReqwestTransport {
            clients: Arc::new(Clients::new(settings)),
            urls: UrlMemory::default(),
        }
    }
}

impl Transport for ReqwestTransport {
    fn send(
        &self,
        request: http::Request<RequestBody>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let scope = head.extensions.get::<HostScope>().copied();
            let url = self.urls.parse(head.uri)?;
            let client = self.clients.of(&url, scope).await?;
            let mut request = reqwest::Request::new(head.method, url);
            *request.headers_mut() = head.headers;
            *request.body_mut() = Some(reqwest::Body::wrap(Outgoing(Some(body))));
            let mut response = client.execute(request).await.map_err(failed)?;
            let mut answer = http::Response::new(());
            *answer.status_mut() = response.status();
            *answer.headers_mut() = mem::take(response.headers_mut());
            Ok(answer.map(|()| ResponseBody::new(Incoming(response))))
        })
    }
}

/// The parsed URL of the last request, because most requests of a client have the same. Clones share
/// it.
#[derive(Clone, Default)]
struct UrlMemory(Arc<Mutex<Option<(Uri, Url)>>>);

impl UrlMemory {
    fn parse(&self, uri: Uri) -> Result<Url, TransportError> {
        let mut last = lock(&self.0);
        if let Some((known, url)) = &*last
            && is_same_uri(known, &uri)
        {
            return Ok(url.clone());
        }
        let url = Url::parse(&uri.to_string())
            .map_err(|error| TransportError::new(TransportErrorKind::Request, error))?;
        *last = Some((uri, url.clone()));
        Ok(url)
    }
}

/// Returns whether two URIs are equal. Faster than `==` where they share the text of one endpoint.
fn is_same_uri(one: &Uri, other: &Uri) -> bool {
    one.scheme() == other.scheme()
        && have_same_authority(one, other)
        && one.path_and_query() == other.path_and_query()
}

impl fmt::Debug for UrlMemory {
    // It may be the signed URL of a result.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UrlMemory")
    }
}

/// Takes the body when the connection polls it, and not before. The connection polls it before it
/// flushes anything, head included, so no byte of an unpolled body was sent.
struct Outgoing(Option<RequestBody>);

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Revoked;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Revoked>>> {
        let Some(body) = self.0.take() else {
            return Poll::Ready(None);
        };
        let length = body.len();
        let bytes = body.into_bytes();
        if bytes.len() == length {
            Poll::Ready(Some(Ok(Frame::data(bytes))))
        } else {
            Poll::Ready(Some(Err(Revoked)))
        }
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(RequestBody::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, |body| body.len() as u64))
    }
}

/// The error that keeps a connection from sending a request that its caller has given up.
#[derive(Debug)]
struct Revoked;

impl fmt::Display for Revoked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the caller gave the request up")
    }
}

impl error::Error for Revoked {}

struct Incoming(reqwest::Response);

impl Chunks for Incoming {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, TransportError>> {
        // A new future for each poll, since one that is pending has taken nothing of the body.
        pin!(self.0.chunk()).poll(cx).map_err(failed)
    }
}

/// Returns the error without the URL, because the URL of a result can contain a signature.
fn failed(error: reqwest::Error) -> TransportError {
    if let Some(refusal) = resolver::refusal(&error) {
        return clients::refused(refusal);
    }
    let kind = if error.is_connect() {
        TransportErrorKind::Connect
    } else if error.is_builder() {
        TransportErrorKind::Request
    } else {
        TransportErrorKind::Interrupted
    };
    TransportError::new(kind, error.without_url())
}
