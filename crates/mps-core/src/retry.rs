//! The decision whether a failed call is retried: by its dispatch, its effect and the class of the
//! error, and by nothing else.

use std::{fmt, time::Duration};

use mps_models::{
    Effect,
    service::{self, ErrorClass},
};

use crate::error::{Dispatch, Error, ErrorKind};

mod backoff;
mod budget;
mod retry_after;

pub(crate) use self::retry_after::{date, text};
pub use self::{backoff::Backoff, budget::RetryBudget, retry_after::retry_after};

/// The number of attempts of a call and the pauses between them.
///
/// Which errors may be retried is not a setting, see [`retry_action`]. A call that is throttled
/// certainly was not executed: its retries end with the deadline, not with the attempts or the
/// [budget](RetryBudget), unless `max_attempts` is 1.
///
/// # Example
/// ```
/// use mps_core::retry::RetryPolicy;
///
/// assert_eq!(
///     RetryPolicy::default().to_string(),
///     "4 attempts; pauses 0 to 200ms, doubling to 5s; until the deadline while throttled, \
///      pauses 0 to 1s, doubling to 10s, and while too many tasks run, 0 to 8s, doubling to 60s"
/// );
/// assert_eq!(RetryPolicy::never().to_string(), "1 attempt");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// Largest number of attempts of one call, throttled ones not counted; 0 counts as 1. 4 by
    /// default.
    pub max_attempts: u32,
    /// Pauses after transient errors other than throttling: up to 200 ms, doubling to 5 s by default.
    pub backoff: Backoff,
    /// Pauses after a call that was throttled for its rate: up to 1 s, doubling to 10 s by default.
    pub throttled: Backoff,
    /// Pauses while too many tasks of the account are running: up to 8 s, doubling to 60 s by
    /// default, because a running task takes minutes.
    pub busy: Backoff,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 4,
            backoff: Backoff {
                base: Duration::from_millis(200),
                cap: Duration::from_secs(5),
            },
            throttled: Backoff {
                base: Duration::from_secs(1),
                cap: Duration::from_secs(10),
            },
            busy: Backoff {
                base: Duration::from_secs(8),
                cap: Duration::from_secs(60),
            },
        }
    }
}

impl RetryPolicy {
    /// Returns the policy that sends every call once.
    #[must_use]
    pub fn never() -> Self {
        Self::default().max_attempts(1)
    }

    /// Sets the largest number of attempts of one call, the first included and throttled ones not
    /// counted; 0 counts as 1.
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// Sets the pauses after transient errors other than throttling.
    #[must_use]
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// Sets the pauses after a call that was throttled for its rate.
    #[must_use]
    pub fn throttled(mut self, backoff: Backoff) -> Self {
        self.throttled = backoff;
        self
    }

    /// Sets the pauses while too many tasks of the account are running.
    #[must_use]
    pub fn busy(mut self, backoff: Backoff) -> Self {
        self.busy = backoff;
        self
    }
}

impl fmt::Display for RetryPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.max_attempts {
            0 | 1 => f.write_str("1 attempt"),
            most => write!(
                f,
                "{most} attempts; pauses {}; until the deadline while throttled, pauses {}, and while \
                 too many tasks run, {}",
                self.backoff, self.throttled, self.busy
            ),
        }
    }
}

/// The preparation that a retry needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetryAction {
    /// A short pause.
    Backoff,
    /// A long pause, because too many tasks are running.
    BackoffWhileBusy,
    /// A timestamp by the service's clock. Once per call.
    CorrectClock,
    /// New credentials. Once per call.
    RefreshCredentials,
}

/// Returns the preparation after which a retry can succeed without any risk of executing twice a
/// call that is not idempotent; `None` when there is no retry.
/// | dispatch | read | paid create, control |
/// |---|---|---|
/// | not sent (no connection, no time) | pause | pause |
/// | refused: throttled | pause | pause |
/// | refused: clock, token | correct, refresh | correct, refresh |
/// | refused: anything else | no | no |
/// | unknown, as after HTTP 408 or 499 of a gateway | pause | **never**: it may have been billed |
/// | executed | no | no |
#[must_use]
pub fn retry_action(effect: Effect, error: &Error) -> Option<RetryAction> {
    match error.dispatch() {
        Dispatch::NotSent => {
            let may_pass = matches!(
                error.kind(),
                ErrorKind::Connect | ErrorKind::Timeout | ErrorKind::Interrupted
            );
            may_pass.then_some(RetryAction::Backoff)
        }
        Dispatch::Refused => after_refusal(error),
        Dispatch::Unknown => (effect == Effect::Read).then_some(RetryAction::Backoff),
        Dispatch::Executed => None,
    }
}

fn after_refusal(error: &Error) -> Option<RetryAction> {
    const TOO_MANY_REQUESTS: u16 = 429;
    match error.class() {
        Some(ErrorClass::Throttling) if is_about_running_tasks(error) => {
            Some(RetryAction::BackoffWhileBusy)
        }
        Some(ErrorClass::Throttling) => Some(RetryAction::Backoff),
        Some(ErrorClass::ClockSkew) => Some(RetryAction::CorrectClock),
        Some(ErrorClass::Token) => Some(RetryAction::RefreshCredentials),
        None if error.http_status() == Some(TOO_MANY_REQUESTS) => Some(RetryAction::Backoff),
        _ => None,
    }
}

/// Returns whether the limit is one on running tasks. The service uses one code for two limits,
/// which differ in the message only; the specification has the text.
fn is_about_running_tasks(error: &Error) -> bool {
    let known = error.code().and_then(service::error_code);
    known
        .and_then(|known| known.concurrency_text)
        .is_some_and(|text| {
            let message = error.message().to_ascii_lowercase();
            message.contains(&text.to_ascii_lowercase())
        })
}

/// Returns whether the service refused the call for the rate of requests, from which the limiter
/// learns.
pub(crate) fn is_rate_throttled(error: &Error) -> bool {
    after_refusal(error) == Some(RetryAction::Backoff)
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn gateway_refusal(status: StatusCode) -> Error {
        Error::new(ErrorKind::Gateway, "")
            .with_dispatch(Dispatch::Refused)
            .with_http_status(status)
    }

    fn service_error(code: &str, message: &str, dispatch: Dispatch) -> Error {
        Error::new(ErrorKind::Service, message)
            .with_code(code.into())
            .with_dispatch(dispatch)
    }

    fn actions(error: &Error) -> [Option<RetryAction>; 3] {
        [Effect::Read, Effect::PaidCreate, Effect::Control]
            .map(|effect| retry_action(effect, error))
    }

    #[test]
    fn calls_that_surely_did_not_run_are_retried() {
        for error in [
            Error::new(ErrorKind::Connect, ""),
            Error::new(ErrorKind::Timeout, ""),
            service_error("RequestLimitExceeded", "", Dispatch::Refused),
            service_error(
                "RequestLimitExceeded.IPLimitExceeded",
                "",
                Dispatch::Refused,
            ),
            service_error("LimitExceeded.RateLimitExceeded", "", Dispatch::Refused),
            gateway_refusal(StatusCode::TOO_MANY_REQUESTS),
        ] {
            assert_eq!(
                actions(&error),
                [Some(RetryAction::Backoff); 3],
                "{error:?}"
            );
        }
    }

    #[test]
    fn only_reads_are_retried_when_they_may_have_run() {
        for error in [
            Error::new(ErrorKind::Timeout, "").with_dispatch(Dispatch::Unknown),
            Error::new(ErrorKind::Interrupted, "").with_dispatch(Dispatch::Unknown),
            Error::new(ErrorKind::Gateway, "").with_dispatch(Dispatch::Unknown),
            service_error("InternalError", "", Dispatch::Unknown),
            service_error("NeverHeardOf", "", Dispatch::Unknown),
        ] {
            assert_eq!(
                actions(&error),
                [Some(RetryAction::Backoff), None, None],
                "{error:?}"
            );
        }
    }

    #[test]
    fn permanent_errors_are_not_retried() {
        for error in [
            Error::new(ErrorKind::Preflight, ""),
            Error::new(ErrorKind::Credentials, ""),
            Error::new(ErrorKind::Config, ""),
            service_error("LimitExceeded.CreateTask", "", Dispatch::Refused),
            service_error("AuthFailure.SignatureFailure", "", Dispatch::Refused),
            service_error("InvalidParameter.ViolationContent", "", Dispatch::Refused),
            gateway_refusal(StatusCode::FORBIDDEN),
            Error::new(ErrorKind::Decode, "").with_dispatch(Dispatch::Executed),
        ] {
            assert_eq!(actions(&error), [None; 3], "{error:?}");
        }
    }

    #[test]
    fn some_refusals_need_their_own_preparation() {
        let busy = service_error(
            "RequestLimitExceeded",
            "reached the Maximum Concurrency of tasks",
            Dispatch::Refused,
        );
        assert_eq!(actions(&busy), [Some(RetryAction::BackoffWhileBusy); 3]);
        let skewed = service_error("AuthFailure.SignatureExpire", "", Dispatch::Refused);
        assert_eq!(actions(&skewed), [Some(RetryAction::CorrectClock); 3]);
        let token = service_error("AuthFailure.TokenFailure", "", Dispatch::Refused);
        assert_eq!(actions(&token), [Some(RetryAction::RefreshCredentials); 3]);
    }

    #[test]
    fn the_limiter_learns_only_from_refusals_for_the_rate() {
        let refused = |code, message| service_error(code, message, Dispatch::Refused);
        for (error, learned) in [
            (refused("RequestLimitExceeded", ""), true),
            (gateway_refusal(StatusCode::TOO_MANY_REQUESTS), true),
            (gateway_refusal(StatusCode::FORBIDDEN), false),
            (
                refused("RequestLimitExceeded", "maximum concurrency"),
                false,
            ),
            (refused("AuthFailure.SignatureExpire", ""), false),
            (refused("InvalidParameterValue", ""), false),
        ] {
            assert_eq!(is_rate_throttled(&error), learned, "{error:?}");
        }
    }

    #[test]
    fn the_policy_without_retries_has_one_attempt() {
        assert_eq!(RetryPolicy::never().max_attempts, 1);
    }
}
