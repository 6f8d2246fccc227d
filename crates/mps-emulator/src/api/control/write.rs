//! Endpoints that change the state.

use serde_json::{Value, json};

use super::{
    Call, Refusal,
    refusal::{duration, members},
};
use crate::api::{control::MAX_SNAPSHOT_BYTES, snapshot::Snapshot};

pub(super) fn reset(call: &Call<'_>) -> Value {
    call.service.reset();
    json!({ "reset": true })
}

pub(super) fn restore(call: &Call<'_>) -> Result<Value, Refusal> {
    const HINT: &str = "send what `GET snapshot` answered";
    if call.body.len() > MAX_SNAPSHOT_BYTES {
        return Err(Refusal::new(
            format!("the body is longer than {MAX_SNAPSHOT_BYTES} bytes"),
            "start an emulator with the snapshot as its state file instead",
        ));
    }
    let snapshot =
        Snapshot::from_json(call.body).map_err(|error| Refusal::new(error.to_string(), HINT))?;
    let tasks = snapshot.tasks();
    snapshot.restore_into(call.service);
    Ok(json!({ "restored": true, "tasks": tasks }))
}

/// Creates temporary credentials of the default account.
pub(super) fn credentials(call: &Call<'_>) -> Result<Value, Refusal> {
    const HINT: &str = r#"send {"expires_in":"30m"}"#;
    let members = members(call.body, HINT)?;
    if let Some((name, value)) = members.iter().find(|(name, _)| *name != "expires_in") {
        return Err(Refusal::new("no such member", HINT).at(name, value));
    }
    let value = members.get("expires_in");
    let value = value.ok_or_else(|| Refusal::new("`expires_in` is missing", HINT))?;
    let issued = call
        .service
        .issue_credentials(duration("expires_in", value)?);
    Ok(json!({
        "secret_id": issued.secret_id,
        "secret_key": issued.secret_key,
        "token": issued.token,
        "expires_in": value,
    }))
}
