//! Outcomes of calls, also of those whose caller went away.

use std::{fmt, sync::Arc};

use super::{Intent, Output, RawBody};
use crate::error::Error;

/// A receiver of the outcome of every call that is not a read.
///
/// A call whose caller leaves while its request is on the wire continues in the background, see
/// [`Client::send_with`](crate::Client::send_with); its outcome arrives here. Set it for a client
/// with
/// [`ClientBuilder::observer`](crate::ClientBuilder::observer), for one call with
/// [`CallOptions::observer`](super::CallOptions::observer); where both are set, both are called.
///
/// Methods are called on the task that finishes the call. They must be quick and must not block. A
/// panic in one of them is caught and logged.
///
/// # Example
/// ```
/// use std::sync::Mutex;
/// use mps_core::{CallEnd, Observer};
///
/// /// Keeps the ids of tasks whose caller went away.
/// #[derive(Debug, Default)]
/// struct Orphans(Mutex<Vec<String>>);
///
/// impl Observer for Orphans {
///     fn ended(&self, end: &CallEnd<'_>) {
///         if end.detached && let Some(id) = end.task_id() && let Ok(mut ids) = self.0.lock() {
///             ids.push(id);
///         }
///     }
/// }
/// ```
pub trait Observer: fmt::Debug + Send + Sync {
    /// Receives the news that a caller went away while its request was on the wire. The attempt
    /// continues, and [`ended`](Self::ended) follows. Does nothing by default.
    fn detached(&self, intent: &Intent) {
        let _ = intent;
    }

    /// Receives the end of a call, exactly once for every call that is not a read and that preflight
    /// did not refuse.
    fn ended(&self, end: &CallEnd<'_>);

    /// Receives the requests that were still on the wire when the last clone of their client was
    /// dropped. They go on as long as the runtime does; see
    /// [`Client::drain`](crate::Client::drain). Does nothing by default.
    fn left_in_flight(&self, intents: &[Intent]) {
        let _ = intents;
    }
}

impl<O: Observer + ?Sized> Observer for Arc<O> {
    fn detached(&self, intent: &Intent) {
        (**self).detached(intent);
    }

    fn ended(&self, end: &CallEnd<'_>) {
        (**self).ended(end);
    }

    fn left_in_flight(&self, intents: &[Intent]) {
        (**self).left_in_flight(intents);
    }
}

/// The end of one call, as an [`Observer`] receives it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct CallEnd<'a> {
    /// The last request that was put on the wire; `None` when no attempt got that far.
    pub intent: Option<&'a Intent>,
    /// The answer as the service wrote it, or the error. The dispatch of an error is
    /// [`NotSent`](crate::Dispatch::NotSent) when the caller went away before anything was sent.
    pub outcome: Result<&'a Output<RawBody>, &'a Error>,
    /// `true` if the caller dropped the call before its end.
    pub detached: bool,
}

impl CallEnd<'_> {
    /// Returns the id of the task that the answer names, be it an error.
    #[must_use]
    pub fn task_id(&self) -> Option<String> {
        match self.outcome {
            Ok(output) => output.body.task_id(),
            Err(error) => error.task_id().map(str::to_owned),
        }
    }
}
