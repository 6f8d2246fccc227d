//! The error of reading a handle.

use std::fmt;

use mps_core::text::foreign;

/// Longest part of a text that a message repeats, in characters.
const SHOWN_CHARS: usize = 80;

/// The reason why a text is no [`TaskHandle`](super::TaskHandle).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandleError {
    message: Box<str>,
    is_newer: bool,
}

impl HandleError {
    /// Returns whether a newer version of this crate wrote the handle. The task exists; read the handle
    /// with that version.
    #[must_use]
    pub fn is_newer(&self) -> bool {
        self.is_newer
    }

    pub(super) fn newer(version: impl fmt::Display, known: u64) -> Self {
        let message =
            format!("the task handle has format {version}, and this version reads format {known}");
        Self {
            message: message.into(),
            is_newer: true,
        }
    }

    pub(super) fn invalid(part: &str, text: &str) -> Self {
        Self::new(format!(
            "the task handle has an invalid {part}: {:?}",
            foreign(text, SHOWN_CHARS)
        ))
    }

    pub(super) fn no_family(text: &str) -> Self {
        let text = foreign(text, SHOWN_CHARS);
        Self::new(format!(
            "the id {text:?} does not show its family; name the family"
        ))
    }

    pub(super) fn new(message: impl Into<Box<str>>) -> Self {
        Self {
            message: message.into(),
            is_newer: false,
        }
    }
}

impl fmt::Display for HandleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for HandleError {}
