//! Credentials of the role of a virtual machine.

use std::{fmt, sync::Arc, time::Duration};

use http::StatusCode;
use serde::Deserialize;

#[cfg(feature = "reqwest")]
use super::default_transport;
use super::{
    Credentials, CredentialsError, ProvideCredentials, SharedProvider,
    remote::{Remote, RemoteError},
    temporary::TemporaryKeys,
};
use crate::{
    BoxFuture,
    clock::{self, SharedClock},
    endpoint::Endpoint,
    envelope::Received,
    transport::{RequestBody, Transport},
};

/// Resolves on the vendor's own machines only.
const HOST: &str = "http://metadata.tencentyun.com";
const PATH: &str = "/latest/meta-data/cam/security-credentials/";
/// Limit for the role's name and its keys together. The service answers within a millisecond, or
/// never.
const LIMIT: Duration = Duration::from_secs(5);

/// A provider that asks the metadata service of a CVM instance for the keys of the instance's role.
///
/// No service, or no role of the machine, counts as absent, so that a chain continues. An answer
/// without keys is an error. Each request uses the network and takes at most 5 s: wrap this
/// provider in [`Cached`](super::Cached).
///
/// On other networks the name of the service is free, and a machine that takes it could return the
/// keys of another account; so use this provider on the vendor's machines only.
#[derive(Clone)]
pub struct CvmRole {
    remote: Remote,
    endpoint: Option<Endpoint>,
    role: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(flatten)]
    keys: TemporaryKeys,
    #[serde(rename = "ExpiredTime")]
    expires: Option<i64>,
    #[serde(rename = "Code")]
    code: Option<String>,
}

impl CvmRole {
    /// Returns a provider for the role of this machine. `transport` should use no proxy.
    #[must_use]
    pub fn new(transport: Arc<dyn Transport>, clock: SharedClock) -> Self {
        Self {
            remote: Remote { transport, clock },
            endpoint: None,
            role: None,
        }
    }

    /// Returns a provider with a transport of its own: no proxy, no redirects, a second to connect.
    #[cfg(feature = "reqwest")]
    #[must_use]
    pub fn with_default_transport() -> Self {
        Self::new(
            default_transport::for_metadata(),
            clock::SystemClock::shared(),
        )
    }

    /// Sets the name of the role. By default the metadata service is asked for it.
    #[must_use]
    pub fn role(mut self, name: impl Into<String>) -> Self {
        self.role = Some(name.into());
        self
    }

    /// Sets another endpoint than `metadata.tencentyun.com`.
    #[must_use]
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    async fn keys(&self) -> Result<Credentials, CredentialsError> {
        let keys = clock::timeout(&*self.remote.clock, LIMIT, async {
            let role = match &self.role {
                Some(role) => role.clone(),
                None => self.discover().await?,
            };
            if !is_role_name(&role) {
                return Err(self.unusable("the answer is not the name of a role"));
            }
            self.keys_of(&role).await
        });
        keys.await
            .unwrap_or_else(|| Err(self.unusable(format!("no answer within {LIMIT:?}"))))
    }

    async fn discover(&self) -> Result<String, CredentialsError> {
        let answer = self.get("").await?;
        let text = match answer.status {
            StatusCode::NOT_FOUND => "",
            StatusCode::OK => self.text(&answer)?.trim(),
            status => return Err(self.unusable(format!("it answered with HTTP {status}"))),
        };
        match text.lines().next() {
            Some(role) => Ok(role.trim().to_owned()),
            None => Err(self.absent("this machine has no role")),
        }
    }

    async fn keys_of(&self, role: &str) -> Result<Credentials, CredentialsError> {
        let answer = self.get(role).await?;
        match answer.status {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => {
                return Err(self.unusable(format!("this machine does not have the role {role}")));
            }
            status => return Err(self.unusable(format!("it answered with HTTP {status}"))),
        }
        let text = self.text(&answer)?;
        // Serde's message could quote a key, so it is not shown.
        let answer: Answer = serde_json::from_str(text)
            .map_err(|_| self.unusable("its answer is not the JSON of a role's keys"))?;
        match answer.code.as_deref() {
            Some("Success") => {}
            None => return Err(self.unusable("its answer has no Code")),
            Some(code) => {
                let code = super::shown(code);
                return Err(self.unusable(format!("it refused with Code {code}")));
            }
        }
        let now = self.remote.clock.wall();
        let keys = answer.keys.check(answer.expires, now, now);
        let keys = keys.map_err(|why| self.unusable(format!("its answer is unusable: {why}")))?;
        Ok(keys.with_identity(role))
    }

    async fn get(&self, role: &str) -> Result<Received, CredentialsError> {
        let url = format!("{}{PATH}{role}", self.host());
        let request = http::Request::get(url).body(RequestBody::new(""));
        let request = request.map_err(|_| self.unusable("its address is not a URL"))?;
        let answer = self.remote.exchange(request, LIMIT).await;
        answer.map_err(|error| self.failed(&error))
    }

    fn text<'a>(&self, answer: &'a Received) -> Result<&'a str, CredentialsError> {
        let text = std::str::from_utf8(&answer.body)
            .map_err(|_| self.unusable("its answer is not UTF-8 text"))?;
        if text.trim_start().starts_with('<') {
            return Err(self.unusable("its answer is a web page"));
        }
        Ok(text)
    }

    fn host(&self) -> &str {
        let endpoint = self.endpoint.as_ref();
        endpoint.map_or(HOST, |endpoint| endpoint.as_str().trim_end_matches('/'))
    }

    fn failed(&self, error: &RemoteError) -> CredentialsError {
        if error.is_unreachable {
            return self.absent(&error.message);
        }
        self.unusable(&error.message)
    }

    fn absent(&self, why: &str) -> CredentialsError {
        CredentialsError::absent(self.prefixed(why))
    }

    fn unusable(&self, why: impl AsRef<str>) -> CredentialsError {
        CredentialsError::unusable(self.prefixed(why.as_ref()))
            .with_hint("is a proxy, a firewall or another network in the place of the service?")
    }

    fn prefixed(&self, why: &str) -> String {
        format!("the metadata service at {}: {why}", self.host())
    }
}

/// A name becomes part of a URL's path, whatever its source.
fn is_role_name(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-+=,.@".contains(&byte);
    (1..=128).contains(&text.len()) && text != ".." && text != "." && text.bytes().all(is_allowed)
}

impl ProvideCredentials for CvmRole {
    fn provide(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        Box::pin(self.keys())
    }

    fn confined(&self) -> Option<SharedProvider> {
        let is_here = self.endpoint.as_ref().is_some_and(Endpoint::is_loopback);
        (!is_here).then(|| super::not_asked("the metadata service"))
    }
}

impl fmt::Debug for CvmRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CvmRole")
            .field("host", &self.host())
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}
