//! The kinds of errors, to match on.

use std::{fmt, str::FromStr};

use mps_core::ErrorKind as CallErrorKind;
use mps_models::service::ErrorClass;
use serde::{Deserialize, Serialize};

/// The kind of an [`Error`](super::Error).
///
/// As text and in JSON it is the name in snake case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// A call failed by network or service trouble, was throttled until its deadline, or is in
    /// doubt; see [`Error::call`](super::Error::call).
    Call,
    /// The request or the configuration is wrong: preflight, the client or the service refused it.
    InvalidRequest,
    /// Credentials are missing, or the service rejected them.
    Credentials,
    /// The account is not in order, or its quota is used up.
    Account,
    /// Moderation refused the prompt or the media, so that nothing was created. A task that fails later
    /// is [`TaskFailed`](Self::TaskFailed) whatever the reason: the service has no code for it, only the
    /// message.
    Moderated,
    /// The service does not know the task, or something else that the request names.
    NotFound,
    /// A create was answered without a task id. It is in doubt: a task may run and be billed.
    NoTaskId,
    /// The deadline of a wait passed. The task continues.
    WaitTimedOut,
    /// The task stopped after a stage that a person has to confirm, which starts a new task; see
    /// [`Error::stage`](super::Error::stage).
    AwaitsConfirmation,
    /// The task failed; the message is the service's. Failed tasks are not billed, according to the
    /// vendor's guides of 2026.
    TaskFailed,
    /// The result is older than the service keeps results, which is 12 hours for most families.
    Expired,
    /// The task is done, but its result has no URL, or its host refuses to send it.
    Unfetchable,
    /// A download broke off more often than it is resumed, or its host asked for a longer pause than
    /// a download makes. Downloading again later is safe.
    Download,
    /// The result's host sent something else than the result: nothing, an error page, compressed
    /// data, or a file that is cut. Nothing was saved. Downloading again later is safe.
    WrongContent,
    /// The result is larger than [`DownloadOptions::max_bytes`](crate::DownloadOptions::max_bytes).
    TooLarge,
    /// The output file exists already.
    AlreadyExists,
    /// Another download has reserved the output file.
    InUse,
    /// The file system of the output file is full.
    NoSpace,
    /// The output file must not be written.
    PermissionDenied,
    /// The output file cannot be written for another reason.
    File,
}

impl ErrorKind {
    const ALL: [Self; 20] = [
        Self::Call,
        Self::InvalidRequest,
        Self::Credentials,
        Self::Account,
        Self::Moderated,
        Self::NotFound,
        Self::NoTaskId,
        Self::WaitTimedOut,
        Self::AwaitsConfirmation,
        Self::TaskFailed,
        Self::Expired,
        Self::Unfetchable,
        Self::Download,
        Self::WrongContent,
        Self::TooLarge,
        Self::AlreadyExists,
        Self::InUse,
        Self::NoSpace,
        Self::PermissionDenied,
        Self::File,
    ];

    /// Returns the name that JSON output has, in snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::InvalidRequest => "invalid_request",
            Self::Credentials => "credentials",
            Self::Account => "account",
            Self::Moderated => "moderated",
            Self::NotFound => "not_found",
            Self::NoTaskId => "no_task_id",
            Self::WaitTimedOut => "wait_timed_out",
            Self::AwaitsConfirmation => "awaits_confirmation",
            Self::TaskFailed => "task_failed",
            Self::Expired => "expired",
            Self::Unfetchable => "unfetchable",
            Self::Download => "download",
            Self::WrongContent => "wrong_content",
            Self::TooLarge => "too_large",
            Self::AlreadyExists => "already_exists",
            Self::InUse => "in_use",
            Self::NoSpace => "no_space",
            Self::PermissionDenied => "permission_denied",
            Self::File => "file",
        }
    }

    /// Returns whether the error is about the place of an output file.
    #[must_use]
    pub const fn is_about_output(self) -> bool {
        matches!(
            self,
            Self::AlreadyExists | Self::InUse | Self::NoSpace | Self::PermissionDenied | Self::File
        )
    }

    /// Returns the kind of a failed call.
    pub(super) fn of_call(error: &mps_core::Error) -> Self {
        match error.kind() {
            _ if error.in_doubt() => Self::Call,
            CallErrorKind::Config | CallErrorKind::Preflight | CallErrorKind::TooLarge => {
                Self::InvalidRequest
            }
            CallErrorKind::Credentials => Self::Credentials,
            CallErrorKind::Service => error.class().map_or(Self::Call, Self::of_class),
            _ => Self::Call,
        }
    }

    fn of_class(class: ErrorClass) -> Self {
        match class {
            ErrorClass::Auth | ErrorClass::Token | ErrorClass::ClockSkew => Self::Credentials,
            ErrorClass::Account | ErrorClass::Quota => Self::Account,
            ErrorClass::Content => Self::Moderated,
            ErrorClass::NotFound => Self::NotFound,
            ErrorClass::Input | ErrorClass::Client | ErrorClass::DryRun => Self::InvalidRequest,
            _ => Self::Call,
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for ErrorKind {
    type Err = UnknownErrorKind;

    fn from_str(text: &str) -> Result<Self, UnknownErrorKind> {
        let mut all = Self::ALL.into_iter();
        all.find(|kind| kind.as_str() == text)
            .ok_or(UnknownErrorKind)
    }
}

/// The error of reading an [`ErrorKind`]: the text names no kind of this version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownErrorKind;

impl fmt::Display for UnknownErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the text names no kind of error")
    }
}

impl std::error::Error for UnknownErrorKind {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_reads_back_from_its_name() {
        for kind in ErrorKind::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
            let json = serde_json::to_string(&kind).unwrap();
            assert_eq!(json, format!("{:?}", kind.as_str()));
        }
        assert_eq!("trouble".parse::<ErrorKind>(), Err(UnknownErrorKind));
    }
}
