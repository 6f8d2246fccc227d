//! Calls of actions that have no generated type.

use std::{fmt, ops::Deref};

use mps_models::{ActionInfo, Effect, service};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    envelope,
    error::{Error, ErrorKind},
};

/// A call of an action that has no generated type.
///
/// Its effect is [`Effect::PaidCreate`] by default, the most careful assumption: such a call is not
/// idempotent, so it is never retried once it may have been executed.
///
/// # Example
/// ```
/// use mps_core::UntypedCall;
/// use mps_models::Effect;
/// use serde_json::value::RawValue;
///
/// let body = RawValue::from_string(r#"{"Limit":10}"#.to_owned())?;
/// let call = UntypedCall::new("DescribeTasks", body).effect(Effect::Read);
/// assert_eq!(call.rate_limit, 20);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct UntypedCall {
    /// Name of the action: letters and digits.
    pub action: String,
    /// API version. The service's own by default.
    pub version: String,
    /// Effect of executing the action. [`Effect::PaidCreate`] by default. An action that the
    /// specification lists as a create or a control cannot be called as a read.
    pub effect: Effect,
    /// Largest number of starts in any window of one second, at least 1. By default 20, the
    /// documented limit of most actions.
    pub rate_limit: u32,
    /// The JSON body, an object.
    pub body: Box<RawValue>,
}

impl UntypedCall {
    /// Returns a call of `action` with the facts of the specification, or the most careful
    /// assumptions for an action that it does not have.
    #[must_use]
    pub fn new(action: impl Into<String>, body: Box<RawValue>) -> Self {
        const USUAL_LIMIT: u32 = 20;
        let action = action.into();
        let known = mps_models::action(&action);
        Self {
            version: service::VERSION.to_owned(),
            effect: known.map_or(Effect::PaidCreate, |known| known.effect),
            rate_limit: known.map_or(USUAL_LIMIT, |known| known.rate_limit),
            action,
            body,
        }
    }

    /// Sets the effect of executing the action.
    #[must_use]
    pub fn effect(mut self, effect: Effect) -> Self {
        self.effect = effect;
        self
    }

    /// Sets the API version; the service's own by default.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = version.into();
        self
    }

    /// Sets the largest number of starts in any one second, at least 1.
    #[must_use]
    pub fn rate_limit(mut self, starts: u32) -> Self {
        self.rate_limit = starts;
        self
    }

    /// Returns the reason why the call cannot be sent, if there is one.
    pub(super) fn check(&self) -> Result<(), Error> {
        self.check_names()?;
        if self.rate_limit == 0 {
            let message = format!("a rate limit of 0 would never let {} start", self.action);
            return refuse(message, "allow at least 1 start a second");
        }
        if !self.body.get().starts_with('{') {
            let message = format!("the body of {} is not a JSON object", self.action);
            return refuse(message, "write {} where there are no members");
        }
        match known(&self.action) {
            Some(known) => self.check_against(known),
            None => Ok(()),
        }
    }

    /// Both become header values, and the action is signed.
    fn check_names(&self) -> Result<(), Error> {
        const LONGEST: usize = 128;
        let is_name = |name: &str| {
            let plain = name.bytes().all(|letter| letter.is_ascii_alphanumeric());
            plain && (1..=LONGEST).contains(&name.len())
        };
        if !is_name(&self.action) {
            let message = format!(
                "the action {:?} is not a name of 1 to {LONGEST} letters and digits",
                shortened(&self.action)
            );
            return refuse(message, "write it as the documentation does");
        }
        if !is_name(&self.version.replace('-', "")) {
            let version = shortened(&self.version);
            let message = format!("the version {version:?} is not a date such as 2019-06-12");
            return refuse(message, "leave it out to use the service's own");
        }
        Ok(())
    }

    fn check_against(&self, known: &ActionInfo) -> Result<(), Error> {
        if known.name != self.action {
            let message = format!("the action {} is written {}", self.action, known.name);
            return refuse(message, "letter case counts");
        }
        if self.effect == Effect::Read && known.effect != Effect::Read {
            let message = format!(
                "{} has the effect {} and cannot be called as a read",
                known.name,
                known.effect.as_str()
            );
            return refuse(
                message,
                "a read may be sent twice, which could bill twice here",
            );
        }
        Ok(())
    }
}

/// Finds an action by its name in any letter case, so that a misspelt name is not taken for an
/// unknown action.
fn known(action: &str) -> Option<&'static ActionInfo> {
    mps_models::action(action).or_else(|| {
        let mut all = mps_models::ACTIONS.iter().copied();
        all.find(|info| info.name.eq_ignore_ascii_case(action))
    })
}

fn shortened(text: &str) -> String {
    const SHOWN: usize = 40;
    text.chars().take(SHOWN).collect()
}

fn refuse(message: String, hint: &str) -> Result<(), Error> {
    Err(Error::new(ErrorKind::Config, message).with_hint(hint))
}

impl fmt::Debug for UntypedCall {
    // The body may contain a prompt.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UntypedCall")
            .field("action", &self.action)
            .field("version", &self.version)
            .field("effect", &self.effect)
            .field("rate_limit", &self.rate_limit)
            .field("body_bytes", &self.body.get().len())
            .finish()
    }
}

/// The body of an answer as the service wrote it. Dereferences to the [`RawValue`].
///
/// `Debug` shows its length only, because it may contain a prompt or the signed URL of a result.
#[derive(Clone, Serialize)]
#[serde(transparent)]
pub struct RawBody(Box<RawValue>);

impl RawBody {
    pub(crate) fn new(value: Box<RawValue>) -> Self {
        Self(value)
    }

    /// Returns the task id in the body: the first `TaskId` at its top that is not empty, as the
    /// service wrote it. Pass it through [`text::foreign`](crate::text::foreign) before it is shown.
    #[must_use]
    pub fn task_id(&self) -> Option<String> {
        envelope::task_id_of(&self.0)
    }

    /// Returns the JSON.
    #[must_use]
    pub fn into_inner(self) -> Box<RawValue> {
        self.0
    }
}

impl Deref for RawBody {
    type Target = RawValue;

    fn deref(&self) -> &RawValue {
        &self.0
    }
}

impl fmt::Debug for RawBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawBody({} bytes)", self.0.get().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(action: &str) -> UntypedCall {
        UntypedCall::new(action, raw("{}"))
    }

    fn raw(json: &str) -> Box<RawValue> {
        RawValue::from_string(json.to_owned()).unwrap()
    }

    fn refusal(call: &UntypedCall) -> String {
        let error = call.check().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.hint().is_some());
        assert_eq!(error.to_string().lines().count(), 1);
        error.to_string()
    }

    #[test]
    fn a_known_create_or_control_cannot_be_called_as_a_read() {
        let create = call("CreateAigcVideoTask").effect(Effect::Read);
        assert!(refusal(&create).contains("has the effect paid-create"));
        let control = call("ModifyDocToVideoTaskStatus").effect(Effect::Read);
        assert!(refusal(&control).contains("has the effect control"));
        let misspelt = call("createAIGCvideotask").effect(Effect::Read);
        assert!(refusal(&misspelt).contains("is written CreateAigcVideoTask"));
    }

    #[test]
    fn an_unknown_action_has_the_effect_that_the_caller_states() {
        assert!(call("DescribeTasks").effect(Effect::Read).check().is_ok());
        let careful = call("DescribeAigcVideoTask").effect(Effect::PaidCreate);
        assert!(careful.check().is_ok());
        assert_eq!(call("SomethingNew").effect, Effect::PaidCreate);
    }

    #[test]
    fn names_that_would_break_a_header_are_refused() {
        let long = "A".repeat(129);
        for action in [
            "",
            "A B",
            "A\r\nX-TC-Token: b",
            "Aktion\u{e4}",
            "A;b",
            &long,
        ] {
            assert!(refusal(&call(action)).contains("is not a name"), "{action}");
        }
        for version in ["", "-", "2019-06-12\nx: y", "2019/06/12"] {
            let mut call = call("DescribeTasks");
            call.version = version.to_owned();
            assert!(refusal(&call).contains("is not a date"), "{version:?}");
        }
    }

    #[test]
    fn a_body_is_an_object_and_a_limit_lets_something_start() {
        for body in ["[]", "null", "7", "\"text\""] {
            let call = UntypedCall::new("DescribeTasks", raw(body));
            assert!(refusal(&call).contains("not a JSON object"), "{body}");
        }
        let mut stuck = call("DescribeTasks");
        stuck.rate_limit = 0;
        assert!(refusal(&stuck).contains("rate limit of 0"));
    }

    #[test]
    fn bodies_stay_out_of_debug() {
        let text = format!("{:?}", UntypedCall::new("A", raw(r#"{"Prompt":"secret"}"#)));
        assert!(!text.contains("secret"), "{text}");
        let body = RawBody::new(raw(r#"{"Url":"secret"}"#));
        assert_eq!(format!("{body:?}"), "RawBody(16 bytes)");
    }
}
