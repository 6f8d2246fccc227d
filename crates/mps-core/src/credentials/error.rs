//! Why there are no credentials.

use std::{error, fmt};

/// Why a provider has no credentials to give. One line, and never a secret.
#[derive(Clone, Debug)]
pub struct CredentialsError {
    message: String,
    hint: Option<String>,
    absent: bool,
}

impl CredentialsError {
    /// The place that was looked at holds nothing: a chain goes on to the next one.
    #[must_use]
    pub fn absent(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
            absent: true,
        }
    }

    /// The place holds something unusable: a chain stops, since going on would sign as someone
    /// the user did not mean.
    #[must_use]
    pub fn unusable(message: impl Into<String>) -> Self {
        Self {
            absent: false,
            ..Self::absent(message)
        }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Whether nothing was found, as opposed to something broken.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.absent
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The same reason and hint in other words around it.
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
