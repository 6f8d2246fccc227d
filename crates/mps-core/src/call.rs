//! The options of one call, and its result.

use std::{borrow::Cow, fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use mps_models::{Action, Effect, preflight::Report};
use serde::Serialize;

use crate::{
    endpoint::Endpoint,
    envelope::Answer,
    error::{Error, ErrorKind},
    names::names,
    sign::CanonicalRequest,
    telemetry::CallInfo,
    wire::header_value,
};

mod gate;
mod handle;
mod intent;
mod observer;
mod untyped;

pub use self::{
    gate::{Gate, GateError},
    handle::CallHandle,
    intent::Intent,
    observer::{CallEnd, Observer},
    untyped::{RawBody, UntypedCall},
};

/// The options of one call.
///
/// A [`gate`](Self::gate), an [`observer`](Self::observer) and a [`handle`](Self::handle) are for
/// calls that are not idempotent. The other options are settings of the client for this call alone.
///
/// # Example
/// ```
/// use std::time::Duration;
/// use mps_core::{CallOptions, PreflightLevel};
///
/// let options = CallOptions::new()
///     .deadline(Duration::from_secs(30))
///     .preflight(PreflightLevel::Warnings);
/// assert_eq!(options.deadline, Some(Duration::from_secs(30)));
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct CallOptions {
    /// Longest time for the whole call, including the wait for a permit and retry pauses. The
    /// client's deadline by default.
    pub deadline: Option<Duration>,
    /// Which findings of the preflight check refuse the request. Errors by default.
    pub preflight: PreflightLevel,
    pub(crate) gate: Option<Arc<dyn Gate>>,
    pub(crate) observer: Option<Arc<dyn Observer>>,
    pub(crate) handle: Option<CallHandle>,
    pub(crate) cancel_on_drop: bool,
    pub(crate) permit_within: Option<Duration>,
}

impl CallOptions {
    /// Returns the default options.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the longest time for the whole call.
    #[must_use]
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.deadline = Some(limit);
        self
    }

    /// Sets which findings of the preflight check refuse the request.
    ///
    /// [`PreflightLevel::Off`] also sends what only the base contract forbids and newer descriptions no
    /// longer state, such as a prompt of more than 2,000 characters; the service then decides.
    #[must_use]
    pub fn preflight(mut self, level: PreflightLevel) -> Self {
        self.preflight = level;
        self
    }

    /// Sets a check that every attempt awaits after it was signed and before its permit is used.
    /// None by default. An error of the gate ends the call; nothing was sent then.
    #[must_use]
    pub fn gate(mut self, gate: Arc<dyn Gate>) -> Self {
        self.gate = Some(gate);
        self
    }

    /// Sets a receiver of the outcome of this call, in addition to the client's. None by default.
    /// Reads are not reported.
    #[must_use]
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Sets a handle that receives the outcome of this call even if its future is dropped. None by
    /// default. A read does not use it.
    #[must_use]
    pub fn handle(mut self, handle: CallHandle) -> Self {
        self.handle = Some(handle);
        self
    }

    /// Sets the longest wait for a permit of the rate limiter. The time left by default. For calls in
    /// the background, which should not queue in front of others: the call fails with
    /// [`ErrorKind::Timeout`] as soon as the limiter shows that its permit would come later.
    #[must_use]
    pub fn permit_within(mut self, limit: Duration) -> Self {
        self.permit_within = Some(limit);
        self
    }

    /// Abandons a request on the wire when the call's future is dropped, instead of letting the
    /// attempt go on in the background. A create that is abandoned this way is in doubt.
    #[must_use]
    pub fn cancel_on_drop(mut self) -> Self {
        self.cancel_on_drop = true;
        self
    }

    /// Ends the handle of a call that fails before it begins.
    pub(crate) fn end_unstarted(&self, error: &Error) {
        if let Some(handle) = &self.handle {
            handle.end(Err(error.clone()));
        }
    }
}

/// The findings of the preflight check that refuse a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PreflightLevel {
    /// No finding. The service decides.
    Off,
    /// Errors: the request breaks a documented rule. The default.
    #[default]
    Errors,
    /// Errors and warnings, such as an unknown member or an uncertain bound.
    Warnings,
}

names!("preflight level", PreflightLevel {
    Off = "off",
    Errors = "errors",
    Warnings = "warnings",
});

impl PreflightLevel {
    pub(crate) fn stops(self, report: &Report) -> bool {
        match self {
            Self::Off => false,
            Self::Errors => !report.is_ok(),
            Self::Warnings => !report.findings().is_empty(),
        }
    }
}

/// The result of a successful call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Output<T> {
    /// The body of the answer.
    pub body: T,
    /// The request id, to be quoted to the vendor's support.
    pub request_id: Option<String>,
    /// Number of requests handed to the transport, at least 1.
    pub attempts: u32,
    /// Time from the start of the call to its answer.
    pub elapsed: Duration,
}

impl Output<Answer> {
    pub(crate) fn new(answer: Answer, attempts: u32, elapsed: Duration) -> Self {
        Self {
            // The answer has it until it is read.
            request_id: None,
            body: answer,
            attempts,
            elapsed,
        }
    }

    /// Returns a copy with the body as the service wrote it.
    pub(crate) fn to_raw(&self) -> Output<RawBody> {
        Output {
            body: RawBody::new(self.body.response()),
            request_id: self.body.request_id.clone(),
            attempts: self.attempts,
            elapsed: self.elapsed,
        }
    }

    /// Reads the body. An error here does not undo the call.
    pub(crate) fn read<T>(
        mut self,
        call: CallInfo<'_>,
        read: impl FnOnce(&mut Answer) -> Result<T, Error>,
    ) -> Result<Output<T>, Error> {
        let body = read(&mut self.body).map_err(|error| {
            error.with_call(call.action, call.effect, self.attempts, self.elapsed)
        })?;
        Ok(Output {
            body,
            request_id: self.body.request_id,
            attempts: self.attempts,
            elapsed: self.elapsed,
        })
    }
}

/// A request as it would be sent, with the stages of its signature but without credentials.
#[derive(Clone)]
#[non_exhaustive]
pub struct Prepared {
    /// The endpoint that the request would go to.
    pub endpoint: Endpoint,
    /// The headers without `Authorization` and the token.
    pub headers: HeaderMap,
    /// The JSON body.
    pub body: Bytes,
    /// The canonical request, the first stage of the signature.
    pub canonical_request: CanonicalRequest,
    /// The string to sign, the second stage of the signature.
    pub string_to_sign: String,
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared")
            .field("endpoint", &self.endpoint)
            .field("headers", &self.headers)
            .field("body_bytes", &self.body.len())
            .field("string_to_sign", &self.string_to_sign)
            .finish_non_exhaustive()
    }
}

/// One call, typed or untyped.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) action: Cow<'static, str>,
    /// The action as the value of a header.
    pub(crate) action_header: HeaderValue,
    pub(crate) version_header: HeaderValue,
    pub(crate) effect: Effect,
    pub(crate) rate_limit: u32,
    pub(crate) body: Bytes,
}

impl fmt::Debug for Call {
    // The body may contain a prompt.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("action", &self.action)
            .field("effect", &self.effect)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl Call {
    pub(crate) fn typed<A: Action>(request: &A) -> Result<Self, Error> {
        // Most requests fit, so the buffer does not grow.
        let mut body = Vec::with_capacity(1_024);
        serde_json::to_writer(&mut body, request).map_err(|error| {
            Error::new(ErrorKind::Config, "the request cannot be written as JSON")
                .with_source(error)
        })?;
        Ok(Self {
            action: A::INFO.name.into(),
            // Checked by the compiler, and not again in every call.
            action_header: const { HeaderValue::from_static(A::INFO.name) },
            version_header: const { HeaderValue::from_static(A::INFO.version) },
            effect: A::INFO.effect,
            rate_limit: A::INFO.rate_limit,
            body: body.into(),
        })
    }

    pub(crate) fn info(&self) -> CallInfo<'_> {
        CallInfo {
            action: &self.action,
            effect: self.effect,
        }
    }

    pub(crate) fn untyped(call: UntypedCall) -> Result<Self, Error> {
        call.check()?;
        Ok(Self {
            action_header: header_value(&call.action)?,
            version_header: header_value(&call.version)?,
            action: call.action.into(),
            effect: call.effect,
            rate_limit: call.rate_limit,
            body: Bytes::from(String::from(Box::<str>::from(call.body))),
        })
    }
}
