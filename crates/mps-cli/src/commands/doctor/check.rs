//! One check of `mps doctor` and its finding.

use serde::{Serialize, Serializer};

use crate::{
    exit::Exit,
    failure::Failure,
    outcome::{Outcome, Reason},
};

/// The finding of one check: for example, that the clock is ten minutes ahead.
#[derive(Debug, Serialize)]
pub(super) struct Check {
    pub(super) name: &'static str,
    pub(super) state: State,
    pub(super) message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fix: Option<String>,
    /// The reason that decides the exit code; set for an error only.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_code")]
    pub(super) exit: Option<Reason>,
}

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    Ok,
    /// Commands work, and something should be known.
    Warning,
    /// Commands fail.
    Error,
}

impl State {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl Check {
    pub(super) fn ok(name: &'static str, message: impl Into<String>) -> Self {
        Self {
            name,
            state: State::Ok,
            message: message.into(),
            fix: None,
            exit: None,
        }
    }

    pub(super) fn warning(name: &'static str, message: impl Into<String>) -> Self {
        Self {
            state: State::Warning,
            ..Self::ok(name, message)
        }
    }

    pub(super) fn error(name: &'static str, reason: Reason, message: impl Into<String>) -> Self {
        Self {
            state: State::Error,
            exit: Some(reason),
            ..Self::ok(name, message)
        }
    }

    /// Returns the finding that another command would end with.
    pub(super) fn failed(name: &'static str, failure: &Failure) -> Self {
        let reason = match failure.exit() {
            Exit::Credentials | Exit::Quota => Reason::Credentials,
            Exit::Trouble => Reason::Trouble,
            _ => Reason::Usage,
        };
        let cause = failure.causes.last().map(|cause| format!(": {cause}"));
        let message = format!("{}{}", failure.message, cause.unwrap_or_default());
        Self {
            fix: failure.hint.clone(),
            ..Self::error(name, reason, message)
        }
    }

    pub(super) fn fix(self, fix: impl Into<String>) -> Self {
        Self {
            fix: Some(fix.into()),
            ..self
        }
    }
}

#[expect(
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "the form of serde's serializers"
)]
fn as_code<S: Serializer>(reason: &Option<Reason>, serializer: S) -> Result<S::Ok, S::Error> {
    match reason {
        Some(reason) => serializer.serialize_u8(Outcome::NotCreated(*reason).exit() as u8),
        None => serializer.serialize_none(),
    }
}
