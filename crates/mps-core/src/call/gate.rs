//! The last check before a request leaves.

use std::{error, fmt, sync::Arc, time::Duration};

use super::Intent;
use crate::{BoxFuture, error::BoxError};

/// A check that every attempt of a call awaits after it was signed and before its permit is used.
///
/// A ledger records here that a request is about to leave, as late as possible. Set it with
/// [`CallOptions::gate`](super::CallOptions::gate).
///
/// # Example
/// ```
/// use std::sync::atomic::{AtomicBool, Ordering};
/// use mps_core::{BoxFuture, Gate, GateError, Intent};
///
/// /// Lets nothing start once the program is shutting down.
/// #[derive(Debug)]
/// struct Running(AtomicBool);
///
/// impl Gate for Running {
///     fn pass<'a>(&'a self, _: &'a Intent) -> BoxFuture<'a, Result<(), GateError>> {
///         Box::pin(async {
///             match self.0.load(Ordering::Relaxed) {
///                 true => Ok(()),
///                 false => Err(GateError::new("the program is shutting down")),
///             }
///         })
///     }
/// }
/// ```
pub trait Gate: fmt::Debug + Send + Sync {
    /// Returns `Ok` to let the attempt start.
    ///
    /// Called [`lead`](Self::lead) before the rate limiter's slot where the slot is known that early,
    /// else as soon as it is known; [`Intent::slot_time`] is the time of the slot. An attempt that
    /// passes earlier waits for its slot.
    ///
    /// The slot lasts 50 ms. When the gate returns after it, the slot is given up, another
    /// permit is acquired, the request is signed anew, and the gate is asked again, with the same
    /// attempt number; [`not_sent`](Self::not_sent) is called in between.
    ///
    /// # Errors
    /// A [`GateError`] ends the call with [`ErrorKind::Gate`](crate::ErrorKind::Gate) and
    /// [`Dispatch::NotSent`](crate::Dispatch::NotSent); a panic does too. The slot is given back.
    ///
    /// # Cancel safety
    /// The future is dropped when the caller drops the call or the deadline passes. Then nothing is
    /// sent, and `not_sent` is not called: whatever the gate had begun by then is the gate's to undo.
    fn pass<'a>(&'a self, intent: &'a Intent) -> BoxFuture<'a, Result<(), GateError>>;

    /// Returns the time that [`pass`](Self::pass) is expected to take; zero by default, and at most one
    /// second counts. Asked before each permit, so it may follow measurements.
    ///
    /// With it the gate finishes about when the slot begins: what it records is as young as possible
    /// when the request leaves, and a gate that takes longer than a slot lasts can still be in time. A
    /// limiter within the process grants as early as that, a shared one at most 50 ms ahead.
    fn lead(&self) -> Duration {
        Duration::ZERO
    }

    /// Receives an attempt that the gate let pass and of which certainly no byte left: the slot or the
    /// deadline was missed, no connection could be made, or the caller went away in between.
    ///
    /// Does nothing by default. Must not block.
    fn not_sent(&self, intent: &Intent) {
        let _ = intent;
    }

    /// Receives an attempt that was sent and refused by the service, which therefore did not execute
    /// it, for example because of its rate limit. The call may try again after a pause, and then asks
    /// the gate again.
    ///
    /// Does nothing by default. Must not block.
    fn refused(&self, intent: &Intent) {
        let _ = intent;
    }
}

impl<G: Gate + ?Sized> Gate for Arc<G> {
    fn pass<'a>(&'a self, intent: &'a Intent) -> BoxFuture<'a, Result<(), GateError>> {
        (**self).pass(intent)
    }

    fn lead(&self) -> Duration {
        (**self).lead()
    }

    fn not_sent(&self, intent: &Intent) {
        (**self).not_sent(intent);
    }

    fn refused(&self, intent: &Intent) {
        (**self).refused(intent);
    }
}

/// The reason why a [`Gate`] refused an attempt.
#[derive(Debug)]
pub struct GateError {
    message: String,
    hint: Option<String>,
    source: Option<BoxError>,
}

impl GateError {
    /// Returns an error with a message: one line, without secrets and prompts.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
            source: None,
        }
    }

    /// Sets the advice to the caller, an imperative.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Sets the cause, which stays reachable through
    /// [`Error::source`](std::error::Error::source) of the call's error.
    #[must_use]
    pub fn source(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    pub(crate) fn into_parts(self) -> (String, Option<String>, Option<BoxError>) {
        (self.message, self.hint, self.source)
    }
}

impl fmt::Display for GateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl error::Error for GateError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
