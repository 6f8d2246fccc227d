//! The tools, and which function does the work of each.

use std::sync::Arc;

use rmcp::model::{CallToolResult, JsonObject, Tool, ToolAnnotations};
use tokio_util::sync::CancellationToken;

use super::{
    answer, arguments, check, create, fetch,
    follow::{self, Progress},
    list, schemas,
    session::Session,
};
use crate::failure::Failure;

/// The instructions of the server for agents.
pub(super) const INSTRUCTIONS: &str = "Creates videos, images and sound on Tencent Cloud MPS. Each create is billed. Choose one key for each \
     thing you want and keep it: create with the same key returns the same task and never bills twice, so \
     repeat a create whose answer was lost with the same key and request. Steps: check (free), create, \
     wait until done (at most 60 s a call), fetch. A daily cap in seconds holds; list shows what is left. \
     A create in doubt may have been billed: tell a person and create nothing in its place.";

/// Returns the tools.
pub(super) fn all() -> Vec<Tool> {
    let tool =
        |name, description, input: JsonObject, output: JsonObject, hints: ToolAnnotations| {
            Tool::new(name, description, input)
                .with_raw_output_schema(Arc::new(output))
                .with_annotations(hints)
        };
    let reads = || {
        let hints = ToolAnnotations::new().read_only(true);
        hints.idempotent(true)
    };
    let writes = |title| {
        let hints = ToolAnnotations::with_title(title).read_only(false);
        hints.destructive(false).idempotent(true)
    };
    vec![
        tool(
            "create",
            "Creates a task, which is billed, and returns its state at once without waiting for the \
             result. The same key with the same request returns the same task and is never billed \
             again; with another request it is an error. The request is checked before anything is \
             sent.",
            schemas::create(),
            schemas::task(),
            writes("Create a task (billed)").open_world(true),
        ),
        tool(
            "status",
            "Asks the service once about a task that is not done, and returns its state.",
            schemas::one_key(),
            schemas::task(),
            reads().open_world(true),
        ),
        tool(
            "wait",
            "Waits until a task is done, for a bounded time, and returns its state. Renders take \
             minutes: call it again while the state is created.",
            schemas::wait(),
            schemas::task(),
            reads().open_world(true),
        ),
        tool(
            "fetch",
            "Saves the results of a task that is done below the folder that the server was started \
             with, and returns path, size and SHA-256 of each file.",
            schemas::one_key(),
            schemas::task(),
            writes("Save the results").open_world(true),
        ),
        tool(
            "list",
            "Lists the tasks that agents have created for this account, oldest first, and what is left \
             of the daily cap. Asks the ledger of this machine only.",
            schemas::list(),
            schemas::tasks(),
            reads().open_world(false),
        ),
        tool(
            "check",
            "Checks a request by the documented rules and returns every finding and the seconds that \
             it would be billed. Sends nothing and costs nothing.",
            schemas::check(),
            schemas::checked(),
            reads().open_world(false),
        ),
    ]
}

/// A call of a tool.
pub(super) struct ToolCall {
    pub(super) name: String,
    pub(super) arguments: JsonObject,
    /// Set if the client asked for progress.
    pub(super) progress: Option<Progress>,
    pub(super) cancel: CancellationToken,
}

/// Does the work of a tool. Returns `None` if there is no such tool.
pub(super) async fn call(session: &Arc<Session>, call: ToolCall) -> Option<CallToolResult> {
    let ToolCall {
        name,
        arguments,
        progress,
        cancel,
    } = call;
    let answered = match name.as_str() {
        "create" => match arguments::parse(arguments) {
            Ok(arguments) => Box::pin(create::run(session, arguments, &cancel)).await,
            Err(failure) => Err(failure),
        },
        "status" => match arguments::parse(arguments) {
            Ok(arguments) => Box::pin(follow::status(session, &arguments)).await,
            Err(failure) => Err(failure),
        },
        "wait" => match arguments::parse(arguments) {
            Ok(arguments) => Box::pin(follow::wait(session, &arguments, progress, &cancel)).await,
            Err(failure) => Err(failure),
        },
        "fetch" => match arguments::parse(arguments) {
            Ok(arguments) => Box::pin(fetch::run(session, &arguments, &cancel)).await,
            Err(failure) => Err(failure),
        },
        "list" => match arguments::parse(arguments) {
            Ok(arguments) => Box::pin(list::run(session, &arguments)).await,
            Err(failure) => Err(failure),
        },
        "check" => {
            arguments::parse(arguments).and_then(|arguments| check::run(session, &arguments))
        }
        _ => return None,
    };
    Some(answer::result(answered))
}

/// Returns the result of a tool that panicked.
pub(super) fn panicked() -> CallToolResult {
    let message = "the tool ended by a mistake of this program";
    answer::result(Err(
        Failure::internal(message).hint("call status with the key")
    ))
}
