//! The actions that can be executed, one module a family.

mod audio;
mod body;
mod concurrency;
mod image;
mod scenario;
mod task_lifecycle;
mod video;

use bytes::Bytes;
use mps_models::{Action, ActionInfo};
use serde_json::{Map, Value};

pub(crate) use task_lifecycle::status_text;

use crate::{
    api::service_state::ServiceState,
    engine::{ids::AccountIndex, refusal::Refusal},
};

/// What an action has to work with beside its request.
pub(crate) struct Context<'a> {
    pub(crate) service: &'a ServiceState,
    /// Who calls.
    pub(crate) account: AccountIndex,
    /// The request's body as it arrived.
    pub(crate) body: &'a Bytes,
    pub(crate) request_id: &'a str,
}

/// An action the emulator can execute. The request has passed every check of the specification.
trait Execute: Action {
    fn execute(self, context: &Context<'_>) -> Result<Self::Response, Refusal>;
}

/// An action with its types folded away.
pub(crate) struct Operation {
    action: &'static ActionInfo,
    run: fn(&Context<'_>) -> Result<Map<String, Value>, Refusal>,
}

impl Operation {
    const fn of<A: Execute>() -> Self {
        Self {
            action: A::INFO,
            run: run::<A>,
        }
    }

    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Map<String, Value>, Refusal> {
        (self.run)(context)
    }
}

fn run<A: Execute>(context: &Context<'_>) -> Result<Map<String, Value>, Refusal> {
    let response = body::parse::<A>(context.body)?.execute(context)?;
    match serde_json::to_value(response) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(Refusal::new(
            "InternalError",
            "the answer cannot be written as a JSON object",
        )),
    }
}

const FAMILIES: [&[Operation]; 4] = [
    &video::OPERATIONS,
    &image::OPERATIONS,
    &audio::OPERATIONS,
    &scenario::OPERATIONS,
];

/// A value that no file can be made for.
fn bad_value(message: impl Into<String>) -> Refusal {
    Refusal::new("InvalidParameterValue", message)
}

/// How to execute an action of the specification.
pub(crate) fn find(action: &ActionInfo) -> Result<&'static Operation, Refusal> {
    let mut operations = FAMILIES.iter().copied().flatten();
    operations
        .find(|operation| operation.action.name == action.name)
        .ok_or_else(|| {
            tracing::warn!(
                action = action.name,
                "the emulator cannot execute this action"
            );
            Refusal::new(
                "UnsupportedOperation",
                format!("this emulator cannot execute {}", action.name),
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_of_the_specification_can_be_executed() {
        for action in mps_models::ACTIONS {
            assert!(find(action).is_ok(), "{} has no operation", action.name);
        }
    }
}
