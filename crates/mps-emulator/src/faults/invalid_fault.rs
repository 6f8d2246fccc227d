use std::{error, fmt};

/// Why a rule was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
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

    /// The member of the rule that is not as it should be.
    #[must_use]
    pub fn member(&self) -> &str {
        &self.member
    }

    /// What it is.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// What it must be.
    #[must_use]
    pub fn bound(&self) -> &str {
        &self.bound
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &str {
        &self.hint
    }
}

fn shortened(mut text: String) -> String {
    crate::engine::log::cut(&mut text, 200);
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
