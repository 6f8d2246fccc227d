//! The ledger's errors for failures of the server.

use mps_core::postgres::{Failure, FailureKind};

use crate::ledger::error::{LedgerError, LedgerErrorKind};

/// Returns the ledger's error for a failure of the server.
pub(super) fn failed(failure: Failure) -> LedgerError {
    failed_ref(&failure).with_source(failure)
}

/// Returns the ledger's error without its source.
pub(super) fn failed_ref(failure: &Failure) -> LedgerError {
    use LedgerErrorKind as K;
    let kind = match failure.kind() {
        FailureKind::Url => K::Location,
        FailureKind::Unreachable | FailureKind::Starting => K::Unreachable,
        FailureKind::ReadOnly => K::ReadOnly,
        FailureKind::Busy => K::Busy,
        FailureKind::Full => K::Full,
        FailureKind::Denied | FailureKind::Tls => K::PermissionDenied,
        FailureKind::Missing => K::Damaged,
        _ => K::Io,
    };
    let error = LedgerError::new(kind, format!("the ledger is not available: {failure}"));
    match failure.hint() {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

/// Returns the error for a server that does not answer.
pub(super) fn silent(address: &str) -> LedgerError {
    let message = format!("the PostgreSQL server at {address} did not answer within 10 s");
    LedgerError::new(LedgerErrorKind::Unreachable, message)
        .with_hint("check that it is up and not busy: pg_isready --host HOST --port PORT")
}
