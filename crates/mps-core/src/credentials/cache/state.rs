//! The state machine of the cache. Pure: time and answers are parameters.

use std::time::{Duration, SystemTime};

use super::{
    LastFailure,
    flight::{Flight, ProvideResult},
};
use crate::credentials::{Credentials, CredentialsError};

/// The vendor's own clients renew this long before the expiry.
const MARGIN: Duration = Duration::from_secs(300);
/// Credentials with a lifetime of less than this many margins are renewed in the last part of it,
/// or each answer would be due at once.
const PARTS: u32 = 4;
/// Interval between refreshes of credentials without expiry.
const RECHECK: Duration = Duration::from_secs(60);
/// Pause after the first failure of the provider, and the longest pause.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A failure younger than this is returned without its age, because most callers saw it happen.
const JUST_NOW: Duration = Duration::from_secs(1);

/// One reading of both clocks.
#[derive(Clone, Copy)]
pub(super) struct Now {
    pub(super) wall: SystemTime,
    pub(super) monotonic: Duration,
}

/// The next step of a caller.
pub(super) enum Decision {
    Use(Credentials),
    UseMeanwhile(Credentials, Flight),
    Wait(Flight),
    Fail(CredentialsError),
}

#[derive(Default)]
pub(super) struct State {
    keys: Option<Entry>,
    /// Credentials that the service refused, until there is a replacement.
    refused: Option<Credentials>,
    /// Time from which a refused token is worth another refresh; before, the provider has no
    /// replacement.
    retry_refresh_at: Duration,
    failure: Option<Failure>,
    flight: Option<Flight>,
    flights: u64,
}

struct Entry {
    credentials: Credentials,
    since: Now,
}

struct Failure {
    error: CredentialsError,
    at: Duration,
    pause: Duration,
    abandoned: bool,
}

impl State {
    /// Returns the next step; `start` is called when a request to the provider is needed.
    pub(super) fn decide(
        &mut self,
        now: Now,
        start: impl FnOnce(u64, Option<Credentials>) -> Flight,
    ) -> Decision {
        let pausing = self
            .failure
            .as_ref()
            .filter(|failure| failure.is_backing_off(now));
        let Some(keys) = self.usable(now) else {
            // A flight that was abandoned does not count as a failure for callers that have to
            // wait.
            if self.flight.is_none() && pausing.is_some_and(|failure| !failure.abandoned) {
                return Decision::Fail(self.explain(now));
            }
            return Decision::Wait(self.flight(start));
        };
        let credentials = keys.credentials.clone();
        if !keys.is_due(now) || (self.flight.is_none() && pausing.is_some()) {
            return Decision::Use(credentials);
        }
        Decision::UseMeanwhile(credentials, self.flight(start))
    }

    /// Completes a flight, once. Returns `Some` for the first completion: the lifetime, or the
    /// error.
    pub(super) fn complete(
        &mut self,
        flight: &Flight,
        outcome: ProvideResult,
        now: Now,
    ) -> Option<Result<Option<Duration>, CredentialsError>> {
        let current = self.flight.as_ref().map(|flight| flight.number);
        if current != Some(flight.number) {
            return None;
        }
        self.flight = None;
        match outcome.and_then(|keys| still_valid(keys, now)) {
            Ok(keys) => self.found(keys, flight, now),
            Err(error) => {
                self.failed(error.clone(), flight, now);
                Some(Err(error))
            }
        }
    }

    /// Stops returning credentials that the service refused.
    pub(super) fn forget(&mut self, refused: &Credentials, now: Now) {
        let are_ours = self
            .keys
            .as_ref()
            .is_none_or(|keys| keys.is_same_as(refused));
        if are_ours && now.monotonic >= self.retry_refresh_at {
            self.refused = Some(refused.clone());
        }
    }

    pub(super) fn last_failure(&self, now: Now) -> Option<LastFailure> {
        let failure = self.failure.as_ref()?;
        Some(LastFailure {
            error: failure.error.clone(),
            age: failure.age(now),
        })
    }

    fn usable(&self, now: Now) -> Option<&Entry> {
        let keys = self.keys.as_ref()?;
        let is_refused = self.is_refused(&keys.credentials);
        (!is_refused && overdue(&keys.credentials, now).is_none()).then_some(keys)
    }

    fn is_refused(&self, credentials: &Credentials) -> bool {
        let refused = self.refused.as_ref();
        refused.is_some_and(|refused| refused.is_same_as(credentials))
    }

    fn flight(&mut self, start: impl FnOnce(u64, Option<Credentials>) -> Flight) -> Flight {
        if let Some(flight) = &self.flight {
            return flight.clone();
        }
        self.flights += 1;
        let flight = start(self.flights, self.refused.clone());
        self.flight.insert(flight).clone()
    }

    fn found(
        &mut self,
        credentials: Credentials,
        flight: &Flight,
        now: Now,
    ) -> Option<Result<Option<Duration>, CredentialsError>> {
        if self.is_refused(&credentials) {
            if !flight.replaces {
                // Requested before they were refused, so another request is useful.
                return None;
            }
            self.retry_refresh_at = now.monotonic.saturating_add(PAUSE);
        }
        let lifetime = lifetime(&credentials, now);
        self.refused = None;
        self.failure = None;
        self.keys = Some(Entry {
            credentials,
            since: now,
        });
        Some(Ok(lifetime))
    }

    fn failed(&mut self, error: CredentialsError, flight: &Flight, now: Now) {
        let last = self.failure.as_ref().map(|failure| failure.pause);
        let pause = last.map_or(PAUSE, |pause| LONGEST_PAUSE.min(pause * 2));
        self.failure = Some(Failure {
            error,
            at: now.monotonic,
            pause,
            abandoned: flight.was_abandoned(),
        });
    }

    /// Returns the error when there are no usable credentials, with all known reasons.
    fn explain(&self, now: Now) -> CredentialsError {
        let Some(failure) = &self.failure else {
            return CredentialsError::absent("no credentials were asked for yet");
        };
        let error = failure.with_age(now);
        let Some(keys) = &self.keys else {
            return error;
        };
        let error = error.into_unusable();
        match overdue(&keys.credentials, now) {
            Some(ago) => error.reworded(|why| {
                let ago = seconds(ago);
                format!("the credentials expired {ago} ago and could not be renewed: {why}")
            }),
            None => error.reworded(|why| {
                format!("the service refused the last token and there is no other: {why}")
            }),
        }
    }
}

impl Entry {
    fn is_same_as(&self, others: &Credentials) -> bool {
        self.credentials.is_same_as(others)
    }

    fn is_due(&self, now: Now) -> bool {
        let Some(had) = lifetime(&self.credentials, self.since) else {
            return now.monotonic.saturating_sub(self.since.monotonic) >= RECHECK;
        };
        let has = lifetime(&self.credentials, now).unwrap_or_default();
        has <= MARGIN.min(had / PARTS)
    }
}

impl Failure {
    fn age(&self, now: Now) -> Duration {
        now.monotonic.saturating_sub(self.at)
    }

    fn is_backing_off(&self, now: Now) -> bool {
        self.age(now) < self.pause
    }

    fn with_age(&self, now: Now) -> CredentialsError {
        let age = self.age(now);
        if age < JUST_NOW {
            return self.error.clone();
        }
        let (age, left) = (seconds(age), seconds(self.pause.saturating_sub(age)));
        self.error
            .reworded(|why| format!("{why} ({age} ago; asked again in {left})"))
    }
}

fn still_valid(credentials: Credentials, now: Now) -> ProvideResult {
    let Some(ago) = overdue(&credentials, now) else {
        return Ok(credentials);
    };
    let message = format!(
        "the provider's credentials expired {} ago, by this machine's clock",
        seconds(ago)
    );
    Err(CredentialsError::unusable(message).with_hint("check this machine's clock"))
}

/// Returns the remaining lifetime; `None` without expiry.
fn lifetime(credentials: &Credentials, now: Now) -> Option<Duration> {
    let end = credentials.expires_at()?;
    Some(end.duration_since(now.wall).unwrap_or_default())
}

/// Returns the time since the expiry, if that has passed.
fn overdue(credentials: &Credentials, now: Now) -> Option<Duration> {
    now.wall.duration_since(credentials.expires_at()?).ok()
}

fn seconds(duration: Duration) -> String {
    if duration < Duration::from_secs(1) {
        return format!("{} ms", duration.as_millis());
    }
    format!("{} s", duration.as_secs())
}
