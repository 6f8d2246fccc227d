//! Who signs: keys that never show, and where they come from.

use std::{error, fmt, time::SystemTime};

use zeroize::Zeroizing;

use crate::BoxFuture;

mod chain;
mod env;
mod profile;

pub use self::{chain::Chain, env::EnvironmentCredentials, profile::ProfileCredentials};

/// An account's key pair, with a token when it is temporary.
///
/// The secret parts are wiped from memory on drop and never appear in `Debug`.
///
/// ```
/// use mps_core::credentials::Credentials;
///
/// let credentials = Credentials::new("AKIDEXAMPLE", "not a real key");
/// assert!(!format!("{credentials:?}").contains("not a real key"));
/// ```
#[derive(Clone)]
pub struct Credentials {
    secret_id: String,
    secret_key: Zeroizing<String>,
    token: Option<Zeroizing<String>>,
    expires_at: Option<SystemTime>,
}

impl Credentials {
    /// A permanent key pair.
    #[must_use]
    pub fn new(secret_id: impl Into<String>, secret_key: impl Into<String>) -> Self {
        Self {
            secret_id: secret_id.into(),
            secret_key: Zeroizing::new(secret_key.into()),
            token: None,
            expires_at: None,
        }
    }

    /// Adds the session token of temporary credentials.
    #[must_use]
    pub fn with_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(Zeroizing::new(token.into()));
        self
    }

    /// Says when temporary credentials stop being valid.
    #[must_use]
    pub fn with_expiry(mut self, expires_at: SystemTime) -> Self {
        self.expires_at = Some(expires_at);
        self
    }

    /// The public half, which travels in every request.
    #[must_use]
    pub fn secret_id(&self) -> &str {
        &self.secret_id
    }

    /// When the credentials expire, if they are temporary and it is known.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.expires_at
    }

    /// The secret half. Used to derive signing keys; do not log it.
    #[must_use]
    pub fn secret_key(&self) -> &str {
        &self.secret_key
    }

    /// The session token. Sent as `X-TC-Token`; do not log it.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.token.as_ref().map(|token| token.as_str())
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("secret_id", &self.secret_id)
            .field("secret_key", &"<redacted>")
            .field("token", &self.token.as_ref().map(|_| "<redacted>"))
            .field("expires_at", &self.expires_at)
            .finish()
    }
}

/// Where credentials come from. Asked once a call.
pub trait ProvideCredentials: fmt::Debug + Send + Sync {
    /// The credentials to sign a call with.
    fn provide(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>>;

    /// Fresh credentials, after the service refused the token of the last ones. A provider that
    /// remembers must forget first.
    fn refresh(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        self.provide()
    }
}

impl<P: ProvideCredentials + ?Sized> ProvideCredentials for std::sync::Arc<P> {
    fn provide(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        (**self).provide()
    }

    fn refresh(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        (**self).refresh()
    }
}

impl ProvideCredentials for Credentials {
    fn provide(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        let credentials = self.clone();
        Box::pin(async move { Ok(credentials) })
    }
}

/// Why a provider has no credentials to give.
#[derive(Debug)]
pub struct CredentialsError {
    message: String,
    absent: bool,
}

impl CredentialsError {
    /// The place that was looked at holds nothing: a chain goes on to the next one.
    #[must_use]
    pub fn absent(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            absent: true,
        }
    }

    /// The place holds something unusable: a chain stops, since going on would sign as someone
    /// the user did not mean.
    #[must_use]
    pub fn unusable(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            absent: false,
        }
    }

    /// Whether nothing was found, as opposed to something broken.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.absent
    }
}

impl fmt::Display for CredentialsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl error::Error for CredentialsError {}
