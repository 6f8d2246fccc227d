//! `mps call`: calls any action, untyped.

use clap::{Args, ValueEnum};
use mps_aigc::{
    CallOptions, Dispatch, RawBody, UntypedCall,
    models::{Effect, TaskFamily},
};
use mps_core::Output;
use serde::Serialize;
use serde_json::value::RawValue;

use super::create;
use crate::{
    context::{Connection, Context},
    doubt::Doubt,
    failure::Failure,
    foreign_text,
    input::Source,
    outcome::Outcome,
    results::Receipt,
    resume::CommandLine,
};

/// The arguments of `mps call`.
#[derive(Args, Debug)]
pub(crate) struct CallArgs {
    /// Name of the action, such as `DescribeAigcVideoTask`
    action: String,
    /// JSON body
    #[arg(long, value_name = "TEXT|@FILE|-", default_value = "{}")]
    json: String,
    /// Effect of actions that this program does not know; with any effect but `read` a request is
    /// never sent twice when the first may have been executed [default: paid-create]
    #[arg(long, value_name = "EFFECT")]
    effect: Option<EffectArg>,
}

/// The effect of an action.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum EffectArg {
    /// Changes nothing
    Read,
    /// Creates a task that is billed
    PaidCreate,
    /// Changes a task
    Control,
}

/// `mps.call/1`.
#[derive(Serialize)]
struct CallResult<'a> {
    schema: &'static str,
    action: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    response: &'a RawValue,
}

pub(crate) async fn run(args: CallArgs, context: &Context) -> Result<(), Failure> {
    let body = Source::text_file_or_stdin("--json", &args.json)?.parse_raw()?;
    let call = UntypedCall::new(&args.action, body);
    let call = match args.effect {
        Some(effect) => call.effect(effect.into()),
        None => call,
    };
    let connection = context.connect().await?;
    if call.effect == Effect::Read {
        return read(&args.action, call, &connection, context).await;
    }
    create(&args.action, call, &connection, context).await
}

async fn read(
    action: &str,
    call: UntypedCall,
    connection: &Connection,
    context: &Context,
) -> Result<(), Failure> {
    let call = Box::pin(connection.client().call(call, CallOptions::new()));
    match context.phase.race(call).await {
        Ok(Ok(output)) => {
            let body = foreign_text::json(output.body.get());
            let result = CallResult::new(action, &output);
            context.output.listing(&body, &result)
        }
        Ok(Err(error)) => Err(Failure::of_call(&error)),
        Err(signal) => Err(Failure::interrupted(signal)),
    }
}

/// Calls an action that is billed or changes a task: its answer is a receipt.
async fn create(
    action: &str,
    call: UntypedCall,
    connection: &Connection,
    context: &Context,
) -> Result<(), Failure> {
    connection.warn_of_limit(&context.output);
    let client = connection.client();
    let family = TaskFamily::created_by(action).map(TaskFamily::as_str);
    let line = |family| {
        CommandLine::for_task(
            &context.global,
            family,
            "wait",
            create::ID_PLACEHOLDER,
            None,
        )
    };
    let doubt = Doubt::new(
        action,
        client.endpoint().host(),
        connection.secret_id(),
        family.map(line).as_ref(),
    );
    let output = create::send(
        context,
        doubt,
        Box::pin(client.call(call, context.create_options())),
    )
    .await?;
    let result = CallResult::new(action, &output);
    let task_id = output.body.task_id();
    let (Some(family), Some(task_id)) = (family, task_id) else {
        let in_doubt = family.map(|_| no_task_id(action, output.request_id.clone(), context));
        context.phase.end_create(None);
        let body = foreign_text::json(output.body.get());
        context.output.listing(&body, &result)?;
        return in_doubt.map_or(Ok(()), Err);
    };
    let request_id = output.request_id.clone();
    let receipt = Receipt::new(family, &task_id, request_id, true, &context.global, None);
    context.phase.end_create(Some(receipt.clone()));
    let body = foreign_text::json(output.body.get());
    context.output.receipt(&body, &result, &receipt)?;
    match context.phase.signal() {
        Some(signal) => Err(Failure::interrupted_task(signal, &receipt)),
        None => Ok(()),
    }
}

/// Returns the error for an answer that should name a task and does not: a task may run unseen.
fn no_task_id(action: &str, request_id: Option<String>, context: &Context) -> Failure {
    let message = format!("{action}: the answer has no task id");
    let failure = Failure::new(Outcome::InDoubt, "no_task_id", message);
    let failure = Failure {
        request_id,
        dispatch: Some(Dispatch::Executed),
        ..failure
    };
    match context.phase.doubt() {
        Some(doubt) => failure.doubt(doubt),
        None => failure,
    }
}

impl<'a> CallResult<'a> {
    fn new(action: &'a str, output: &'a Output<RawBody>) -> Self {
        Self {
            schema: "mps.call/1",
            action,
            request_id: output.request_id.as_deref(),
            response: &output.body,
        }
    }
}

impl From<EffectArg> for Effect {
    fn from(effect: EffectArg) -> Self {
        match effect {
            EffectArg::Read => Self::Read,
            EffectArg::PaidCreate => Self::PaidCreate,
            EffectArg::Control => Self::Control,
        }
    }
}
