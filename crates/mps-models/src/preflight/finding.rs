//! Findings about a request.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::Path;
use crate::{
    capabilities::{Day, by_site},
    service::Site,
};

/// Advice for a bound that the documents dropped.
const SEND_ANYWAY: &str =
    "send it anyway with `--preflight warn`, in a program with `CallOptions::preflight`";

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The request breaks the documented contract. By default a client does not send it.
    Error,
    /// The facts are uncertain, and the service decides. The request is sent.
    Warning,
}

impl Severity {
    /// Returns `error` or `warning`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// Formats `error` or `warning`.
impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A broken rule in a request.
///
/// Serializes as one of the `findings` of `mps.check/1`; absent values are left out.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// Path of the member, for example `ImageInfos[3].ImageUrl`.
    pub path: String,
    /// Stable id of the rule, for example `max-chars`.
    pub rule: &'static str,
    /// Severity, which decides whether the request is sent.
    pub severity: Severity,
    /// Description of the problem.
    pub message: String,
    /// Advice to the caller, an imperative.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The value in the request. Never that of a sensitive member, but at most its size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The value that is allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound: Option<Value>,
    /// Source of the rule, with its date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'static str>,
    /// The only site where this is a finding; `None` if all sites have the fact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<Site>,
    /// The day since which the description of a site no longer states the bound. Such a bound of the
    /// base contract is an error, and the service may well accept the request.
    #[serde(serialize_with = "by_site", skip_serializing_if = "<[Day]>::is_empty")]
    pub dropped: &'static [Day],
}

impl Finding {
    /// Creates a finding about the member at this path, without hint, value, bound and source.
    #[must_use]
    pub fn new(at: &Path<'_>, rule: &'static str, severity: Severity, message: String) -> Self {
        Self {
            path: at.to_string(),
            rule,
            severity,
            message,
            hint: None,
            value: None,
            bound: None,
            source: None,
            site: None,
            dropped: &[],
        }
    }

    /// Sets the advice to the caller.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        let hint = hint.into();
        self.hint = Some(if self.dropped.is_empty() {
            hint
        } else {
            format!("{hint}, or {SEND_ANYWAY}")
        });
        self
    }

    /// States that the descriptions dropped the bound on these days.
    pub(super) fn dropped(mut self, days: &'static [Day]) -> Self {
        if days.is_empty() {
            return self;
        }
        let since: Vec<String> = days.iter().map(ToString::to_string).collect();
        let since = since.join(" and ");
        self.message = format!("{}; no longer stated since {since}", self.message);
        self.hint = Some(SEND_ANYWAY.to_owned());
        self.dropped = days;
        self
    }

    /// Sets the value in the request. It must not be sensitive.
    #[must_use]
    pub fn value(mut self, value: impl Into<Value>) -> Self {
        self.value = Some(value.into());
        self
    }

    /// Sets the value that is allowed.
    #[must_use]
    pub fn bound(mut self, bound: impl Into<Value>) -> Self {
        self.bound = Some(bound.into());
        self
    }

    /// Sets the source of the rule.
    #[must_use]
    pub fn source(mut self, source: &'static str) -> Self {
        self.source = Some(source);
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]: ", self.severity.as_str(), self.rule)?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, "\n  = hint: {hint}")?;
        }
        if let Some(source) = self.source {
            write!(f, "\n  = source: {source}")?;
        }
        Ok(())
    }
}
