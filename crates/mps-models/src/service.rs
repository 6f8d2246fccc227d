//! Facts about the service as a whole: where it listens and what its error codes mean.
//!
//! The tables are generated from `spec/service.toml`.

pub use crate::generated::service::{ERROR_CODES, NAME, REGIONS, SITES, VERSION};

/// One of the separate clouds that offer the service; accounts and keys belong to one of them.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Site {
    /// Short name: `intl` or `cn`.
    pub name: &'static str,
    /// Host that answers from the nearest access point.
    pub host: &'static str,
    /// Domain the host stands under: the host is `mps.` and this domain.
    pub root_domain: &'static str,
    /// Domain of the hosts of a single region: `mps.`, the region, a dot, and this domain.
    pub regional_domain: &'static str,
}

/// What the service says with one error code, and what that means for sending again.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorCode {
    /// The code as it stands in `Error.Code`, or the part of it before a dot.
    pub code: &'static str,
    /// What kind of trouble it is.
    pub class: ErrorClass,
    /// Whether the action ran all the same.
    pub executed: Executed,
    /// Description of the error, in a few words.
    pub meaning: &'static str,
    /// Advice to the caller: an imperative, with a command to copy where there is one.
    pub hint: &'static str,
    /// Text in the message, in any letter case, by which a limit on running tasks is told from one
    /// on requests; `None` where the code alone says which limit it is.
    pub concurrency_text: Option<&'static str>,
}

/// Kinds of trouble that call for different reactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorClass {
    /// Too many requests in too short a time: send again after a pause.
    Throttling,
    /// The clock of this machine is off: correct the timestamp, sign and send once more.
    ClockSkew,
    /// A temporary token is wrong or has run out: refresh the credentials, send once more.
    Token,
    /// The key, the signature or the permission was refused.
    Auth,
    /// A quota is used up, which a short pause does not cure.
    Quota,
    /// The account itself is not in order: unpaid, or the service is not activated.
    Account,
    /// Moderation refused the prompt or the media.
    Content,
    /// A value in the request is not accepted.
    Input,
    /// What the request names does not exist.
    NotFound,
    /// The call is wrong in form: action, version, protocol, size. A fault of the caller's code.
    Client,
    /// The service failed.
    Server,
    /// Not trouble: a dry run that would have succeeded.
    DryRun,
}

/// Whether an action ran although an error came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Executed {
    /// It surely did not run.
    No,
    /// Nobody can tell.
    Maybe,
    /// It ran; only the answer is missing.
    Yes,
}

/// What is known about an error code: its own entry, or that of the longest part of it that
/// ends before a dot. `None` for a code nobody has described, which may have been executed.
///
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

/// Returns the hint for an error code: that of its own entry, or of the longest part of it that ends
/// before a dot. Returns `None` for a code that the specification does not have.
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
