//! The errors of an attempt without an answer.

use std::time::Duration;

use crate::{
    call::GateError,
    credentials::CredentialsError,
    error::{Dispatch, Error, ErrorKind, StopReason},
    limit::LimitError,
    transport::{RequestBody, TransportError, TransportErrorKind},
};

pub(super) fn no_credentials(error: &CredentialsError) -> Error {
    let failure = Error::new(ErrorKind::Credentials, error.to_string());
    match error.hint() {
        Some(hint) => failure.with_hint(hint),
        None => failure,
    }
}

pub(super) fn no_credentials_in_time() -> Error {
    let message = "the deadline passed while waiting for credentials";
    Error::new(ErrorKind::Timeout, message)
        .with_hint("nothing was sent; give the call a later deadline")
        .with_stop(StopReason::Deadline)
}

pub(super) fn gate_refused(refusal: GateError) -> Error {
    let (message, hint, source) = refusal.into_parts();
    let error = Error::new(ErrorKind::Gate, message).with_stop(StopReason::GateRefused);
    let error = match hint {
        Some(hint) => error.with_hint(hint),
        None => error,
    };
    match source {
        Some(source) => error.with_source(source),
        None => error,
    }
}

pub(super) fn gate_panicked() -> Error {
    Error::new(ErrorKind::Gate, "the call gate panicked")
        .with_hint("nothing was sent; correct the gate")
        .with_stop(StopReason::GateRefused)
}

pub(super) fn no_permit(error: LimitError) -> Error {
    match error {
        LimitError::TooLong(too_long) => Error::new(ErrorKind::Timeout, too_long.to_string())
            .with_hint("nothing was sent; give the call a later deadline")
            .with_stop(StopReason::Deadline),
        LimitError::Unavailable(unavailable) => {
            let error = Error::new(ErrorKind::Limiter, unavailable.to_string())
                .with_hint(unavailable.hint().unwrap_or("nothing was sent").to_owned())
                .with_stop(StopReason::NoPermit);
            match unavailable.into_source() {
                Some(source) => error.with_source(source),
                None => error,
            }
        }
    }
}

pub(super) fn too_late() -> Error {
    Error::new(
        ErrorKind::Timeout,
        "the deadline passed before the request was sent",
    )
    .with_hint("nothing was sent; give the call a later deadline")
    .with_stop(StopReason::Deadline)
}

pub(super) fn no_answer_in(limit: Duration, body: &RequestBody) -> Error {
    let limit = Duration::from_millis(u64::try_from(limit.as_millis()).unwrap_or(u64::MAX));
    Error::new(ErrorKind::Timeout, format!("no answer within {limit:?}"))
        .with_dispatch(dispatch_of(body))
        .with_hint("the network or the service is slow; a later deadline may help")
}

pub(super) fn no_answer(error: TransportError, body: &RequestBody) -> Error {
    let (kind, hint) = match error.kind() {
        TransportErrorKind::Request => (
            ErrorKind::Config,
            "check the endpoint, and the certificates of this machine",
        ),
        TransportErrorKind::Connect => (
            ErrorKind::Connect,
            "nothing was sent; check endpoint, network and proxy",
        ),
        TransportErrorKind::Interrupted => (
            ErrorKind::Interrupted,
            "the network or a proxy broke the connection",
        ),
    };
    Error::new(kind, error.to_string())
        .with_dispatch(dispatch_of(body))
        .with_hint(hint)
        .with_source(error)
}

/// Returns `NotSent` if the body was never taken, and makes sure that it never will be: a connection
/// that is ready a moment later must not send what is about to be sent again.
fn dispatch_of(body: &RequestBody) -> Dispatch {
    if body.revoke() {
        Dispatch::NotSent
    } else {
        Dispatch::Unknown
    }
}
