//! The faults of the emulator that the tests of the bill go through.

use serde_json::{Value, json};

/// The faults, one or more rules of each kind.
pub(crate) fn faults() -> Vec<Value> {
    let codes = [
        "InvalidParameterValue",
        "UnknownParameter",
        "AuthFailure.UnauthorizedOperation",
        "FailedOperation.UserArrears",
        "InvalidParameter.ViolationContent",
        "ResourceNotFound.TaskNotFound",
        "LimitExceeded.RateLimitExceeded",
        "InternalError",
        "FailedOperation.NeverDocumented",
    ];
    let refusals = codes.map(|code| json!({"kind": "refuse", "code": code}));
    let others = [
        json!({"kind": "delay", "delay": "50ms"}),
        json!({"kind": "http", "status": 403}),
        json!({"kind": "http", "status": 502}),
        json!({"kind": "http", "status": 200}),
        json!({"kind": "http", "status": 504, "executed": true}),
        json!({"kind": "html"}),
        json!({"kind": "truncate"}),
        json!({"kind": "drip", "pieces": 3, "delay": "10ms"}),
        json!({"kind": "reset_before_read"}),
        json!({"kind": "reset_after_read"}),
        json!({"kind": "reply_lost"}),
        json!({"kind": "content_type"}),
        json!({"kind": "throttle"}),
        json!({"kind": "token_expired"}),
        json!({"kind": "skew"}),
        json!({"kind": "done_without_url"}),
        json!({"kind": "unknown_status"}),
        json!({"kind": "nulls"}),
        json!({"kind": "close_idle"}),
        json!({"kind": "task_id", "value": ""}),
        json!({"kind": "id_and_error"}),
        json!({"kind": "two_responses"}),
        json!({"kind": "wrong_body"}),
        json!({"kind": "no_length"}),
        json!({"kind": "redirect"}),
        json!({"kind": "encoding"}),
        json!({"kind": "etag_change"}),
        json!({"kind": "corrupt"}),
        json!({"kind": "unasked_206"}),
        json!({"kind": "forbidden_once"}),
    ];
    refusals.into_iter().chain(others).collect()
}

/// Returns whether a fault can be about the action: some alter only the answers of creates, others
/// only those of the API, and others only downloads.
pub(crate) fn applies_to(fault: &Value, action: &str) -> bool {
    let kind = fault["kind"].as_str().unwrap();
    let of_creates = ["task_id", "id_and_error", "two_responses"];
    let of_calls = [
        "refuse",
        "throttle",
        "token_expired",
        "skew",
        "done_without_url",
        "unknown_status",
        "nulls",
    ];
    let of_downloads = [
        "wrong_body",
        "no_length",
        "redirect",
        "encoding",
        "etag_change",
        "corrupt",
        "unasked_206",
        "forbidden_once",
    ];
    if of_creates.contains(&kind) {
        return action.starts_with("Create");
    }
    let is_download = action == "download";
    !of_calls.contains(&kind) && is_download || !of_downloads.contains(&kind) && !is_download
}
