//! One request on the wire: its headers, its canonical form, and the finished HTTP request.

use http::{HeaderValue, header};

use crate::{
    call::Call,
    credentials::Credentials,
    endpoint::Endpoint,
    error::{Error, ErrorKind},
    sign::{CanonicalRequest, Payload, Request},
    transport::RequestBody,
};

/// Signed verbatim, so it must be what goes on the wire.
const CONTENT_TYPE: &str = "application/json";
const LANGUAGE: &str = "en-US";
const CLIENT: &str = concat!("mps-core_", env!("CARGO_PKG_VERSION"));

/// A call on its way to an endpoint.
pub(super) struct Wire<'a> {
    pub(super) endpoint: &'a Endpoint,
    pub(super) region: Option<&'a str>,
    pub(super) call: &'a Call,
}

impl Wire<'_> {
    /// The form that is signed. The action is part of it, so that a signature cannot be moved to
    /// another action.
    pub(super) fn canonical_request(&self) -> CanonicalRequest {
        CanonicalRequest::new(&Request {
            method: "POST",
            uri: self.endpoint.path(),
            query: "",
            headers: &[
                ("content-type", CONTENT_TYPE),
                ("host", &self.endpoint.host()),
                ("x-tc-action", &self.call.action),
            ],
            payload: Payload::Bytes(&self.call.body),
        })
    }

    /// Every header that needs no credentials.
    pub(super) fn headers(&self, timestamp: i64) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("content-type", CONTENT_TYPE.to_owned()),
            ("host", self.endpoint.host()),
            ("x-tc-action", self.call.action.clone()),
            ("x-tc-version", self.call.version.clone()),
            ("x-tc-timestamp", timestamp.to_string()),
            ("x-tc-language", LANGUAGE.to_owned()),
            ("x-tc-requestclient", CLIENT.to_owned()),
        ];
        headers.extend(self.region.map(|region| ("x-tc-region", region.to_owned())));
        headers
    }

    /// The request, ready for the transport.
    pub(super) fn request(
        &self,
        timestamp: i64,
        credentials: &Credentials,
        authorization: &str,
        body: RequestBody,
    ) -> Result<http::Request<RequestBody>, Error> {
        let mut request = http::Request::post(self.endpoint.as_str());
        for (name, value) in self.headers(timestamp) {
            request = request.header(name, value);
        }
        request = request.header(header::AUTHORIZATION, secret(authorization)?);
        if let Some(token) = credentials.token() {
            request = request.header("x-tc-token", secret(token)?);
        }
        request.body(body).map_err(|error| {
            Error::new(
                ErrorKind::Config,
                "the action, version or region is not a valid header value",
            )
            .with_source(error)
        })
    }
}

/// A header value that no HTTP library prints.
fn secret(value: &str) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::from_str(value).map_err(|_| {
        Error::new(
            ErrorKind::Credentials,
            "the secret id or the token has a character no header can carry",
        )
        .with_hint("check for a stray line break or quote around the value")
    })?;
    value.set_sensitive(true);
    Ok(value)
}
