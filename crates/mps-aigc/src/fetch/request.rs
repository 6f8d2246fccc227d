//! One request for a result, or for the rest of it; redirects are followed if their targets are
//! addresses that a result may have.

use http::{Request, Response, header};
use mps_core::{
    Client,
    transport::{HostScope, RequestBody, ResponseBody},
};
use url::Url;

use super::{
    address,
    errors::{TransferError, unfetchable, unreachable},
};

/// Most redirects that one attempt follows.
const REDIRECTS: u32 = 5;

/// The part of the content that a request asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rest<'a> {
    /// Number of bytes that are there already.
    pub(super) begin: u64,
    /// The strong entity tag of the content.
    pub(super) tag: &'a str,
}

/// Sends a request for all of the content, or for the rest of it. Returns the response and the host
/// that sent it.
pub(super) async fn send(
    client: &Client,
    url: &str,
    rest: Option<Rest<'_>>,
) -> Result<(Response<ResponseBody>, String), TransferError> {
    let scope = if client.endpoint().is_loopback() {
        HostScope::Loopback
    } else {
        HostScope::Public
    };
    let mut url = address::checked(url, scope).map_err(TransferError::Permanent)?;
    for _ in 0..=REDIRECTS {
        let mut request = request(&url, rest)?;
        request.extensions_mut().insert(scope);
        let response = client.transport().send(request).await;
        let response = response.map_err(unreachable)?;
        let Some(location) = location(&response) else {
            let host = url.host_str().unwrap_or_default().to_owned();
            return Ok((response, host));
        };
        let target = address::redirected(&url, location, scope);
        url = target.map_err(TransferError::Permanent)?;
    }
    let message = format!("the result's host redirects more than {REDIRECTS} times");
    Err(unfetchable(message))
}

fn request(url: &Url, rest: Option<Rest<'_>>) -> Result<Request<RequestBody>, TransferError> {
    let mut request = Request::get(url.as_str()).header(header::ACCEPT_ENCODING, "identity");
    if let Some(Rest { begin, tag }) = rest {
        request = request
            .header(header::RANGE, format!("bytes={begin}-"))
            .header(header::IF_RANGE, tag);
    }
    // The URL stays out of the error: it can contain a signature.
    let request = request.body(RequestBody::new(""));
    request.map_err(|_| unfetchable("the result's URL is not a URL"))
}

/// Returns the target of a redirect, or `None` for any other response.
fn location<T>(response: &Response<T>) -> Option<&str> {
    let is_redirect = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = response.headers().get(header::LOCATION);
    location.filter(|_| is_redirect)?.to_str().ok()
}
