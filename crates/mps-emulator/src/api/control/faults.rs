//! Lists, adds and clears the rules of faults.

use serde_json::{Value, json};

use super::{Call, Refusal, refusal::members};
use crate::faults::{Fault, InvalidFault};

const HINT: &str = r#"send a rule such as {"kind":"reply_lost","times":1}"#;

pub(super) fn list(call: &Call<'_>) -> Value {
    json!({ "faults": call.service.state().faults.list() })
}

pub(super) fn add(call: &Call<'_>) -> Result<Value, Refusal> {
    let fault = Fault::try_from(members(call.body, HINT)?)?;
    call.service.state().faults.add(fault)?;
    Ok(list(call))
}

pub(super) fn clear(call: &Call<'_>) -> Value {
    call.service.clear_faults();
    list(call)
}

impl From<InvalidFault> for Refusal {
    fn from(bad: InvalidFault) -> Self {
        Self::new(bad.to_string(), bad.hint())
            .at(bad.member(), &json!(bad.value()))
            .bound(bad.bound())
    }
}
