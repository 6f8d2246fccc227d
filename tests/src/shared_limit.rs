//! Starts within a limit that a server keeps, and an authority for its certificates.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::{net::TcpListener, time::Duration};

use mps_core::{
    clock::{Clock as _, SystemClock},
    limit::{LimitError, Limiter, Permit, PermitRequest},
};
use mps_models::Effect;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

/// The action of all starts.
pub const ACTION: &str = "CreateAigcVideoTask";
/// A password, which no error may show.
pub const PASSWORD: &str = "hunter2";
/// Far more than anything here takes.
pub const LONG: Duration = Duration::from_secs(60);

/// Requests a permit within a limit of two a second.
///
/// # Errors
/// The error of the limiter.
///
/// # Cancel safety
/// As cancel safe as the limiter.
pub async fn acquire(limiter: &impl Limiter, max_wait: Duration) -> Result<Permit, LimitError> {
    let request = PermitRequest::new(ACTION, Effect::PaidCreate, 2).max_wait(max_wait);
    limiter.acquire(request).await
}

/// Returns the error for a caller with little time, which the limiter must not exceed by much.
///
/// # Panics
/// Panics if there is a permit, or if a text shows the password or has no hint.
///
/// # Cancel safety
/// Dropping the future abandons the request.
pub async fn refusal(limiter: &impl Limiter, max_wait: Duration) -> String {
    let clock = SystemClock::new();
    let refused = acquire(limiter, max_wait).await.unwrap_err();
    let LimitError::Unavailable(error) = refused else {
        panic!("{refused}");
    };
    // Failures that may pass are retried for longer, where there is time.
    assert!(clock.monotonic() < Duration::from_secs(9));
    let text = format!("{error} {error:?} {limiter:?}");
    assert!(!text.contains(PASSWORD), "{text}");
    assert!(error.hint().is_some(), "{text}");
    error.to_string()
}

/// Starts once, and so nothing that was refused before has taken a place. Returns the time it took.
///
/// # Panics
/// Panics if the limiter fails.
///
/// # Cancel safety
/// Dropping the future abandons the request.
pub async fn starts(limiter: &impl Limiter) -> Duration {
    let clock = SystemClock::new();
    // A start may be late on a slow machine, and is then asked for again.
    while !acquire(limiter, LONG).await.unwrap().start() {}
    clock.monotonic()
}

/// Returns a port on which nothing listens, unless another program takes it.
///
/// # Panics
/// Panics if there is none.
#[must_use]
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// An authority that signs certificates for servers.
#[derive(Debug)]
pub struct Authority {
    /// Its own certificate.
    pub pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// Returns a new authority.
    ///
    /// # Panics
    /// Panics if no key can be made.
    #[must_use]
    pub fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        Self { pem, issuer }
    }

    /// Returns the certificate and the key of a server for `name`.
    ///
    /// # Panics
    /// Panics if no key can be made.
    #[must_use]
    pub fn sign(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}
