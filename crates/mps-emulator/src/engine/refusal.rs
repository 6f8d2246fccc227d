//! The refusal of a call, with its error code.

use std::borrow::Cow;

/// The refusal of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// `Error.Code` on the wire.
    pub(crate) code: Cow<'static, str>,
    /// `Error.Message` on the wire. Contains neither prompts nor secrets.
    pub(crate) message: String,
    /// A detail for the log and the control API only.
    pub(crate) detail: Option<String>,
}

impl Refusal {
    pub(crate) fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            detail: None,
        }
    }

    #[must_use]
    pub(crate) fn detail(mut self, detail: String) -> Self {
        self.detail = Some(detail);
        self
    }
}
