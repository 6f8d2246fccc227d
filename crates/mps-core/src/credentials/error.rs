//! The error of a provider.

use std::{error, fmt};

/// The reason why a provider returns no credentials. One line, without secrets.
#[derive(Clone, Debug)]
pub struct CredentialsError {
    message: String,
    hint: Option<String>,
    absent: bool,
}

impl CredentialsError {
    /// Returns the error of a source without credentials: a chain continues with the next one.
    #[must_use]
    pub fn absent(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
            absent: true,
        }
    }

    /// Returns the error of a source with unusable credentials: a chain stops, because continuing
    /// would sign with keys that the user did not mean.
    #[must_use]
    pub fn unusable(message: impl Into<String>) -> Self {
        Self {
            absent: false,
            ..Self::absent(message)
        }
    }

    /// Sets the hint, an imperative.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Returns whether the source is empty, as opposed to broken.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.absent
    }

    /// Returns the hint, an imperative.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Returns the error with another message around the same reason and hint.
    pub(super) fn reworded(&self, message: impl FnOnce(&str) -> String) -> Self {
        Self {
            message: message(&self.message),
            ..self.clone()
        }
    }

    pub(super) fn into_unusable(self) -> Self {
        Self {
            absent: false,
            ..self
        }
    }
}

impl fmt::Display for CredentialsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl error::Error for CredentialsError {}
