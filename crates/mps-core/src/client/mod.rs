//! The client, and the journey of one call from top to bottom.

use std::{fmt, sync::Arc, time::Duration};

use mps_models::Action;
use serde_json::value::RawValue;
use tracing::Instrument as _;

use crate::{
    call::{Call, CallOptions, Output, PreflightLevel, Prepared, UntypedCall},
    clock::{SharedClock, unix_seconds},
    credentials::ProvideCredentials,
    endpoint::Endpoint,
    envelope::Answer,
    error::{Error, ErrorKind},
    limit::Limiter,
    retry::{RetryBudget, RetryPolicy},
    sign::{self, KeyCache, Scope},
    telemetry,
    transport::Transport,
};

mod builder;
mod journey;
mod skew;
mod wire;

pub use self::builder::ClientBuilder;
use self::{journey::Journey, skew::Skew, wire::Wire};

/// Calls actions of the service: checked, rate-limited, signed, and tried again only where that
/// cannot bill twice.
///
/// Cheap to clone; clones share connections, limits, budget and the learned clock offset. One
/// client stands for one account.
///
/// ```
/// # async fn example() -> Result<(), mps_core::Error> {
/// use mps_core::{Client, credentials::Credentials};
/// use mps_models::DescribeAigcVideoTask;
///
/// let client = Client::builder()
///     .credentials(Credentials::new("AKIDEXAMPLE", "not a real key"))
///     .build()?;
/// let output = client.send(&DescribeAigcVideoTask::new("2147483792")).await?;
/// println!("{:?}, request {:?}", output.body.status, output.request_id);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    endpoint: Endpoint,
    region: Option<String>,
    credentials: Arc<dyn ProvideCredentials>,
    transport: Arc<dyn Transport>,
    limiter: Arc<dyn Limiter>,
    clock: SharedClock,
    keys: KeyCache,
    skew: Skew,
    policy: RetryPolicy,
    budget: RetryBudget,
    limits: Limits,
}

/// Bounds on time and size.
#[derive(Clone, Copy, Debug)]
struct Limits {
    deadline: Duration,
    attempt: Duration,
    request_bytes: usize,
    response_bytes: usize,
}

impl Client {
    /// A client to be configured.
    #[must_use]
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// Calls an action with the client's settings.
    ///
    /// # Errors
    /// See [`Error`]; above all [`Error::dispatch`] before calling a paid action again.
    pub async fn send<A: Action>(&self, request: &A) -> Result<Output<A::Response>, Error> {
        self.send_with(request, CallOptions::new()).await
    }

    /// Calls an action with settings of its own.
    ///
    /// Dropping the future abandons the call: nothing more is sent, and whether what was sent is
    /// executed is not known.
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    pub async fn send_with<A: Action>(
        &self,
        request: &A,
        options: CallOptions,
    ) -> Result<Output<A::Response>, Error> {
        preflight(request, options.preflight)?;
        let answer = self.travel(&Call::typed(request)?, options).await?;
        let body = answer
            .body
            .decode()
            .map_err(|error| error.with_journey(A::INFO.name, answer.attempts, answer.elapsed))?;
        Ok(answer.with_body(body))
    }

    /// Calls any action, with the body of its answer as the service wrote it.
    ///
    /// # Errors
    /// As for [`send`](Self::send), except that nothing is checked before sending.
    pub async fn call(
        &self,
        call: UntypedCall,
        options: CallOptions,
    ) -> Result<Output<Box<RawValue>>, Error> {
        let answer = self.travel(&Call::untyped(call), options).await?;
        let body = answer.body.response.clone();
        Ok(answer.with_body(body))
    }

    /// The request as it would be sent now, and what would be signed. Sends nothing, checks
    /// nothing, and needs no credentials.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when the request cannot be written as JSON.
    pub fn prepare<A: Action>(&self, request: &A) -> Result<Prepared, Error> {
        let call = Call::typed(request)?;
        let wire = self.0.wire(&call);
        let timestamp = self.0.timestamp();
        let canonical_request = wire.canonical_request();
        let scope = Scope::at(timestamp, mps_models::service::NAME);
        Ok(Prepared {
            endpoint: self.0.endpoint.clone(),
            headers: wire
                .headers(timestamp)
                .map(|(name, value)| (name, value.into_owned()))
                .collect(),
            string_to_sign: sign::string_to_sign(timestamp, &scope, &canonical_request),
            canonical_request,
            body: call.body,
        })
    }

    /// The transport, confined as the client is. For fetching results.
    #[must_use]
    pub fn transport(&self) -> &Arc<dyn Transport> {
        &self.0.transport
    }

    /// The client's source of time.
    #[must_use]
    pub fn clock(&self) -> &SharedClock {
        &self.0.clock
    }

    /// Where the client's calls go.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.0.endpoint
    }

    async fn travel(&self, call: &Call, options: CallOptions) -> Result<Output<Answer>, Error> {
        let span = telemetry::call(&call.action, call.effect);
        Journey::new(&self.0, call, options)
            .run()
            .instrument(span)
            .await
    }
}

impl Inner {
    fn wire<'a>(&'a self, call: &'a Call) -> Wire<'a> {
        Wire {
            endpoint: &self.endpoint,
            region: self.region.as_deref(),
            call,
        }
    }

    /// The time to sign with: this machine's clock, corrected by what the service taught us.
    fn timestamp(&self) -> i64 {
        unix_seconds(self.clock.wall()).saturating_add(self.skew.offset_s())
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("endpoint", &self.0.endpoint)
            .field("region", &self.0.region)
            .finish_non_exhaustive()
    }
}

fn preflight<A: Action>(request: &A, level: PreflightLevel) -> Result<(), Error> {
    if level == PreflightLevel::Off {
        return Ok(());
    }
    let report = request.preflight();
    if !level.stops(&report) {
        return Ok(());
    }
    let message = match report.findings() {
        [only] => format!("{}: {}", only.path, only.message),
        [first, rest @ ..] => format!(
            "{}: {} (and {} more)",
            first.path,
            first.message,
            rest.len()
        ),
        [] => String::new(),
    };
    Err(Error::new(ErrorKind::Preflight, message)
        .with_hint("nothing was sent; the report has a hint for each finding")
        .with_report(report)
        .with_journey(A::INFO.name, 0, Duration::ZERO))
}
