//! Credentials and their providers. Secrets never appear in `Debug`, logs or errors.
//!
//! | provider | source of the credentials |
//! |---|---|
//! | [`Credentials`] | the program itself |
//! | [`EnvironmentCredentials`] | environment variables |
//! | [`ProfileCredentials`] | the file that the vendor's SDKs share |
//! | [`TccliCredentials`] | the file of the vendor's command-line tool |
//! | [`CvmRole`] | the metadata service of a virtual machine |
//! | [`AssumeRole`], [`WebIdentity`] | the token service ([`Sts`]) |
//! | [`Chain`] | the first of several |
//! | [`Cached`] | a cache in front of another provider |
//! | [`DefaultChain`] | all of the usual sources |
//!
//! Providers read their source each time they are asked. Wrap those that ask another machine in a
//! [`Cached`]. A provider of your own has one method:
//!
//! # Example
//!
//! ```
//! use mps_core::{
//!     BoxFuture,
//!     credentials::{Cached, Chain, Credentials, CredentialsError, EnvironmentCredentials, ProvideCredentials},
//! };
//!
//! #[derive(Debug)]
//! struct Vault;
//!
//! impl ProvideCredentials for Vault {
//!     fn provide(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
//!         Box::pin(async { Err(CredentialsError::absent("the vault is empty")) })
//!     }
//! }
//!
//! let places = Chain::new().then(EnvironmentCredentials::from_environment()).then(Vault);
//! let credentials = Cached::new(places);
//! ```
//!
//! A client whose endpoint is on this machine asks no other machine for credentials; see
//! [`ProvideCredentials::confined`].

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use zeroize::Zeroizing;

use crate::BoxFuture;

mod assume_role;
mod cache;
mod chain;
mod cvm;
mod default_chain;
mod default_transport;
mod env;
mod error;
mod file;
mod ini;
mod profile;
mod remote;
mod sts;
mod tccli;
mod temporary;
mod web_identity;

pub use self::{
    assume_role::AssumeRole,
    cache::{Cached, LastFailure},
    chain::Chain,
    cvm::CvmRole,
    default_chain::DefaultChain,
    env::EnvironmentCredentials,
    error::CredentialsError,
    profile::ProfileCredentials,
    sts::Sts,
    tccli::TccliCredentials,
    web_identity::WebIdentity,
};

/// The key pair of an account, with a token when it is temporary.
///
/// The secret parts are wiped from memory on drop and never appear in `Debug`.
///
/// # Example
/// ```
/// use mps_core::credentials::Credentials;
///
/// let credentials = Credentials::new("AKIDEXAMPLE", "not a real key");
/// assert!(!format!("{credentials:?}").contains("not a real key"));
/// ```
#[derive(Clone)]
pub struct Credentials {
    parts: Arc<Parts>,
}

/// Shared by clones, since every call has one.
#[derive(Clone)]
struct Parts {
    secret_id: String,
    secret_key: Zeroizing<String>,
    token: Option<Zeroizing<String>>,
    expires_at: Option<SystemTime>,
    identity: Option<String>,
    file: Option<PathBuf>,
}

impl Credentials {
    /// Returns a permanent key pair.
    #[must_use]
    pub fn new(secret_id: impl Into<String>, secret_key: impl Into<String>) -> Self {
        Self {
            parts: Arc::new(Parts {
                secret_id: secret_id.into(),
                secret_key: Zeroizing::new(secret_key.into()),
                token: None,
                expires_at: None,
                identity: None,
                file: None,
            }),
        }
    }

    /// Adds the session token of temporary credentials.
    #[must_use]
    pub fn with_token(mut self, token: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.parts).token = Some(Zeroizing::new(token.into()));
        self
    }

    /// Sets the time at which temporary credentials expire.
    #[must_use]
    pub fn with_expiry(mut self, expires_at: SystemTime) -> Self {
        Arc::make_mut(&mut self.parts).expires_at = Some(expires_at);
        self
    }

    /// Sets a name that stays the same when temporary credentials are renewed, such as the name or ARN
    /// of their role.
    #[must_use]
    pub fn with_identity(mut self, identity: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.parts).identity = Some(identity.into());
        self
    }

    /// Returns a name that stays the same when temporary credentials are renewed; `None` for permanent
    /// ones, and where the provider has no such name.
    ///
    /// Use it, and not the secret id, for everything that outlives the credentials, such as the account
    /// of a shared rate limiter.
    #[must_use]
    pub fn identity(&self) -> Option<&str> {
        self.parts.identity.as_deref()
    }

    /// Sets the file that the credentials were read from.
    #[must_use]
    pub fn with_file(mut self, file: impl Into<PathBuf>) -> Self {
        Arc::make_mut(&mut self.parts).file = Some(file.into());
        self
    }

    /// Returns the file that the credentials were read from, to check its permissions; `None` for
    /// credentials from anywhere else. For a role it is the file with the keys that assumed it.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.parts.file.as_deref()
    }

    /// Returns the secret id, the public half, which every request carries.
    #[must_use]
    pub fn secret_id(&self) -> &str {
        &self.parts.secret_id
    }

    /// Returns when the credentials expire, if they are temporary and it is known.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.parts.expires_at
    }

    /// Returns the secret key. It derives signing keys; do not log it.
    #[must_use]
    pub fn secret_key(&self) -> &str {
        &self.parts.secret_key
    }

    /// Returns the session token, sent as `X-TC-Token`; do not log it.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.parts.token.as_ref().map(|token| token.as_str())
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("secret_id", &self.parts.secret_id)
            .field("secret_key", &"<redacted>")
            .field("token", &self.parts.token.as_ref().map(|_| "<redacted>"))
            .field("expires_at", &self.parts.expires_at)
            .field("identity", &self.parts.identity)
            .field("file", &self.parts.file)
            .finish()
    }
}

impl Credentials {
    /// Returns whether `other` is the same key pair with the same token, whenever it expires.
    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        self.parts.secret_id == other.parts.secret_id && self.parts.token == other.parts.token
    }
}

/// A provider of credentials, asked once per call.
pub trait ProvideCredentials: fmt::Debug + Send + Sync {
    /// Returns the credentials to sign a call with.
    ///
    /// # Errors
    /// [`CredentialsError::absent`] when the source has none, and a chain continues;
    /// [`CredentialsError::unusable`] when it is broken.
    ///
    /// # Cancel safety
    /// A call drops the future when its deadline passes or its caller leaves.
    fn provide(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>>;

    /// Returns other credentials than `refused`, whose token the service did not accept. A provider
    /// with a memory must forget those first, and may return newer ones that it already has.
    ///
    /// # Errors
    /// As for [`provide`](Self::provide).
    ///
    /// # Cancel safety
    /// As for [`provide`](Self::provide).
    fn refresh<'a>(
        &'a self,
        refused: &'a Credentials,
    ) -> BoxFuture<'a, Result<Credentials, CredentialsError>> {
        let _ = refused;
        self.provide()
    }

    /// Returns the provider that replaces this one in a client whose endpoint is on this machine,
    /// so that a test against an emulator asks no other host for credentials. `None` if this
    /// provider never leaves the machine.
    fn confined(&self) -> Option<SharedProvider> {
        None
    }
}

/// A provider that clients, caches and chains share.
pub type SharedProvider = Arc<dyn ProvideCredentials>;

/// Returns `provider`, kept from leaving this machine.
#[must_use]
pub fn confined(provider: SharedProvider) -> SharedProvider {
    provider.confined().unwrap_or(provider)
}

impl<P: ProvideCredentials + ?Sized> ProvideCredentials for Arc<P> {
    fn provide(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        (**self).provide()
    }

    fn refresh<'a>(
        &'a self,
        refused: &'a Credentials,
    ) -> BoxFuture<'a, Result<Credentials, CredentialsError>> {
        (**self).refresh(refused)
    }

    fn confined(&self) -> Option<SharedProvider> {
        (**self).confined()
    }
}

impl ProvideCredentials for Credentials {
    fn provide(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        let credentials = self.clone();
        Box::pin(async move { Ok(credentials) })
    }
}

/// The replacement of a provider that would ask another machine, in a client that must not.
fn not_asked(whom: &str) -> SharedProvider {
    let message = format!("{whom} was not asked, since this client reaches this machine only");
    Arc::new(CredentialsError::absent(message))
}

/// Returns the beginning of a text from outside, in quotes and on one line.
fn shown(text: &str) -> String {
    let beginning: String = text.chars().take(64).collect();
    format!("{beginning:?}")
}

/// A provider that always returns the same error, for a source that cannot be read.
impl ProvideCredentials for CredentialsError {
    fn provide(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        let reason = self.clone();
        Box::pin(async move { Err(reason) })
    }
}
