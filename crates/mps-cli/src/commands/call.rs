//! `mps call`: calls any action, untyped.

use clap::{Args, ValueEnum};
use mps_aigc::{
    CallOptions, Dispatch, RawBody, UntypedCall,
    models::{self, Action, ActionVisitor, Effect, TaskFamily, visit_action},
};
use mps_core::Output;
use mps_jobs::{Key, ledger::Item};
use serde::Serialize;
use serde_json::{
    json,
    value::{RawValue, to_raw_value},
};

use super::create::{
    self,
    existing::{Existing, Wanted},
};
use crate::{
    context::{Connection, Context},
    failure::Failure,
    foreign_text,
    input::Source,
    ledger::Opening,
    outcome::Outcome,
    preflight,
    record::{Admission, Guard, Record, Recorder},
    refresh::is_over,
    results::Receipt,
    suggest,
    tracked::KnownTasks,
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
    #[command(flatten)]
    guard: Guard,
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
    /// The key in the ledger.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a Key>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    response: &'a RawValue,
}

pub(crate) async fn run(args: CallArgs, context: &Context) -> Result<(), Failure> {
    let body = Source::text_file_or_stdin("--json", &args.json)?.parse_raw()?;
    if let Ok(request) = serde_json::from_str(body.get()) {
        preflight::admit_json(&args.action, &request, context)?;
    }
    let call = UntypedCall::new(&args.action, body);
    let call = match args.effect {
        Some(effect) => call.effect(effect.into()),
        None => call,
    };
    let connection = context.connect().await?;
    if call.effect == Effect::Read {
        refuse_guard(&args)?;
        return read(&args.action, call, &connection, context).await;
    }
    Box::pin(create(&args, call, &connection, context)).await
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
        Ok(Err(error)) => Err(with_action(Failure::of_call(&error), action)),
        Err(signal) => Err(Failure::interrupted(signal)),
    }
}

/// Adds the action that was probably meant to the refusal of an unknown one.
fn with_action(failure: Failure, action: &str) -> Failure {
    let is_unknown = failure
        .code
        .as_deref()
        .is_some_and(|code| code.starts_with("InvalidAction"));
    if !is_unknown {
        return failure;
    }
    let known = models::ACTIONS.iter().map(|action| action.name);
    suggest::with_closest(failure, action, known)
}

/// Calls an action that is billed or changes a task: its answer is a receipt.
async fn create(
    args: &CallArgs,
    call: UntypedCall,
    connection: &Connection,
    context: &Context,
) -> Result<(), Failure> {
    let action = args.action.as_str();
    let family = TaskFamily::created_by(action).map(TaskFamily::as_str);
    let record = if family.is_some() {
        match admit(args, &call, connection, context).await? {
            Admitted::Send(record) => record,
            Admitted::Printed => return Ok(()),
        }
    } else {
        refuse_guard(args)?;
        if let Some(warning) = connection.limit_warning() {
            context.output.warning(warning);
        }
        Record::none(context)
    };
    let doubt = create::doubt(action, family, &record, connection, context);
    let options = context.create_options(record.gate());
    let sent = Box::pin(connection.client().call(call, options));
    let output = create::send(context, doubt, &record, sent).await;
    let output = output.map_err(|failure| with_action(failure, action))?;
    let result = CallResult {
        key: record.key(),
        ..CallResult::new(action, &output)
    };
    let task_id = output.body.task_id();
    let (Some(family), Some(task_id)) = (family, task_id) else {
        let in_doubt = family.map(|_| no_task_id(action, output.request_id.clone(), context));
        if let Some(failure) = &in_doubt {
            record.not_created(failure).await;
        }
        context.phase.end_create(None);
        let body = foreign_text::json(output.body.get());
        context.output.listing(&body, &result)?;
        return in_doubt.map_or(Ok(()), |failure| Err(failure.with_key(record.key())));
    };
    let request_id = output.request_id.clone();
    let receipt = Receipt::new(family, &task_id, request_id, true, &context.global, None);
    let receipt = receipt.with_key(record.key());
    let unrecorded = record.created(&receipt).await;
    context.phase.end_create(Some(receipt.clone()));
    if let Some(key) = receipt.key.as_deref().filter(|_| !context.global.emulator) {
        create::announce_key(&receipt, key, context);
    }
    let body = foreign_text::json(output.body.get());
    let printed = context.output.receipt(&body, &result, &receipt);
    let signal = context.phase.signal();
    let interrupted = signal.map(|signal| Failure::interrupted_task(signal, &receipt));
    let failures = [unrecorded, printed.err(), interrupted]
        .into_iter()
        .flatten();
    Failure::combined(failures.collect()).map_or(Ok(()), Err)
}

/// Refuses the options of the guard for an action whose tasks the ledger does not have.
fn refuse_guard(args: &CallArgs) -> Result<(), Failure> {
    if args.guard.key.is_none() && !args.guard.again {
        return Ok(());
    }
    let message = format!(
        "--key and --again: {} creates no task that is recorded",
        args.action
    );
    Err(Failure::usage(message).hint("leave them out"))
}

/// The answer to a call that would create a task.
enum Admitted {
    Send(Record),
    /// The key has a task, whose answer was printed again.
    Printed,
}

/// Records the call in the ledger, unless its key has a task.
async fn admit(
    args: &CallArgs,
    call: &UntypedCall,
    connection: &Connection,
    context: &Context,
) -> Result<Admitted, Failure> {
    let opening = Opening::default();
    let recorder = Recorder::open(context, connection, &args.guard, opening).await?;
    let known_tasks = KnownTasks::new(context, connection, recorder.ledger().cloned());
    let body = call.body.get();
    let seconds = visit_action(&call.action, Seconds(body)).flatten();
    let new = recorder.row(&call.action, body.to_owned(), seconds);
    let item = if let Some(item) = recorder.known(&new).await? {
        item
    } else {
        let is_over = async |item: &Item| is_over(context, connection, &known_tasks, item).await;
        match Box::pin(recorder.admit(new, is_over)).await? {
            Admission::Send(record) => return Ok(Admitted::Send(record)),
            Admission::Existing(item) => item,
        }
    };
    let existing = Existing {
        context,
        connection,
        known_tasks: &known_tasks,
        wanted: Wanted::default(),
    };
    let job = existing.job(*item).await?;
    let handle = existing.living_task(&job).await?;
    let receipt = existing.receipt(&job, handle.family().as_str(), handle.id());
    existing.announce(&job, &receipt);
    let request_id = job.item().request_id.as_deref();
    let answer = to_raw_value(&json!({"TaskId": handle.id(), "RequestId": request_id}));
    let answer = answer.map_err(|error| Failure::internal(error.to_string()))?;
    let result = CallResult {
        schema: "mps.call/1",
        action: &call.action,
        key: Some(job.key()),
        request_id,
        response: &answer,
    };
    let body = foreign_text::json(answer.get());
    context.output.receipt(&body, &result, &receipt)?;
    Ok(Admitted::Printed)
}

/// Finds the billed seconds of a body.
struct Seconds<'a>(&'a str);

impl ActionVisitor for Seconds<'_> {
    type Output = Option<u64>;

    fn visit<A: Action>(self) -> Option<u64> {
        serde_json::from_str::<A>(self.0).ok()?.billable_seconds()
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
            key: None,
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
