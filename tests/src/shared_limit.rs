//! Starts within a limit that a server keeps, and an authority for its certificates.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::time::Duration;

use mps_core::{
    clock::{Clock as _, SystemClock},
    limit::{LimitError, Limiter, Permit, PermitRequest, internals::START_TOLERANCE},
};
use mps_models::Effect;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use crate::capture::Capture;

/// The action of all starts.
pub const ACTION: &str = "CreateAigcVideoTask";
/// A password, which no error may show.
pub const PASSWORD: &str = "hunter2";
/// The bound of every wait.
pub const LONG: Duration = Duration::from_secs(120);
/// Port 1 (tcpmux): nothing listens there, and the system assigns no port below 1024 to a client.
pub const CLOSED_PORT: u16 = 1;
/// The longest wait of a caller with little time.
pub const SHORT: Duration = Duration::from_millis(300);
/// Part of the error of a limiter whose server has not replied in time.
pub const NO_REPLY: &str = "did not answer within";

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

/// Checks that a caller with little time is refused with this error, and returns the number of its requests.
///
/// On a busy machine a reply may come too late, which is an error of its own; then the caller requests again.
///
/// # Panics
/// Panics if there is a permit or another error.
///
/// # Cancel safety
/// Dropping the future abandons the request.
pub async fn assert_refused(limiter: &impl Limiter, expected: &str) -> u64 {
    let clock = SystemClock::new();
    for requests in 1.. {
        let refused = acquire(limiter, SHORT).await.unwrap_err();
        let error = unavailable(limiter, refused);
        let is_late = error.contains(NO_REPLY) && !expected.contains(NO_REPLY);
        if !is_late || clock.monotonic() > LONG {
            assert!(error.contains(expected), "{error}");
            return requests;
        }
    }
    unreachable!("there are more numbers than requests")
}

/// Checks that a caller with much time is refused with this error, without a retry after it.
///
/// # Panics
/// Panics if there is a permit or another error, or if the error was retried.
///
/// # Cancel safety
/// Dropping the future abandons the request.
pub async fn assert_refused_at_once(limiter: &impl Limiter, expected: &str) {
    let capture = Capture::default();
    let refused = capture.watch(acquire(limiter, LONG)).await.unwrap_err();
    let error = unavailable(limiter, refused);
    assert!(error.contains(expected), "{error}");
    let retried = capture.texts("event mps.limit.retry");
    // A reply that came too late is retried, and is not the error of this test.
    assert!(
        retried.iter().all(|event| event.contains(NO_REPLY)),
        "{retried:?}"
    );
}

/// Returns the text of an error that shows no password and has a hint.
fn unavailable(limiter: &impl Limiter, refused: LimitError) -> String {
    let LimitError::Unavailable(error) = refused else {
        panic!("{refused}");
    };
    let text = format!("{error} {error:?} {limiter:?}");
    assert!(!text.contains(PASSWORD), "{text}");
    assert!(error.hint().is_some(), "{text}");
    error.to_string()
}

/// Acquires permits until one starts in time, and returns how long that took. Late replies are retried for up to
/// [`LONG`].
///
/// # Panics
/// Panics if the limiter still fails after [`LONG`].
///
/// # Cancel safety
/// Dropping the future abandons the request.
pub async fn starts(limiter: &impl Limiter) -> Duration {
    let clock = SystemClock::new();
    loop {
        match acquire(limiter, LONG).await.map(Permit::start) {
            Ok(true) => return clock.monotonic(),
            // A start may be late on a busy machine, and is then requested again.
            Ok(false) => {}
            // So may every reply be, for longer than a limiter waits.
            Err(error) => assert!(clock.monotonic() < LONG, "{error}"),
        }
    }
}

/// Checks that throttling of one limiter widens the limit of the other.
///
/// The room that it adds ends after some seconds, which a busy machine may need to ask for it; then it is throttled
/// again.
///
/// # Panics
/// Panics if the other limiter never learns of it.
///
/// # Cancel safety
/// Dropping the future abandons the request.
pub async fn assert_widens(taught: &impl Limiter, other: &impl Limiter) {
    let clock = SystemClock::new();
    starts(taught).await;
    loop {
        taught.throttled(ACTION);
        starts(taught).await;
        starts(other).await;
        let tolerance = other.stats(ACTION).unwrap().tolerance;
        if tolerance > START_TOLERANCE {
            assert_eq!(tolerance, START_TOLERANCE + Duration::from_millis(50));
            return;
        }
        assert!(clock.monotonic() < LONG, "{tolerance:?}");
    }
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
