//! Runs the actions of the API.

mod body;
mod classic;
mod concurrency;
mod scenario;
mod task_lifecycle;

use bytes::Bytes;
use mps_models::{Action, ActionInfo, ActionVisitor, visit_action};
use serde_json::{Map, Value};

pub(crate) use task_lifecycle::status_text;

use crate::{
    api::service_state::ServiceState,
    engine::{ids::AccountIndex, refusal::Refusal},
};

/// The surroundings of a call.
pub(crate) struct Context<'a> {
    pub(crate) service: &'a ServiceState,
    /// The account that signed the call.
    pub(crate) account: AccountIndex,
    /// The request's body as it arrived.
    pub(crate) body: &'a Bytes,
    pub(crate) request_id: &'a str,
}

/// An action that is implemented by itself. The request has passed every check of the
/// specification.
trait Execute: Action {
    fn execute(self, context: &Context<'_>) -> Result<Self::Response, Refusal>;
}

/// An [`Execute`] without its types.
pub(crate) struct TypedOperation {
    action: &'static ActionInfo,
    run: fn(&Context<'_>) -> Result<Map<String, Value>, Refusal>,
}

impl TypedOperation {
    const fn of<A: Execute>() -> Self {
        Self {
            action: A::INFO,
            run: run::<A>,
        }
    }
}

fn run<A: Execute>(context: &Context<'_>) -> Result<Map<String, Value>, Refusal> {
    let response =
        body::parse::<A>(context.body, context.service.settings.site)?.execute(context)?;
    match serde_json::to_value(response) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(Refusal::new(
            "InternalError",
            "the answer cannot be written as a JSON object",
        )),
    }
}

/// The implementation of an action.
pub(crate) enum Operation {
    Typed(&'static TypedOperation),
    Classic(&'static ActionInfo, classic::Operation),
    Generic(&'static ActionInfo),
}

impl Operation {
    /// Runs the action, and returns the members of its answer.
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Map<String, Value>, Refusal> {
        match self {
            Self::Typed(operation) => (operation.run)(context),
            Self::Classic(action, operation) => operation.run(action, context),
            Self::Generic(action) => {
                visit_action(action.name, Generic(context)).ok_or_else(|| unsupported(action))?
            }
        }
    }
}

/// The answer to an action of which only the structure is specified: the request is checked as every
/// other, and the response is empty. A fault can refuse such an action with `UnsupportedOperation`.
struct Generic<'a, 'c>(&'a Context<'c>);

impl ActionVisitor for Generic<'_, '_> {
    type Output = Result<Map<String, Value>, Refusal>;

    fn visit<A: Action>(self) -> Self::Output {
        body::parse::<A>(self.0.body, self.0.service.settings.site)?;
        Ok(Map::new())
    }
}

/// Returns the implementation of an action: its own, that of its family, or an empty answer if only
/// the structure of the action is specified.
pub(crate) fn find(action: &'static ActionInfo) -> Result<Operation, Refusal> {
    let mut typed = scenario::OPERATIONS.iter();
    let typed = typed.find(|operation| operation.action.name == action.name);
    let classic = || Some(Operation::Classic(action, classic::Operation::of(action)?));
    let generic = || (!action.described).then_some(Operation::Generic(action));
    typed
        .map(Operation::Typed)
        .or_else(classic)
        .or_else(generic)
        .ok_or_else(|| unsupported(action))
}

fn unsupported(action: &ActionInfo) -> Refusal {
    tracing::warn!(
        action = action.name,
        "the emulator does not implement this action"
    );
    Refusal::new(
        "UnsupportedOperation",
        format!("this emulator does not implement {}", action.name),
    )
}

fn invalid_value(message: impl Into<String>) -> Refusal {
    Refusal::new("InvalidParameterValue", message)
}

#[cfg(test)]
mod tests {
    use mps_models::DescribeAigcTaskList;

    use super::*;

    #[test]
    fn every_action_of_the_specification_is_implemented() {
        for action in mps_models::ACTIONS {
            assert!(find(action).is_ok(), "{} has no operation", action.name);
        }
    }

    /// Returns the members of the generic answer to a body, or the code of its refusal.
    fn generic_answer(name: &'static str, body: &'static str) -> Result<usize, String> {
        let service = crate::Emulator::builder().service();
        let mut action = DescribeAigcTaskList::INFO.clone();
        action.name = name;
        action.described = false;
        let context = Context {
            service: &service.0,
            account: 0,
            body: &Bytes::from_static(body.as_bytes()),
            request_id: "r-1",
        };
        let answer = Operation::Generic(Box::leak(Box::new(action))).run(&context);
        answer
            .map(|members| members.len())
            .map_err(|refusal| refusal.code.to_string())
    }

    /// As `cargo xtask spec add` makes them: no document was read for their facts.
    #[test]
    fn an_action_of_which_only_the_structure_is_specified_gets_an_empty_answer() {
        let answer = |body| generic_answer("DescribeAigcTaskList", body);
        assert_eq!(answer("{}"), Ok(0));
        assert_eq!(answer(r#"{"PageNum":1}"#), Ok(0));
        let refused = |code: &str| Err(code.to_owned());
        assert_eq!(answer(r#"{"PageNum":"1"}"#), refused("InvalidParameter"));
        assert_eq!(answer(r#"{"Page":1}"#), refused("UnknownParameter"));
        assert_eq!(answer("[]"), refused("InvalidParameter"));
        let mut added = DescribeAigcTaskList::INFO.clone();
        added.name = "DescribeSomethingNew";
        added.described = false;
        let added: &ActionInfo = Box::leak(Box::new(added));
        assert!(matches!(find(added), Ok(Operation::Generic(_))));
        let unknown = generic_answer("DescribeSomethingNew", "{}");
        assert_eq!(unknown, refused("UnsupportedOperation"));
    }
}
