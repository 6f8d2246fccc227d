//! Facts about the service as a whole: its hosts and its error codes.
//!
//! The tables are generated from `spec/service.toml`.

use std::fmt;

pub use crate::generated::service::{ERROR_CODES, NAME, REGIONS, SITES, Site, VERSION};

mod site;

pub use site::UnknownSite;

/// The facts about a [`Site`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct SiteInfo {
    /// Short name: `intl` or `cn`.
    pub name: &'static str,
    /// Host that resolves to the nearest access point; the default endpoint.
    pub host: &'static str,
    /// Domain of that host: the host is `mps.` and this domain.
    pub root_domain: &'static str,
    /// Domain of the hosts of a single region: `mps.`, the region, a dot, and this domain.
    pub regional_domain: &'static str,
}

/// An error code of the service and its meaning for retries.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ErrorCode {
    /// The code as in `Error.Code`, or the part of it before a dot.
    pub code: &'static str,
    /// Class of the error.
    pub class: ErrorClass,
    /// True if the action was executed in spite of the error.
    pub executed: Executed,
    /// Description of the error, in a few words.
    pub meaning: &'static str,
    /// Advice to the caller: an imperative, with a command to copy where there is one.
    pub hint: &'static str,
    /// Text in the message, in any letter case, that marks a limit on running tasks instead of one
    /// on requests; `None` if the code alone distinguishes them.
    pub concurrency_text: Option<&'static str>,
}

/// Classes of errors that need different reactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorClass {
    /// Too many requests in too short a time: retry after a pause.
    Throttling,
    /// The clock of this machine is wrong: correct the timestamp, sign again and retry once.
    ClockSkew,
    /// A temporary token is invalid or expired: refresh the credentials and retry once.
    Token,
    /// The key, the signature or the permission was refused.
    Auth,
    /// A quota is used up; a short pause does not help.
    Quota,
    /// The account is not in order, for example unpaid, or the service is not activated.
    Account,
    /// Moderation refused the prompt or the media.
    Content,
    /// The service does not accept a value in the request.
    Input,
    /// The request names something that does not exist.
    NotFound,
    /// The call is malformed: action, version, protocol or size. A mistake of the calling code.
    Client,
    /// The service failed.
    Server,
    /// Not an error: a dry run that would have succeeded.
    DryRun,
}

impl ErrorClass {
    /// Returns the name of the class in the specification, for example `clock-skew`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Throttling => "throttling",
            Self::ClockSkew => "clock-skew",
            Self::Token => "token",
            Self::Auth => "auth",
            Self::Quota => "quota",
            Self::Account => "account",
            Self::Content => "content",
            Self::Input => "input",
            Self::NotFound => "not-found",
            Self::Client => "client",
            Self::Server => "server",
            Self::DryRun => "dry-run",
        }
    }
}

/// Formats the name of the class in the specification.
impl fmt::Display for ErrorClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// True if an action was executed although the response is an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Executed {
    /// It certainly was not executed.
    No,
    /// It may have been executed: the operation is in doubt.
    Maybe,
    /// It was executed; only the response is missing.
    Yes,
}

/// Returns the entry of an error code: its own, or that of its longest part that ends before a dot.
///
/// Returns `None` for a code that the specification does not have, which may have been executed.
///
/// # Examples
/// ```
/// use mps_models::service::{ErrorClass, error_code};
///
/// let code = error_code("RequestLimitExceeded.SomeNewLimit").map(|code| code.class);
/// assert_eq!(code, Some(ErrorClass::Throttling));
/// assert_eq!(error_code("Unheard.Of"), None);
/// ```
#[must_use]
pub fn error_code(code: &str) -> Option<&'static ErrorCode> {
    let exact = ERROR_CODES.binary_search_by(|entry| entry.code.cmp(code));
    match exact {
        Ok(found) => ERROR_CODES.get(found),
        Err(_) => error_code(code.rsplit_once('.')?.0),
    }
}

/// Returns the hint for an error code: that of its own entry, or of the longest part of it that
/// ends before a dot. Returns `None` for a code that the specification does not have.
///
/// # Examples
/// ```
/// use mps_models::service::hint;
///
/// let advice = hint("AuthFailure.SignatureExpire").unwrap_or_default();
/// assert!(advice.starts_with("set this machine's clock"));
/// assert_eq!(hint("Unheard.Of"), None);
/// ```
#[must_use]
pub fn hint(code: &str) -> Option<&'static str> {
    error_code(code).map(|known| known.hint)
}
