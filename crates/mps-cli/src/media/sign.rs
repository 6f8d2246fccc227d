//! Signatures of the vendor's object storage, by the signer of Apache `OpenDAL`.

use std::time::Duration;

use http::{HeaderValue, Method, Request, header, request::Parts};
use mps_aigc::Credentials;
use reqsign_core::{Context, SignRequest as _};
use reqsign_tencent_cos::{Credential, RequestSigner};

use crate::failure::Failure;

/// The validity of a signed URL: an off-peak task may start two days later, and some time is left.
const VALIDITY: Duration = Duration::from_secs(3 * 24 * 3_600);

/// Returns a URL that lets anybody read the object for three days, or until temporary keys expire.
///
/// # Errors
/// Returns an internal error if the URL is not valid, which is a bug.
pub(super) async fn url(credentials: &Credentials, url: &str) -> Result<String, Failure> {
    let parts = sign(credentials, Method::GET, url, None, Some(VALIDITY)).await?;
    Ok(parts.uri.to_string())
}

/// Returns the head of a signed request that stores an object.
///
/// # Errors
/// As [`url`].
pub(super) async fn put(
    credentials: &Credentials,
    url: &str,
    content_type: &'static str,
) -> Result<Parts, Failure> {
    sign(credentials, Method::PUT, url, Some(content_type), None).await
}

async fn sign(
    credentials: &Credentials,
    method: Method,
    url: &str,
    content_type: Option<&'static str>,
    validity: Option<Duration>,
) -> Result<Parts, Failure> {
    // Not with the reason: it may repeat the URL.
    let invalid = || Failure::internal("a request to the bucket cannot be signed");
    let request = Request::builder().method(method).uri(url).body(());
    let mut parts = request.map_err(|_| invalid())?.into_parts().0;
    let authority = parts.uri.authority().map(ToString::to_string);
    let host = authority.and_then(|host| HeaderValue::from_str(&host).ok());
    // Signed, so that the signature is for this bucket only.
    parts
        .headers
        .insert(header::HOST, host.ok_or_else(invalid)?);
    if let Some(content_type) = content_type {
        let content_type = HeaderValue::from_static(content_type);
        parts.headers.insert(header::CONTENT_TYPE, content_type);
    }
    let credential = Credential {
        secret_id: credentials.secret_id().to_owned(),
        secret_key: credentials.secret_key().to_owned(),
        security_token: credentials.token().map(str::to_owned),
        expires_in: None,
    };
    let signed = RequestSigner::new()
        .sign_request(&Context::new(), &mut parts, Some(&credential), validity)
        .await;
    signed.map_err(|_| invalid())?;
    Ok(parts)
}
