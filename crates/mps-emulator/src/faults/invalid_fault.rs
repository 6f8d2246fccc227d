//! The error for an invalid rule.

use std::{error, fmt};

/// Errors of rules.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InvalidFault {
    member: String,
    value: String,
    bound: String,
    hint: String,
}

impl InvalidFault {
    pub(crate) fn new(
        member: impl Into<String>,
        value: impl fmt::Display,
        bound: impl Into<String>,
    ) -> Self {
        Self {
            member: member.into(),
            value: shortened(value.to_string()),
            bound: bound.into(),
            hint: "docs/emulator.md lists every kind with its members".to_owned(),
        }
    }

    #[must_use]
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// The error for an invalid rule.
    #[must_use]
    pub fn member(&self) -> &str {
        &self.member
    }

    /// Returns the invalid member.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Returns its value.
    #[must_use]
    pub fn bound(&self) -> &str {
        &self.bound
    }

    /// Returns the allowed values.
    #[must_use]
    pub fn hint(&self) -> &str {
        &self.hint
    }
}

fn shortened(mut text: String) -> String {
    crate::engine::log::truncate(&mut text, 200);
    text
}

impl fmt::Display for InvalidFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` of the fault is {}, but must be {}; {}",
            self.member, self.value, self.bound, self.hint
        )
    }
}

impl error::Error for InvalidFault {}
