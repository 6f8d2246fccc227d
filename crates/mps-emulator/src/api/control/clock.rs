//! Shows, freezes, advances and accelerates the clock.

use serde_json::{Value, json};

use super::{
    Call, Refusal,
    refusal::{duration, members},
};
use crate::engine::clock::{Change, checked_rate};

const HINT: &str =
    r#"send {"advance":"12h"}, {"rate":60}, {"freeze":true}, or several of them in one object"#;

pub(super) fn show(call: &Call<'_>) -> Value {
    json!(call.service.time.state())
}

/// Makes all changes of a request at one moment, or none.
pub(super) fn change(call: &Call<'_>) -> Result<Value, Refusal> {
    let members = members(call.body, HINT)?;
    if members.is_empty() {
        return Err(Refusal::new("nothing to change", HINT));
    }
    let mut change = Change::default();
    for (name, value) in &members {
        match name.as_str() {
            "advance" => change.advance = duration(name, value)?,
            "rate" => change.rate = Some(rate(name, value)?),
            "freeze" => change.freeze = Some(switch(name, value)?),
            _ => return Err(Refusal::new("no such member", HINT).at(name, value)),
        }
    }
    call.service.time.change(change);
    Ok(show(call))
}

fn rate(member: &str, value: &Value) -> Result<f64, Refusal> {
    let hint = "write how many seconds shall pass in one, such as 60";
    let number = value.as_f64();
    let number = number.ok_or_else(|| Refusal::new("not a number", hint).at(member, value))?;
    checked_rate(number).map_err(|error| Refusal::new(error.to_string(), hint).at(member, value))
}

fn switch(member: &str, value: &Value) -> Result<bool, Refusal> {
    let hint = "true holds time still, false lets it go on";
    let switch = value.as_bool();
    switch.ok_or_else(|| Refusal::new("not a boolean", hint).at(member, value))
}
