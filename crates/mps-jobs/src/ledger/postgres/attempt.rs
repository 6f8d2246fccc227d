//! Failures of one try of an operation, and whether it is tried again.

use std::time::Duration;

use mps_core::{
    clock::SharedClock,
    postgres::{Failure, FailureKind},
};

use super::{begin::Begun, failure::failed_ref};
use crate::ledger::{
    error::{LedgerError, LedgerErrorKind},
    tx::{Effect, Op},
};

/// Time for which an unavailable server is tried again.
const GIVE_UP_AFTER: Duration = Duration::from_secs(10);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// Tries after conflicts with other transactions.
const MOST_CONFLICTS: u32 = 10;

/// The end of a try without a result.
pub(super) enum Failed {
    /// The operation itself refused; nothing was changed.
    Operation(LedgerError),
    /// Another transaction was in the way; nothing was changed.
    Conflict(LedgerError),
    /// A statement did not change the row that it was expected to change; nothing was changed.
    Unexpected(LedgerError),
    /// A prepared statement is missing or there already, since a pooler exchanges sessions, or its columns have
    /// another type since a migration; nothing was changed.
    Unprepared(LedgerError),
    /// No answer before the commit; nothing was changed.
    Unavailable(LedgerError),
    /// No answer to the commit: it happened or not.
    Unknown(LedgerError),
    /// The server is not the one that this process knows, or went back.
    Suspicious(Box<Begun>, &'static str),
}

impl Failed {
    /// Returns the failure of a statement.
    pub(super) fn before_commit(cause: &Failure) -> Self {
        let error = failed_ref(cause);
        match cause.code() {
            // Another transaction inserted the same key or task in between: the next try finds it.
            Some("40001" | "40P01" | "23505") => Self::Conflict(error),
            // The division by zero of `changing_one` and others.
            Some("22012") => Self::Unexpected(error),
            Some("26000" | "42P05") => Self::Unprepared(error),
            // "cached plan must not change result type".
            Some("0A000") if cause.kind() == FailureKind::Refused => Self::Unprepared(error),
            _ => Self::of(cause, error),
        }
    }

    /// Returns the failure of a commit, or of a statement that was sent with it.
    pub(super) fn at_commit(cause: &Failure) -> Self {
        let is_unknown = cause.code().is_none_or(|code| {
            // The server or a pooler ended the connection, perhaps after the commit.
            ["08", "57P"].iter().any(|class| code.starts_with(class))
        });
        if is_unknown {
            return Self::Unknown(failed_ref(cause));
        }
        // Any other answer of the server means that the transaction was rolled back.
        Self::before_commit(cause)
    }

    /// Returns the failure to begin a transaction.
    pub(super) fn at_begin(cause: &Failure) -> Self {
        Self::of(cause, failed_ref(cause))
    }

    fn of(cause: &Failure, error: LedgerError) -> Self {
        match cause.kind() {
            FailureKind::Unreachable | FailureKind::Starting | FailureKind::ReadOnly => {
                Self::Unavailable(error)
            }
            _ => Self::Operation(error),
        }
    }

    pub(super) fn into_error(self) -> LedgerError {
        match self {
            Self::Operation(error)
            | Self::Conflict(error)
            | Self::Unexpected(error)
            | Self::Unprepared(error)
            | Self::Unavailable(error)
            | Self::Unknown(error) => error,
            Self::Suspicious(_, reason) => super::failover::not_accepted(reason),
        }
    }
}

/// The tries of one operation.
pub(super) struct Retries<'a> {
    op: Op,
    clock: &'a SharedClock,
    conflicts: u32,
    since: Option<Duration>,
    pause: Duration,
}

impl<'a> Retries<'a> {
    pub(super) fn new(op: Op, clock: &'a SharedClock) -> Self {
        Self {
            op,
            clock,
            conflicts: 0,
            since: None,
            pause: FIRST_PAUSE,
        }
    }

    /// Waits before another try, or returns the error.
    pub(super) async fn pause(&mut self, failure: Failed) -> Result<(), LedgerError> {
        match failure {
            Failed::Conflict(error) => {
                self.conflicts += 1;
                if self.conflicts > MOST_CONFLICTS {
                    return Err(busy(error));
                }
                let pause = Duration::from_millis(fastrand::u64(1..=20));
                self.clock.sleep(pause).await;
                Ok(())
            }
            Failed::Unavailable(error) if !self.op.is_urgent => self.wait(error).await,
            Failed::Unknown(error) if self.op.effect == Effect::Idempotent => self.wait(error).await,
            Failed::Unknown(error) => Err(error.with_hint(
                "the commit was sent and not answered, so it happened or not; look at the row: mps show KEY",
            )),
            other => Err(other.into_error()),
        }
    }

    async fn wait(&mut self, error: LedgerError) -> Result<(), LedgerError> {
        let now = self.clock.monotonic();
        let since = *self.since.get_or_insert(now);
        let pause = self.pause.mul_f64(0.5 + fastrand::f64() / 2.0);
        if now.saturating_sub(since) + pause > GIVE_UP_AFTER {
            return Err(error);
        }
        tracing::warn!(%error, operation = self.op.name, "the ledger's server is tried again");
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        self.clock.sleep(pause).await;
        Ok(())
    }
}

fn busy(error: LedgerError) -> LedgerError {
    let message = "other processes changed the same rows of the ledger again and again";
    LedgerError::new(LedgerErrorKind::Busy, message)
        .with_hint("repeat it")
        .with_source(error)
}
