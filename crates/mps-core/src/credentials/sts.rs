//! The vendor's security token service, which issues the keys of a role.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use http::HeaderValue;
use mps_models::Effect;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    Credentials, CredentialsError,
    remote::{Remote, RemoteError},
    temporary::TemporaryKeys,
};
use crate::{
    call::Call,
    clock::{MAX_SKEW, SharedClock, shifted, unix_seconds},
    endpoint::{Endpoint, Site},
    envelope::Received,
    error::Error,
    sign::{self, Scope, SigningKey},
    transport::{RequestBody, Transport},
    wire::{Wire, header_value},
};

const SERVICE: &str = "sts";
const VERSION: &str = "2018-08-13";
const LIMIT: Duration = Duration::from_secs(10);
/// The service's own bound on the lifetime of a role's keys.
const LONGEST_LOAN: Duration = Duration::from_secs(43_200);

/// A client of the vendor's security token service.
#[derive(Clone)]
pub struct Sts {
    remote: Remote,
    endpoint: Endpoint,
    region: String,
}

/// The identity in whose name a request is sent.
#[derive(Clone, Copy)]
pub(super) enum Signer<'a> {
    Keys(&'a Credentials),
    /// None: the body contains the proof of identity.
    Nobody,
}

/// The reason why the service issues no keys.
pub(super) struct Refusal {
    pub(super) error: CredentialsError,
    pub(super) code: Option<String>,
    service_time: Option<SystemTime>,
}

#[derive(Deserialize)]
struct IssuedKeys {
    #[serde(rename = "Credentials")]
    keys: Option<TemporaryKeys>,
    #[serde(rename = "ExpiredTime")]
    expires: Option<i64>,
}

impl Sts {
    /// Returns a client of the international site's service.
    #[must_use]
    pub fn new(transport: Arc<dyn Transport>, clock: SharedClock) -> Self {
        Self {
            remote: Remote { transport, clock },
            endpoint: host(Site::Intl),
            region: region(Site::Intl).to_owned(),
        }
    }

    /// Returns a client over the default transport.
    #[cfg(feature = "reqwest")]
    #[must_use]
    pub fn with_default_transport() -> Self {
        let clock = crate::clock::SystemClock::shared();
        Self::new(super::default_transport::for_sts(), clock)
    }

    /// Sets the site. The region becomes one of that site.
    #[must_use]
    pub fn site(mut self, site: Site) -> Self {
        self.endpoint = host(site);
        region(site).clone_into(&mut self.region);
        self
    }

    /// Sets another endpoint, such as `https://sts.internal.tencentcloudapi.com` inside a VPC.
    #[must_use]
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoint = endpoint;
        self
    }

    /// Sets the region that executes the request, sent as `X-TC-Region`.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = region.into();
        self
    }

    /// Calls `action` once. `offset_s` corrects this machine's clock.
    pub(super) async fn call(
        &self,
        action: &'static str,
        parameters: Map<String, Value>,
        signer: Signer<'_>,
        offset_s: i64,
    ) -> Result<Credentials, Refusal> {
        let body = Value::Object(parameters).to_string();
        let now = unix_seconds(self.remote.clock.wall()).saturating_add(offset_s);
        let request = self.request(action, body, signer, now);
        let request = request.map_err(|_| self.refusal("a value that no header can carry"))?;
        let answer = self.remote.exchange(request, LIMIT).await;
        let received = answer.map_err(|RemoteError { message, .. }| self.refusal(message))?;
        self.issued(&received, offset_s)
    }

    fn request(
        &self,
        action: &'static str,
        body: String,
        signer: Signer<'_>,
        now: i64,
    ) -> Result<http::Request<RequestBody>, Error> {
        let call = Call {
            action: action.into(),
            action_header: HeaderValue::from_static(action),
            version_header: HeaderValue::from_static(VERSION),
            effect: Effect::Read,
            rate_limit: 1,
            body: body.into(),
        };
        let region = header_value(&self.region)?;
        let wire = Wire {
            endpoint: &self.endpoint,
            region: Some(&region),
            call: &call,
        };
        let (token, authorization) = match signer {
            Signer::Keys(keys) => (keys.token(), signed(&wire, keys, now)),
            Signer::Nobody => (None, "SKIP".to_owned()),
        };
        wire.request(
            now,
            token,
            authorization,
            RequestBody::new(call.body.clone()),
        )
    }

    fn issued(&self, received: &Received, offset_s: i64) -> Result<Credentials, Refusal> {
        let answer = received
            .open(Effect::Read)
            .map_err(|error| self.refused(&error, received))?;
        // Serde's message could quote a key, so it is not shown.
        let issued: IssuedKeys = serde_json::from_str(answer.response().get())
            .map_err(|_| self.refusal("its answer is not that of a lent role"))?;
        let keys = issued
            .keys
            .ok_or_else(|| self.refusal("its answer has no Credentials"))?;
        let machine = self.remote.clock.wall();
        let lent = keys.check(issued.expires, shifted(machine, offset_s), machine);
        lent.map_err(|why| self.refusal(format!("its answer is unusable: {why}")))
    }

    fn refused(&self, error: &Error, received: &Received) -> Refusal {
        Refusal {
            code: error.code().map(str::to_owned),
            service_time: received.date(),
            ..self.refusal(error.to_string())
        }
    }

    fn refusal(&self, why: impl fmt::Display) -> Refusal {
        let message = format!("the token service at {}: {why}", self.endpoint.host());
        Refusal {
            error: CredentialsError::unusable(message),
            code: None,
            service_time: None,
        }
    }

    pub(super) fn is_on_this_machine(&self) -> bool {
        self.endpoint.is_loopback()
    }

    /// Returns the offset of this machine's clock, if that is why the request was refused and can
    /// be corrected.
    pub(super) fn clock_offset(&self, refusal: &Refusal) -> Option<i64> {
        if refusal.code.as_deref() != Some("AuthFailure.SignatureExpire") {
            return None;
        }
        let machine = unix_seconds(self.remote.clock.wall());
        let offset = unix_seconds(refusal.service_time?).saturating_sub(machine);
        let can_help = offset != 0 && offset.unsigned_abs() <= MAX_SKEW.as_secs();
        can_help.then_some(offset)
    }
}

impl Refusal {
    /// Returns the reason without any occurrence of the secrets that were sent.
    pub(super) fn without(self, secrets: &[&str]) -> CredentialsError {
        self.error.reworded(|message| {
            let secrets = secrets.iter().filter(|secret| !secret.is_empty());
            secrets.fold(message.to_owned(), |message, secret| {
                message.replace(secret, "<redacted>")
            })
        })
    }
}

/// Returns a lifetime in the form that the service accepts.
pub(super) fn checked_length(length: Duration) -> Result<u64, CredentialsError> {
    if length.as_secs() > 0 && length <= LONGEST_LOAN {
        return Ok(length.as_secs());
    }
    let message = format!("a role cannot be assumed for {length:?}");
    let hint = format!("at least 1 s, at most {} s", LONGEST_LOAN.as_secs());
    Err(CredentialsError::unusable(message).with_hint(hint))
}

/// Source: the API documentation of `AssumeRole` on either site (products 1150 and 1312).
fn host(site: Site) -> Endpoint {
    let url = format!("https://sts.{}", site.info().root_domain);
    Endpoint::parse(&url).unwrap_or_else(|_| unreachable!("domains of the specification parse"))
}

/// Any region works, but the service demands one.
fn region(site: Site) -> &'static str {
    match site {
        Site::Cn => "ap-guangzhou",
        _ => "ap-singapore",
    }
}

fn signed(wire: &Wire<'_>, keys: &Credentials, now: i64) -> String {
    let key = SigningKey::derive(keys.secret_key(), &Scope::at(now, SERVICE));
    sign::sign(wire.canonical_request(), keys.secret_id(), &key, now).authorization
}

impl fmt::Debug for Sts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sts")
            .field("endpoint", &self.endpoint)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}
