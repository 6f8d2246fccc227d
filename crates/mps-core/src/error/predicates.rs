//! Questions about an error that retries, waits, downloads and exit codes ask.

use http::StatusCode;
use mps_models::{Effect, service::ErrorClass};

use super::{Dispatch, Error, ErrorKind};

impl Error {
    /// Returns the effect of the action that was called; `None` when the error is not about a call,
    /// such as one of [`ClientBuilder::build`](crate::ClientBuilder::build).
    #[must_use]
    pub fn effect(&self) -> Option<Effect> {
        self.0.effect
    }

    /// Returns whether the call may have changed or billed something although it failed: the action
    /// is not a read, and it may have been executed.
    ///
    /// Such a call is not idempotent. Look into it before you repeat it: a create that is sent twice
    /// is billed twice.
    #[must_use]
    pub fn in_doubt(&self) -> bool {
        self.effect() != Some(Effect::Read) && self.dispatch().may_have_executed()
    }

    /// Returns whether the same call can succeed later without any change to the request, the
    /// credentials or the account: the opposite of [`is_permanent`](Self::is_permanent).
    ///
    /// A transient error of a call that is [in doubt](Self::in_doubt) is no reason to repeat it.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        !self.is_permanent()
    }

    /// Returns whether the call was refused because of too many requests or too many running tasks.
    /// A throttled call was not executed.
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        if self.dispatch() != Dispatch::Refused {
            return false;
        }
        match self.class() {
            Some(class) => class == ErrorClass::Throttling,
            None => {
                self.code().is_none()
                    && self.http_status() == Some(StatusCode::TOO_MANY_REQUESTS.as_u16())
            }
        }
    }

    /// Returns whether the same call fails again until there is a change of the request, the
    /// credentials, the account or the configuration.
    ///
    /// A quota that is used up and a code that the specification does not have are not permanent.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        match self.kind() {
            ErrorKind::Config
            | ErrorKind::Preflight
            | ErrorKind::Credentials
            | ErrorKind::TooLarge => true,
            ErrorKind::Service => self.class().is_some_and(is_permanent_class),
            _ => false,
        }
    }
}

fn is_permanent_class(class: ErrorClass) -> bool {
    match class {
        ErrorClass::Auth
        | ErrorClass::Token
        | ErrorClass::ClockSkew
        | ErrorClass::Account
        | ErrorClass::Content
        | ErrorClass::Input
        | ErrorClass::NotFound
        | ErrorClass::Client
        | ErrorClass::DryRun => true,
        // Throttling, quota and server trouble pass with time; so may a class of a later version.
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(code: &str, dispatch: Dispatch) -> Error {
        Error::new(ErrorKind::Service, "")
            .with_code(code.to_owned())
            .with_dispatch(dispatch)
    }

    #[test]
    fn a_call_is_in_doubt_when_it_changes_something_and_may_have_run() {
        for (effect, dispatch, in_doubt) in [
            (Effect::Read, Dispatch::Unknown, false),
            (Effect::Read, Dispatch::Executed, false),
            (Effect::PaidCreate, Dispatch::NotSent, false),
            (Effect::PaidCreate, Dispatch::Refused, false),
            (Effect::PaidCreate, Dispatch::Unknown, true),
            (Effect::PaidCreate, Dispatch::Executed, true),
            (Effect::Control, Dispatch::Unknown, true),
        ] {
            let error = Error::new(ErrorKind::Timeout, "")
                .with_dispatch(dispatch)
                .with_call("A", effect, 1, std::time::Duration::ZERO);
            assert_eq!(error.in_doubt(), in_doubt, "{effect:?} {dispatch:?}");
            assert_eq!(error.effect(), Some(effect));
        }
    }

    #[test]
    fn an_error_is_transient_or_permanent() {
        for (error, permanent) in [
            (Error::new(ErrorKind::Config, ""), true),
            (Error::new(ErrorKind::Preflight, ""), true),
            (Error::new(ErrorKind::Credentials, ""), true),
            (Error::new(ErrorKind::TooLarge, ""), true),
            (Error::new(ErrorKind::Timeout, ""), false),
            (Error::new(ErrorKind::Limiter, ""), false),
            (Error::new(ErrorKind::Connect, ""), false),
            (Error::new(ErrorKind::Interrupted, ""), false),
            (Error::new(ErrorKind::Gateway, ""), false),
            (Error::new(ErrorKind::Decode, ""), false),
            (service("AuthFailure", Dispatch::Refused), true),
            (service("InvalidParameterValue", Dispatch::Refused), true),
            (service("RequestLimitExceeded", Dispatch::Refused), false),
            (service("InternalError", Dispatch::Unknown), false),
            (service("NeverHeardOf", Dispatch::Unknown), false),
        ] {
            assert_eq!(error.is_permanent(), permanent, "{error:?}");
            assert_eq!(error.is_transient(), !permanent, "{error:?}");
        }
    }

    #[test]
    fn a_call_is_throttled_by_the_service_or_by_a_gateway() {
        let gateway = |status| {
            Error::new(ErrorKind::Gateway, "")
                .with_http_status(status)
                .with_dispatch(Dispatch::Refused)
        };
        for (error, throttled) in [
            (service("RequestLimitExceeded", Dispatch::Refused), true),
            (service("RequestLimitExceeded.New", Dispatch::Refused), true),
            (service("RequestLimitExceeded", Dispatch::Unknown), false),
            (service("InternalError", Dispatch::Unknown), false),
            (gateway(StatusCode::TOO_MANY_REQUESTS), true),
            (gateway(StatusCode::SERVICE_UNAVAILABLE), false),
            (Error::new(ErrorKind::Limiter, ""), false),
        ] {
            assert_eq!(error.is_throttled(), throttled, "{error:?}");
        }
    }
}
