//! One result to fetch: its URL, its age, and how to get a new URL.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use mps_core::{BoxFuture, CallOptions, Client};

use crate::{
    error::{Error, ErrorKind},
    generated::poller,
    handle::TaskHandle,
    results::RemoteFile,
};

/// One result of a task, with all that fetching it needs. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(super) client: Client,
    pub(super) task_id: Arc<str>,
    /// Position among the results of the task, from 0.
    pub(super) index: usize,
    pub(super) url: Arc<str>,
    /// The time at which the task was done, as far as it is known.
    pub(super) done_at: Option<SystemTime>,
    /// When the task was seen to be done, on the client's monotonic clock.
    pub(super) seen_at: Duration,
    /// The time for which the service keeps the result, where that is known.
    pub(super) kept_for: Option<Duration>,
    pub(super) expires_at: Option<SystemTime>,
    pub(super) describe: Arc<dyn DescribeUrl>,
}

/// Asks the service for the current URL of a result, which may be signed anew.
pub(super) trait DescribeUrl: std::fmt::Debug + Send + Sync {
    /// Returns the current URL of result `index`; `None` if the service does not answer with one.
    ///
    /// # Cancel safety
    /// Dropping the future abandons the request, which is a read.
    fn url(&self, index: usize) -> BoxFuture<'_, Option<String>>;
}

/// Asks by describing the task.
#[derive(Debug)]
struct DescribeTask {
    client: Client,
    handle: TaskHandle,
}

impl DescribeUrl for DescribeTask {
    fn url(&self, index: usize) -> BoxFuture<'_, Option<String>> {
        Box::pin(async move {
            let poll = poller(self.handle.family())?;
            let polled = poll(&self.client, &self.handle, CallOptions::new()).await;
            let snapshot = polled.ok()?;
            let file = snapshot.results.get(index)?;
            file.url().map(str::to_owned)
        })
    }
}

impl Source {
    /// Returns a result as it is fetched.
    ///
    /// # Errors
    /// [`ErrorKind::Unfetchable`] if the service states no URL.
    pub(crate) fn of(file: &RemoteFile) -> Result<Self, Error> {
        let results = file.results();
        let url = file.url().filter(|url| !url.is_empty());
        let url = url.ok_or_else(|| no_url(file))?;
        Ok(Self {
            client: file.client().clone(),
            task_id: file.task_id().into(),
            index: file.index(),
            url: url.into(),
            seen_at: results.seen_at(),
            done_at: results.done_at.map(|done_at| done_at.at),
            // The service does not delete results in a bucket of the caller's.
            kept_for: results
                .family
                .info()
                .kept_for()
                .filter(|_| file.location.cos().is_none()),
            expires_at: file.expires_at,
            describe: Arc::new(DescribeTask {
                client: file.client().clone(),
                handle: TaskHandle::new(results.family, file.task_id()),
            }),
        })
    }

    pub(crate) fn task_id(&self) -> &str {
        &self.task_id
    }

    pub(crate) fn index(&self) -> usize {
        self.index
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Returns the time for which the task is known to be done. The wall clock may have been set back
    /// since, the monotonic one not.
    pub(super) fn age(&self) -> Duration {
        let now = self.client.service_time();
        let age = self.done_at.map(|at| now.duration_since(at));
        let seen = self.client.clock().monotonic().saturating_sub(self.seen_at);
        age.and_then(Result::ok).unwrap_or_default().max(seen)
    }

    /// Returns `true` if the service has deleted the result by now, or its signature has ended.
    pub(super) fn is_expired(&self) -> bool {
        let now = self.client.service_time();
        self.kept_for.is_some_and(|kept| self.age() >= kept)
            || self.expires_at.is_some_and(|end| now >= end)
    }

    /// Returns a hint, with the time for which results can be fetched if it is known.
    pub(super) fn hint(&self, step: &str) -> String {
        match self.kept_for {
            Some(kept) => format!(
                "{step}; the service keeps results for {} hours",
                hours(kept)
            ),
            None => step.to_owned(),
        }
    }

    /// Returns the error of a URL that the host refuses with `status`.
    pub(super) fn refused(&self, status: http::StatusCode) -> Error {
        if self.is_expired() {
            let age = hours(self.age());
            let message = format!(
                "the result has expired: HTTP {status}, {age} hours after the task was done"
            );
            return Error::new(ErrorKind::Expired, message)
                .with_age(self.age())
                .with_hint(self.hint("create the task anew"));
        }
        let message = format!("the result cannot be fetched: HTTP {status}");
        let hint = match self.kept_for {
            // An id alone does not tell the age of its task.
            Some(_) => {
                "create the task anew if its result has expired, or sign the URL if the result is in your \
                 own bucket"
            }
            None => "sign the URL if the result is in your own bucket",
        };
        Error::new(ErrorKind::Unfetchable, message).with_hint(self.hint(hint))
    }
}

/// Returns the error of a result for which the service states no URL.
fn no_url(file: &RemoteFile) -> Error {
    match file.location.cos() {
        Some(object) => Error::in_bucket(file.task_id(), object),
        None => Error::no_result(file.task_id()),
    }
}

fn hours(time: Duration) -> u64 {
    time.as_secs() / 3_600
}
