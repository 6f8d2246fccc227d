//! What goes into one call and what comes out of it.

use std::{borrow::Cow, time::Duration};

use bytes::Bytes;
use mps_models::{Action, Effect, preflight::Report};
use serde_json::value::RawValue;

use crate::{
    endpoint::Endpoint,
    error::{Error, ErrorKind},
    sign::CanonicalRequest,
};

/// Settings of a single call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallOptions {
    /// Longest time for the whole call, waiting for the rate limit and pauses included; the
    /// client's own setting unless given.
    pub deadline: Option<Duration>,
    /// What to do about findings of the preflight check.
    pub preflight: PreflightLevel,
}

impl CallOptions {
    /// The client's own settings.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Bounds the whole call.
    #[must_use]
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.deadline = Some(limit);
        self
    }

    /// Sets how strict the preflight check is.
    #[must_use]
    pub fn preflight(mut self, level: PreflightLevel) -> Self {
        self.preflight = level;
        self
    }
}

/// Which findings stop a request before it is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PreflightLevel {
    /// None: the service decides.
    Off,
    /// Errors: a documented rule is broken.
    #[default]
    Errors,
    /// Warnings too: an unknown member, an uncertain bound.
    Warnings,
}

impl PreflightLevel {
    pub(crate) fn stops(self, report: &Report) -> bool {
        match self {
            Self::Off => false,
            Self::Errors => !report.is_ok(),
            Self::Warnings => !report.findings().is_empty(),
        }
    }
}

/// A call of an action that has no generated type.
///
/// Nothing is known about it, so its effect has to be stated, and unless it is a read it is
/// treated as carefully as a paid create.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct UntypedCall {
    /// Name of the action.
    pub action: String,
    /// API version; this service's own unless set.
    pub version: String,
    /// What executing it does; [`Effect::PaidCreate`] unless set.
    pub effect: Effect,
    /// Most request starts in any one second; 20 unless set, which the documentation gives for
    /// most actions of the family.
    pub rate_limit: u32,
    /// The JSON body.
    pub body: Box<RawValue>,
}

impl UntypedCall {
    /// A call of `action` with the most careful assumptions, or with the known facts where the
    /// action is one of the specification's.
    #[must_use]
    pub fn new(action: impl Into<String>, body: Box<RawValue>) -> Self {
        const USUAL_LIMIT: u32 = 20;
        let action = action.into();
        let known = mps_models::action(&action);
        Self {
            version: mps_models::service::VERSION.to_owned(),
            effect: known.map_or(Effect::PaidCreate, |known| known.effect),
            rate_limit: known.map_or(USUAL_LIMIT, |known| known.rate_limit),
            action,
            body,
        }
    }

    /// States what executing the action does.
    #[must_use]
    pub fn effect(mut self, effect: Effect) -> Self {
        self.effect = effect;
        self
    }
}

/// What a successful call yields.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Output<T> {
    /// The answer's body.
    pub body: T,
    /// The id to quote to the vendor's support.
    pub request_id: Option<String>,
    /// How many times the request was sent.
    pub attempts: u32,
    /// Time from the call to its answer, waiting included.
    pub elapsed: Duration,
}

impl<T> Output<T> {
    pub(crate) fn with_body<U>(self, body: U) -> Output<U> {
        Output {
            body,
            request_id: self.request_id,
            attempts: self.attempts,
            elapsed: self.elapsed,
        }
    }
}

/// A request as it would be sent, and what would be signed. Needs no credentials.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Prepared {
    /// Where it would go.
    pub endpoint: Endpoint,
    /// The headers it would carry, but for those that need credentials.
    pub headers: Vec<(&'static str, String)>,
    /// The JSON body, byte for byte.
    pub body: Bytes,
    /// First stage of the signature.
    pub canonical_request: CanonicalRequest,
    /// Second stage of the signature.
    pub string_to_sign: String,
}

/// One call as the journey sees it, typed or not.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) action: Cow<'static, str>,
    pub(crate) version: Cow<'static, str>,
    pub(crate) effect: Effect,
    pub(crate) rate_limit: u32,
    pub(crate) body: Bytes,
}

impl Call {
    pub(crate) fn typed<A: Action>(request: &A) -> Result<Self, Error> {
        // Room for any usual request, so that it is written without growing.
        let mut body = Vec::with_capacity(1_024);
        serde_json::to_writer(&mut body, request).map_err(|error| {
            Error::new(ErrorKind::Config, "the request cannot be written as JSON")
                .with_source(error)
        })?;
        Ok(Self {
            action: A::INFO.name.into(),
            version: A::INFO.version.into(),
            effect: A::INFO.effect,
            rate_limit: A::INFO.rate_limit,
            body: body.into(),
        })
    }

    pub(crate) fn untyped(call: UntypedCall) -> Self {
        Self {
            action: call.action.into(),
            version: call.version.into(),
            effect: call.effect,
            rate_limit: call.rate_limit,
            body: Bytes::from(String::from(Box::<str>::from(call.body))),
        }
    }
}
