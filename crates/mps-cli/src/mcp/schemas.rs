//! The JSON Schemas of the tools' arguments and answers.

use mps_jobs::State;
use rmcp::model::JsonObject;
use serde_json::{Value, json};

use super::arguments::{DEFAULT_ACTION, LIST, WAIT, creating_actions};

/// Returns the states of a task.
fn states() -> Vec<&'static str> {
    State::ALL.into_iter().map(State::as_str).collect()
}

fn object(value: Value) -> JsonObject {
    match value {
        Value::Object(object) => object,
        _ => JsonObject::new(),
    }
}

/// Returns a closed object: an argument that does not exist is an error.
fn arguments(properties: &Value, required: &[&str]) -> JsonObject {
    object(json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    }))
}

fn key() -> Value {
    json!({
        "type": "string",
        "minLength": 1,
        "maxLength": 200,
        "description": "Key of the task, chosen by you: the same key is the same task and one bill. \
            Repeat a call whose answer was lost with the same key, never with another one.",
    })
}

fn action() -> Value {
    json!({
        "type": "string",
        "enum": creating_actions().collect::<Vec<_>>(),
        "default": DEFAULT_ACTION,
        "description": "Action of the service: what is created.",
    })
}

pub(super) fn create() -> JsonObject {
    arguments(
        &json!({
            "key": key(),
            "action": action(),
            "request": {
                "type": "object",
                "description": "Body as the API documents it. For CreateAigcVideoTask for example \
                    ModelName, ModelVersion, Prompt, Duration, ImageUrl, and ExtraParameters with \
                    Resolution and AspectRatio. check returns its JSON Schema.",
            },
        }),
        &["key", "request"],
    )
}

pub(super) fn check() -> JsonObject {
    arguments(
        &json!({
            "action": action(),
            "request": {
                "type": "object",
                "description": "Body to check; empty by default.",
            },
            "schema": {
                "type": "boolean",
                "default": false,
                "description": "Return the JSON Schema of the body, too. It can be long.",
            },
        }),
        &[],
    )
}

pub(super) fn one_key() -> JsonObject {
    arguments(&json!({"key": key()}), &["key"])
}

pub(super) fn wait() -> JsonObject {
    let (longest, default) = WAIT;
    let seconds = json!({
        "type": "integer",
        "minimum": 1,
        "maximum": longest,
        "default": default,
        "description": "Longest time to wait. Call wait again if the task is not done by then.",
    });
    arguments(&json!({"key": key(), "seconds": seconds}), &["key"])
}

pub(super) fn list() -> JsonObject {
    let (most, default) = LIST;
    arguments(
        &json!({
            "states": {
                "type": "array",
                "items": {"type": "string", "enum": states()},
                "description": "Only tasks in these states; in any by default.",
            },
            "after": {
                "type": "string",
                "description": "Key of the last task of the page before.",
            },
            "limit": {"type": "integer", "minimum": 1, "maximum": most, "default": default},
        }),
        &[],
    )
}

fn task_members() -> Value {
    let text = json!({"type": "string"});
    let time = json!({"type": "string", "format": "date-time"});
    json!({
        "schema": {"const": "mps.task/1"},
        "key": text,
        "state": {"type": "string", "enum": states()},
        "family": text,
        "action": text,
        "model": text,
        "task_id": text,
        "status": {"type": "string", "description": "Status of the last look, as the service has it."},
        "message": {"type": "string", "description": "Reason of a refusal or failure."},
        "seconds": {"type": "integer", "description": "Billed seconds."},
        "added_at": time,
        "created_at": time,
        "done_at": time,
        "expires_at": {
            "type": "string",
            "format": "date-time",
            "description": "The service deletes the results then: fetch them before.",
        },
        "files": {"type": "array", "items": file()},
        "batch": text,
    })
}

fn file() -> Value {
    json!({
        "type": "object",
        "properties": {
            "path": {"type": "string"},
            "bytes": {"type": "integer"},
            "sha256": {"type": "string"},
        },
        "required": ["path", "bytes", "sha256"],
    })
}

const TASK_REQUIRED: [&str; 6] = ["schema", "key", "state", "action", "added_at", "files"];

/// Returns the schema of the answer about one task.
pub(super) fn task() -> JsonObject {
    let mut members = object(task_members());
    members.extend(object(json!({
        "next": {"type": "string", "description": "What to do next."},
        "request_id": {"type": "string"},
        "existing": {
            "type": "boolean",
            "description": "True if the key had this task already and nothing was sent.",
        },
        "doubt": {
            "type": "object",
            "description": "Page about a create in doubt, for a person.",
        },
        "trouble": {
            "type": "object",
            "properties": {"kind": {"type": "string"}, "message": {"type": "string"}},
            "description": "Error of the last look at the service; the task may run nevertheless.",
        },
        "findings": {"type": "array", "items": {"type": "object"}},
    })));
    let required = [TASK_REQUIRED.as_slice(), &["next"]].concat();
    object(json!({"type": "object", "properties": members, "required": required}))
}

/// Returns the schema of the answer of `list`.
pub(super) fn tasks() -> JsonObject {
    object(json!({
        "type": "object",
        "properties": {
            "tasks": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": task_members(),
                    "required": TASK_REQUIRED,
                },
            },
            "more": {"type": "boolean"},
            "cap": {
                "type": "object",
                "properties": {
                    "max_seconds": {"type": "integer"},
                    "used_seconds": {"type": "integer"},
                    "left_seconds": {"type": "integer"},
                    "resets_at": {"type": "string", "format": "date-time"},
                },
                "required": ["max_seconds", "used_seconds", "left_seconds", "resets_at"],
            },
        },
        "required": ["tasks", "more", "cap"],
    }))
}

/// Returns the schema of the answer of `check`.
pub(super) fn checked() -> JsonObject {
    object(json!({
        "type": "object",
        "properties": {
            "schema": {"const": "mps.check/1"},
            "action": {"type": "string"},
            "site": {"type": "string"},
            "ok": {"type": "boolean", "description": "True if create would send it."},
            "findings": {"type": "array", "items": {"type": "object"}},
            "seconds": {"type": "integer", "description": "Seconds that it is billed."},
            "json_schema": {"type": "object"},
        },
        "required": ["schema", "action", "site", "ok", "findings"],
    }))
}
