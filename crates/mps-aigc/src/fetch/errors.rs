//! The reasons why a transfer ends early.

use std::time::Duration;

use http::StatusCode;
use mps_core::transport::{TransportError, TransportErrorKind};

use crate::error::{Error, ErrorKind};

/// The reason why an attempt ended early.
#[derive(Debug)]
pub(super) enum TransferError {
    /// Another attempt can succeed.
    Transient {
        error: Error,
        /// The pause that the host asks for.
        retry_after: Option<Duration>,
    },
    /// The host refuses the URL, which may be signed anew.
    Refused(StatusCode),
    /// No attempt can succeed.
    Permanent(Error),
}

/// Returns the error of a transfer that broke off or has to start over.
pub(super) fn transient(message: impl AsRef<str>) -> TransferError {
    TransferError::from(Error::new(ErrorKind::Download, message))
}

/// Returns the error of content that is not the result.
pub(super) fn wrong_content(message: impl AsRef<str>) -> TransferError {
    TransferError::from(Error::new(ErrorKind::WrongContent, message))
}

/// Returns the error of a result that cannot be fetched.
pub(super) fn unfetchable(message: impl AsRef<str>) -> TransferError {
    TransferError::Permanent(Error::new(ErrorKind::Unfetchable, message))
}

pub(super) fn unreachable(error: TransportError) -> TransferError {
    let message = "the result's host could not be reached";
    match error.kind() {
        TransportErrorKind::Request => {
            TransferError::Permanent(Error::new(ErrorKind::Unfetchable, message).with_source(error))
        }
        _ => Error::new(ErrorKind::Download, message)
            .with_source(error)
            .into(),
    }
}

/// An error that another attempt may not have.
impl From<Error> for TransferError {
    fn from(error: Error) -> Self {
        Self::Transient {
            error,
            retry_after: None,
        }
    }
}

/// Returns `true` if the same request can succeed later.
pub(super) fn is_transient(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
}

/// Returns `true` if the host refuses the URL or does not have the file.
pub(super) fn is_gone(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::FORBIDDEN | StatusCode::NOT_FOUND | StatusCode::GONE
    )
}
