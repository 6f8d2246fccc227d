//! Advice on the next step after a failed call.

use mps_models::{Effect, service::ErrorClass};

use super::{Dispatch, Error, ErrorKind};
use crate::names::names;

/// The next step after a failed call, see [`Error::advice`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Advice {
    /// Repeat the same call later. It certainly did not change or bill anything.
    RetryLater,
    /// Look first whether the call was executed: it may have been, and repeating it may bill twice.
    LookFirst,
    /// Change the request or the configuration; the same call fails again.
    FixRequest,
    /// Put the credentials, the permissions, the quota, the balance or this machine's clock in order.
    FixAccount,
    /// Do nothing: neither time nor a change of the request helps.
    GiveUp,
}

names!("advice", Advice {
    RetryLater = "retry_later",
    LookFirst = "look_first",
    FixRequest = "fix_request",
    FixAccount = "fix_account",
    GiveUp = "give_up",
});

impl Error {
    /// Returns the next step. The first row that fits counts:
    ///
    /// | error | advice |
    /// |---|---|
    /// | [in doubt](Self::in_doubt): not a read, and the dispatch is unknown or executed | [`LookFirst`](Advice::LookFirst) |
    /// | throttled | [`RetryLater`](Advice::RetryLater) |
    /// | a read that was executed, but whose answer is too large or cannot be understood | [`GiveUp`](Advice::GiveUp) |
    /// | kind config, preflight, too large | [`FixRequest`](Advice::FixRequest) |
    /// | kind credentials | [`FixAccount`](Advice::FixAccount) |
    /// | class auth, token, clock skew, quota, account | [`FixAccount`](Advice::FixAccount) |
    /// | class content, input, not found, client | [`FixRequest`](Advice::FixRequest) |
    /// | class dry run | [`GiveUp`](Advice::GiveUp) |
    /// | everything else: timeout, limiter, gate, cancelled, connect, interrupted, gateway, decode, class server, a code that the specification does not have | [`RetryLater`](Advice::RetryLater) |
    ///
    /// # Example
    /// ```
    /// use mps_core::{Advice, Error};
    ///
    /// fn may_repeat(error: &Error) -> bool {
    ///     error.advice() == Advice::RetryLater
    /// }
    /// ```
    #[must_use]
    pub fn advice(&self) -> Advice {
        if self.in_doubt() {
            return Advice::LookFirst;
        }
        if self.is_throttled() {
            return Advice::RetryLater;
        }
        if self.effect() == Some(Effect::Read) && self.dispatch() == Dispatch::Executed {
            return Advice::GiveUp;
        }
        match self.kind() {
            ErrorKind::TooLarge if self.dispatch() != Dispatch::NotSent => Advice::GiveUp,
            ErrorKind::Config | ErrorKind::Preflight | ErrorKind::TooLarge => Advice::FixRequest,
            ErrorKind::Credentials => Advice::FixAccount,
            ErrorKind::Service => self.class().map_or(Advice::RetryLater, of_class),
            _ => Advice::RetryLater,
        }
    }
}

fn of_class(class: ErrorClass) -> Advice {
    match class {
        ErrorClass::Auth
        | ErrorClass::Token
        | ErrorClass::ClockSkew
        | ErrorClass::Quota
        | ErrorClass::Account => Advice::FixAccount,
        ErrorClass::Content | ErrorClass::Input | ErrorClass::NotFound | ErrorClass::Client => {
            Advice::FixRequest
        }
        ErrorClass::DryRun => Advice::GiveUp,
        _ => Advice::RetryLater,
    }
}

#[cfg(test)]
mod tests;
