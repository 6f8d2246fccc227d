//! The error of durable jobs.

use std::{error, fmt};

use mps_models::preflight::Report;

use crate::{
    batch::BatchError,
    ledger::{Key, LedgerError},
};

/// The reason why jobs could not be submitted, run or read.
///
/// # Examples
/// ```
/// use mps_jobs::JobsError;
///
/// fn status(error: &JobsError) -> u16 {
///     match error {
///         JobsError::Differs { .. } => 409,
///         JobsError::Preflight { .. } | JobsError::InvalidName { .. } => 400,
///         _ => 500,
///     }
/// }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum JobsError {
    /// The ledger could not be read or written.
    Ledger(LedgerError),
    /// The client could not be used, for example because the account's credentials were not found.
    Client(mps_aigc::Error),
    /// The request breaks a documented rule. Nothing was recorded or sent.
    Preflight {
        /// The key.
        key: Key,
        /// The findings.
        report: Box<Report>,
    },
    /// The key has a job with another request.
    Differs {
        /// The key.
        key: Key,
        /// The members of the request that differ; empty when the stored one was forgotten.
        members: Vec<String>,
    },
    /// The action creates no task that can be waited for.
    UnknownAction(String),
    /// There is a cap on seconds, and the request does not say how many are billed.
    UnknownSeconds(Key),
    /// There is a cap on money, and the price of the request is not known.
    UnknownPrice(Key),
    /// The name of an output file is not allowed, or another job has it.
    InvalidName {
        /// The name.
        name: String,
        /// The reason.
        reason: &'static str,
    },
    /// There is no job with this key.
    NotFound(Key),
    /// The manifest of a batch is not run.
    Batch(BatchError),
}

impl JobsError {
    /// Returns advice to show to a person, as an imperative.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Ledger(error) => error.hint(),
            Self::Client(error) => error.hint(),
            Self::Preflight { report, .. } => {
                report.errors().find_map(|finding| finding.hint.as_deref())
            }
            Self::Differs { .. } => Some("use another key for another request"),
            Self::UnknownAction(_) => Some("use an action that creates an AIGC task"),
            Self::UnknownSeconds(_) => Some("set the duration, or leave the cap on seconds out"),
            Self::UnknownPrice(_) => Some("set the price, or a price table, or leave the cap out"),
            Self::InvalidName { .. } => Some("choose a name such as clips/{key}.{ext}"),
            Self::NotFound(_) => Some("submit it first"),
            Self::Batch(error) => error.hint(),
        }
    }
}

impl fmt::Display for JobsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ledger(error) => error.fmt(f),
            Self::Client(error) => error.fmt(f),
            Self::Preflight { key, report } => write_findings(f, key, report),
            Self::Differs { key, members } if members.is_empty() => {
                write!(f, "the key {key} has a job with another request")
            }
            Self::Differs { key, members } => {
                let members = members.join(", ");
                write!(f, "the key {key} has a job with another request: {members}")
            }
            Self::UnknownAction(action) => {
                write!(
                    f,
                    "the action {action:?} creates no task that can be followed"
                )
            }
            Self::UnknownSeconds(key) => {
                write!(
                    f,
                    "the billed seconds of {key} are not known, and there is a cap"
                )
            }
            Self::UnknownPrice(key) => {
                write!(
                    f,
                    "the price of {key} is not known, and there is a cap on money"
                )
            }
            Self::InvalidName { name, reason } => {
                write!(f, "the output name {name:?} {reason}")
            }
            Self::NotFound(key) => write!(f, "there is no job with the key {key}"),
            Self::Batch(error) => error.fmt(f),
        }
    }
}

fn write_findings(f: &mut fmt::Formatter<'_>, key: &Key, report: &Report) -> fmt::Result {
    let mut errors = report.errors();
    let first = errors.next().map(|first| (&first.path, &first.message));
    let (path, message) = first.unzip();
    let (path, message) = (
        path.map_or("", |path| path),
        message.map_or("", |text| text),
    );
    write!(f, "the request of {key} is wrong: {path}: {message}")?;
    match errors.count() {
        0 => Ok(()),
        more => write!(f, " (and {more} more)"),
    }
}

impl error::Error for JobsError {
    // The message of a wrapped error is this one's own, so its cause is next.
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Ledger(error) => error.source(),
            Self::Client(error) => error.source(),
            _ => None,
        }
    }
}

impl From<LedgerError> for JobsError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

impl From<BatchError> for JobsError {
    fn from(error: BatchError) -> Self {
        Self::Batch(error)
    }
}

impl From<mps_aigc::Error> for JobsError {
    fn from(error: mps_aigc::Error) -> Self {
        Self::Client(error)
    }
}

impl From<mps_core::Error> for JobsError {
    fn from(error: mps_core::Error) -> Self {
        Self::Client(error.into())
    }
}
