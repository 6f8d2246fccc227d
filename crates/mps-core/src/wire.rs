//! The HTTP form of a call: headers, canonical request and the signed HTTP request.

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use crate::{
    call::Call,
    endpoint::Endpoint,
    error::{Error, ErrorKind},
    sign::{CanonicalRequest, Payload, Request},
    transport::RequestBody,
};

/// Signed verbatim, so the request must have exactly this value.
const CONTENT_TYPE: &str = "application/json";

// Checked by the compiler. Constants and not statics: to clone a static value calls its vtable in every call (360
// instructions a create, 2026-11-28).
const CONTENT_TYPE_VALUE: HeaderValue = HeaderValue::from_static(CONTENT_TYPE);
const LANGUAGE: HeaderValue = HeaderValue::from_static("en-US");
const CLIENT: HeaderValue =
    HeaderValue::from_static(concat!("mps-core_", env!("CARGO_PKG_VERSION")));

const ACTION_NAME: HeaderName = HeaderName::from_static("x-tc-action");
const VERSION_NAME: HeaderName = HeaderName::from_static("x-tc-version");
const TIMESTAMP_NAME: HeaderName = HeaderName::from_static("x-tc-timestamp");
const LANGUAGE_NAME: HeaderName = HeaderName::from_static("x-tc-language");
const CLIENT_NAME: HeaderName = HeaderName::from_static("x-tc-requestclient");
const REGION_NAME: HeaderName = HeaderName::from_static("x-tc-region");
const TOKEN_NAME: HeaderName = HeaderName::from_static("x-tc-token");

/// A call and the endpoint that it is sent to.
pub(crate) struct Wire<'a> {
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) region: Option<&'a HeaderValue>,
    pub(crate) call: &'a Call,
}

impl Wire<'_> {
    /// Returns the canonical request, which is signed. It includes the action, so that a signature
    /// is valid for no other action.
    pub(crate) fn canonical_request(&self) -> CanonicalRequest {
        CanonicalRequest::new(&Request {
            method: "POST",
            uri: self.endpoint.path(),
            query: "",
            headers: &[
                ("content-type", CONTENT_TYPE),
                ("host", self.endpoint.host()),
                ("x-tc-action", &self.call.action),
            ],
            payload: Payload::Bytes(&self.call.body),
        })
    }

    /// Returns every header that needs no credentials.
    pub(crate) fn headers(&self, timestamp: i64) -> HeaderMap {
        // Capacity for these and for the headers that the transport adds.
        let mut headers = HeaderMap::with_capacity(12);
        headers.insert(header::CONTENT_TYPE, CONTENT_TYPE_VALUE);
        headers.insert(header::HOST, self.endpoint.host_header());
        headers.insert(ACTION_NAME, self.call.action_header.clone());
        headers.insert(VERSION_NAME, self.call.version_header.clone());
        headers.insert(TIMESTAMP_NAME, HeaderValue::from(timestamp));
        headers.insert(LANGUAGE_NAME, LANGUAGE);
        headers.insert(CLIENT_NAME, CLIENT);
        if let Some(region) = self.region {
            headers.insert(REGION_NAME, region.clone());
        }
        headers
    }

    /// Returns the signed request.
    pub(crate) fn request(
        &self,
        timestamp: i64,
        token: Option<&str>,
        authorization: String,
        body: RequestBody,
    ) -> Result<http::Request<RequestBody>, Error> {
        let mut headers = self.headers(timestamp);
        headers.insert(header::AUTHORIZATION, secret(authorization)?);
        if let Some(token) = token {
            headers.insert(TOKEN_NAME, secret(token.to_owned())?);
        }
        let mut request = http::Request::new(body);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.endpoint.uri().clone();
        *request.headers_mut() = headers;
        Ok(request)
    }
}

/// Returns an action, version or region as the value of a header.
///
/// # Errors
/// Returns a configuration error for a text that no header may contain.
pub(crate) fn header_value(text: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(text).map_err(|error| {
        let message = "the action, version or region is not a valid header value";
        Error::new(ErrorKind::Config, message).with_source(error)
    })
}

/// Returns a header value that HTTP libraries do not print.
fn secret(value: String) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::try_from(value).map_err(|_| {
        Error::new(
            ErrorKind::Credentials,
            "the secret id or the token contains a character that is not allowed in a header",
        )
        .with_hint("remove line breaks and quotes around the value")
    })?;
    value.set_sensitive(true);
    Ok(value)
}
