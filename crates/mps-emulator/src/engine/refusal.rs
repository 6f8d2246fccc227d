use std::borrow::Cow;

/// Why a call is not executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// `Error.Code` on the wire.
    pub(crate) code: Cow<'static, str>,
    /// `Error.Message` on the wire: never a prompt, never a secret.
    pub(crate) message: String,
    /// What only the log and the control API show.
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
