//! The limits of a transfer on size, speed and time, and their errors.

use std::time::Duration;

use mps_core::transport::{TransportError, TransportErrorKind};

use super::{
    super::errors::{TransferError, transient, unreachable},
    Transfer,
};
use crate::error::{Error, ErrorKind};

impl Transfer {
    pub(super) fn check_size(&self, bytes: u64) -> Result<(), TransferError> {
        let most = self.options.max_bytes;
        if bytes <= most {
            return Ok(());
        }
        let message = format!("the result has {bytes} bytes or more, and {most} are allowed");
        let error = Error::new(ErrorKind::TooLarge, message)
            .with_hint("raise the limit on the size if such a result is expected");
        Err(TransferError::Permanent(error))
    }

    pub(super) fn slow(&self) -> TransferError {
        let (least, window) = (self.options.min_speed, self.options.speed_window);
        transient(format!(
            "the download was slower than {least} bytes a second for {window:?}, after {} bytes",
            self.received
        ))
    }

    pub(super) fn silent(&self, limit: Duration) -> TransferError {
        if self.time_left().is_zero() {
            return TransferError::Permanent(self.overdue());
        }
        let message = format!("no byte arrived for {limit:?}");
        unreachable(TransportError::new(
            TransportErrorKind::Interrupted,
            message,
        ))
    }

    pub(super) fn overdue(&self) -> Error {
        let limit = self.options.deadline;
        let message = format!("the download did not end within {limit:?}");
        self.with_hint(Error::new(ErrorKind::Download, message))
    }

    pub(super) fn with_hint(&self, error: Error) -> Error {
        match error.kind() {
            ErrorKind::Download => error.with_hint(self.source.hint("download again")),
            ErrorKind::WrongContent => error.with_hint(self.source.hint("download again later")),
            _ => error,
        }
    }
}
