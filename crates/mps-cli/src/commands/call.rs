//! `mps call`: calls any action, untyped.

use clap::{Args, ValueEnum};
use mps_aigc::{CallOptions, UntypedCall, models::Effect};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{context::Context, failure::Failure, input::Source};

/// The arguments of `mps call`.
#[derive(Args, Debug)]
pub(crate) struct CallArgs {
    /// Name of the action, such as DescribeAigcVideoTask
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

pub(crate) async fn run(args: CallArgs, context: &Context<'_>) -> Result<(), Failure> {
    let body = Source::text_file_or_stdin("--json", &args.json)?.parse_raw()?;
    let call = UntypedCall::new(&args.action, body);
    let call = match args.effect {
        Some(effect) => call.effect(effect.into()),
        None => call,
    };
    let connection = context.connect().await?;
    let output = connection.client().call(call, CallOptions::new()).await;
    let output = output.map_err(|error| Failure::of_call(&error))?;
    let result = CallResult {
        schema: "mps.call/1",
        action: &args.action,
        request_id: output.request_id.as_deref(),
        response: &output.body,
    };
    context.output.result(output.body.get(), &result)
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
