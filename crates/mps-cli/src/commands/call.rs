//! `mps call`: any action, untyped.

use mps_aigc::{CallOptions, UntypedCall, models::Effect};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{args, context::Context, failure::Failure, input::Source};

#[derive(Serialize)]
struct CallResult<'a> {
    schema: &'static str,
    action: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    response: &'a RawValue,
}

pub(crate) async fn run(args: args::Call, context: &Context<'_>) -> Result<(), Failure> {
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

impl From<args::Effect> for Effect {
    fn from(effect: args::Effect) -> Self {
        match effect {
            args::Effect::Read => Self::Read,
            args::Effect::PaidCreate => Self::PaidCreate,
            args::Effect::Control => Self::Control,
        }
    }
}
