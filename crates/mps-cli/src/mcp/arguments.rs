//! The arguments of tools. Unknown members are refused, so that an argument which does not exist is
//! never taken for one that works.

use std::time::Duration;

use mps_aigc::{TaskFamily, models};
use mps_jobs::{Key, State};
use rmcp::model::JsonObject;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{failure::Failure, foreign_text};

/// The action of a create that names none.
pub(super) const DEFAULT_ACTION: &str = "CreateAigcVideoTask";

/// The longest and the default time of a wait, in seconds.
pub(super) const WAIT: (u64, u64) = (60, 30);

/// The greatest and the default number of tasks in a list.
pub(super) const LIST: (usize, usize) = (100, 20);

/// Arguments of `create`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Create {
    pub(super) key: Key,
    #[serde(default = "default_action")]
    pub(super) action: String,
    pub(super) request: Map<String, Value>,
}

/// Arguments of `check`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Check {
    #[serde(default = "default_action")]
    pub(super) action: String,
    #[serde(default)]
    pub(super) request: Map<String, Value>,
    #[serde(default)]
    pub(super) schema: bool,
}

/// Arguments of `status` and `fetch`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OneKey {
    pub(super) key: Key,
}

/// Arguments of `wait`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wait {
    pub(super) key: Key,
    #[serde(default)]
    seconds: Option<u64>,
}

impl Wait {
    /// Returns the longest time of the wait.
    pub(super) fn limit(&self) -> Duration {
        let (longest, default) = WAIT;
        Duration::from_secs(self.seconds.unwrap_or(default).clamp(1, longest))
    }
}

/// Arguments of `list`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct List {
    #[serde(default)]
    pub(super) states: Vec<State>,
    #[serde(default)]
    pub(super) after: Option<Key>,
    #[serde(default)]
    limit: Option<usize>,
}

impl List {
    /// Returns the number of tasks to list.
    pub(super) fn limit(&self) -> usize {
        let (most, default) = LIST;
        self.limit.unwrap_or(default).clamp(1, most)
    }
}

fn default_action() -> String {
    DEFAULT_ACTION.to_owned()
}

/// Parses the arguments of a tool.
///
/// # Errors
/// Returns a usage error that names the member.
pub(super) fn parse<T: DeserializeOwned>(arguments: JsonObject) -> Result<T, Failure> {
    let parsed = serde_path_to_error::deserialize(Value::Object(arguments));
    parsed.map_err(|error| {
        let path = error.path().to_string();
        let message = foreign_text::cut_message(&error.into_inner().to_string());
        let message = if path == "." {
            format!("the arguments are wrong: {message}")
        } else {
            format!("the argument {path} is wrong: {message}")
        };
        Failure::usage(message).hint("nothing was sent; see the tool's input schema")
    })
}

/// Returns the actions that create tasks.
pub(super) fn creating_actions() -> impl Iterator<Item = &'static str> {
    let names = models::ACTIONS.iter().map(|action| action.name);
    names.filter(|name| TaskFamily::created_by(name).is_some())
}

/// Returns the family of the tasks that an action creates.
///
/// # Errors
/// Returns a usage error for any other action.
pub(super) fn family(action: &str) -> Result<TaskFamily, Failure> {
    TaskFamily::created_by(action).ok_or_else(|| {
        let shown = foreign_text::name(action);
        let known: Vec<_> = creating_actions().collect();
        Failure::usage(format!("the action {shown} creates no task"))
            .hint(format!("choose from {}", known.join(", ")))
    })
}
