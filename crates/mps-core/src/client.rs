//! The client, and the journey of one call from top to bottom.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use mps_models::Action;
use tracing::{Instrument as _, Span};

use crate::{
    call::{Call, CallOptions, Output, PreflightLevel, Prepared, RawBody, UntypedCall},
    clock::{SharedClock, unix_seconds},
    credentials::ProvideCredentials,
    endpoint::{Endpoint, Route},
    envelope::Answer,
    error::{Error, ErrorKind},
    limit::Limiter,
    retry::{RetryBudget, RetryPolicy},
    sign::{self, KeyCache, Scope},
    telemetry::{self, CallEnded, Failure, Telemetry},
    transport::Transport,
    wire::Wire,
};

mod builder;
mod errors;
mod execute;
mod skew;

pub use self::builder::ClientBuilder;
use self::{execute::Execution, skew::Skew};

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
    route: Route,
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
    telemetry: Telemetry,
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
        let call = Call::typed(request)?;
        self.execute(&call, options, |answer| answer.decode()).await
    }

    /// Calls any action, with the body of its answer as the service wrote it.
    ///
    /// # Errors
    /// As for [`send`](Self::send), but with no preflight. [`ErrorKind::Config`] when a name is
    /// malformed, or when an action that the specification knows is to be called with less care
    /// than it needs.
    pub async fn call(
        &self,
        call: UntypedCall,
        options: CallOptions,
    ) -> Result<Output<RawBody>, Error> {
        let call = Call::untyped(call)?;
        let read = |answer: Answer| Ok(RawBody::new(answer.response));
        self.execute(&call, options, read).await
    }

    /// The request as it would be sent now, and what would be signed. Sends nothing, checks
    /// nothing, and needs no credentials.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when the request cannot be written as JSON.
    pub fn prepare<A: Action>(&self, request: &A) -> Result<Prepared, Error> {
        let call = Call::typed(request)?;
        let endpoint = self.0.route.preferred();
        let wire = self.0.wire(endpoint, &call);
        let timestamp = self.0.timestamp();
        let canonical_request = wire.canonical_request();
        let scope = Scope::at(timestamp, mps_models::service::NAME);
        Ok(Prepared {
            endpoint: endpoint.clone(),
            headers: wire.headers(timestamp)?,
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

    /// Where the client's calls go, as long as it answers.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        self.0.route.preferred()
    }

    async fn execute<T>(
        &self,
        call: &Call,
        options: CallOptions,
        read: impl FnOnce(Answer) -> Result<T, Error>,
    ) -> Result<Output<T>, Error> {
        let span = telemetry::call_span(&call.action, call.effect);
        let execution = Execution::new(&self.0, call, &options);
        let outcome = execution.run().instrument(span.clone()).await;
        let outcome = outcome.and_then(|answer| answer.read(call.called(), read));
        self.0.record_end(call, &span, &outcome);
        outcome
    }
}

impl Inner {
    fn wire<'a>(&'a self, endpoint: &'a Endpoint, call: &'a Call) -> Wire<'a> {
        Wire {
            endpoint,
            region: self.region.as_deref(),
            call,
        }
    }

    /// The time to sign with, in Unix seconds.
    fn timestamp(&self) -> i64 {
        unix_seconds(self.service_time())
    }

    /// This machine's clock, corrected by what the service taught us.
    fn service_time(&self) -> SystemTime {
        self.skew.correct(self.clock.wall())
    }

    fn record_end<T>(&self, call: &Call, span: &Span, outcome: &Result<Output<T>, Error>) {
        let ended = match outcome {
            Ok(output) => CallEnded {
                attempts: output.attempts,
                took: output.elapsed,
                request_id: output.request_id.as_deref(),
                failure: None,
            },
            Err(error) => CallEnded {
                attempts: error.attempts(),
                took: error.elapsed(),
                request_id: error.request_id(),
                failure: Some(Failure::of(error)),
            },
        };
        self.telemetry.call_ended(call.called(), span, &ended);
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("endpoint", self.endpoint())
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
        .with_call(A::INFO.name, A::INFO.effect, 0, Duration::ZERO))
}
