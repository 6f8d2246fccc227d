use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::Path;

/// How much weight a finding has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The documented contract is broken: a client refuses to send this.
    Error,
    /// Doubtful, but the service decides.
    Warning,
}

impl Severity {
    /// `error` or `warning`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One thing that is wrong with a request.
///
/// Serializes as one of the `findings` of `mps.check/1`; what is not known is left out.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// Where, such as `ImageInfos[3].ImageUrl`.
    pub path: String,
    /// Stable name of the rule that is broken, such as `max-chars`.
    pub rule: &'static str,
    /// Whether it stops the request.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// What was found; never the value of a sensitive member, at most its size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// What is allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound: Option<Value>,
    /// Where the bound comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'static str>,
}

impl Finding {
    /// A finding at a place in the request.
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
        }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds what was found. The caller sees to it that it is not sensitive.
    #[must_use]
    pub fn value(mut self, value: impl Into<Value>) -> Self {
        self.value = Some(value.into());
        self
    }

    /// Adds what is allowed.
    #[must_use]
    pub fn bound(mut self, bound: impl Into<Value>) -> Self {
        self.bound = Some(bound.into());
        self
    }

    /// Adds where the bound comes from.
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
