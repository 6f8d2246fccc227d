//! A transport that is confined to given endpoints.

use std::sync::Arc;

use super::{RequestBody, ResponseBody, Transport, TransportError, TransportErrorKind};
use crate::{BoxFuture, endpoint::Endpoint};

/// Refuses every request to another scheme, host or port than those of its endpoints.
///
/// A client of an emulator on this machine wraps its transport in it by default, so that neither a
/// mistake nor a URL in a response reaches a paid host.
#[derive(Clone, Debug)]
pub struct Confined {
    inner: Arc<dyn Transport>,
    endpoints: Vec<Endpoint>,
}

impl Confined {
    /// Returns a transport that reaches `endpoint` only.
    #[must_use]
    pub fn new(inner: Arc<dyn Transport>, endpoint: Endpoint) -> Self {
        Self::among(inner, [endpoint])
    }

    /// Returns a transport that reaches `endpoints` only.
    #[must_use]
    pub fn among(inner: Arc<dyn Transport>, endpoints: impl IntoIterator<Item = Endpoint>) -> Self {
        let endpoints = endpoints.into_iter().collect();
        Self { inner, endpoints }
    }

    fn allows(&self, uri: &http::Uri) -> bool {
        let mut endpoints = self.endpoints.iter();
        endpoints.any(|endpoint| endpoint.is_origin_of_uri(uri))
    }

    fn refusal(&self, uri: &http::Uri) -> TransportError {
        let allowed: Vec<_> = self.endpoints.iter().map(Endpoint::as_str).collect();
        let (allowed, host) = (allowed.join(" or "), uri.host().unwrap_or("no host"));
        let why = format!("this client may only reach {allowed}, not {host}");
        TransportError::new(TransportErrorKind::Request, why)
    }
}

impl Transport for Confined {
    fn send(
        &self,
        request: http::Request<RequestBody>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        if self.allows(request.uri()) {
            return self.inner.send(request);
        }
        let refusal = self.refusal(request.uri());
        Box::pin(async { Err(refusal) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::{Reply, ScriptedTransport};

    #[tokio::test]
    async fn another_host_is_refused_before_any_byte_is_sent() {
        let scripted = ScriptedTransport::new([Reply::json("{}")]);
        let endpoint = Endpoint::parse("http://127.0.0.1:8080").unwrap();
        let confined = Confined::new(Arc::new(scripted.clone()), endpoint);
        let to = |uri: &str| {
            let body = RequestBody::new("{}");
            http::Request::post(uri).body(body).unwrap()
        };
        let error = confined
            .send(to("https://mps.intl.tencentcloudapi.com/"))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::Request);
        assert_eq!(scripted.requests().len(), 0);

        confined
            .send(to("http://127.0.0.1:8080/results/a.mp4"))
            .await
            .unwrap();
        assert_eq!(scripted.requests().len(), 1);
    }
}
