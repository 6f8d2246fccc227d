//! Checks of credentials and of the rate limit of their account.

use std::time::Duration;

use mps_aigc::{CallOptions, Dispatch, Endpoint, UntypedCall, models::Effect};
use mps_core::limit::PermitRequest;
use serde_json::value::RawValue;

use super::check::Check;
use crate::{
    cautions,
    context::{Connection, Context},
    failure::Failure,
    foreign_text, limiter,
    live::units,
    options::LimiterScope,
    outcome::{self, Outcome, Reason},
};

/// The longest time for a permit: a new limiter waits about a second.
const PERMIT_TIME: Duration = Duration::from_secs(3);

/// The longest time for the signed call.
const CALL_TIME: Duration = Duration::from_secs(15);

/// An action of no service, so that no permit of a real one is used up.
const ACTION: &str = "MpsDoctor";

/// A task that no account has.
const NO_TASK: &str = r#"{"TaskId":"mps-doctor"}"#;

pub(super) async fn credentials(
    connection: &Connection,
    is_reachable: bool,
    context: &Context,
) -> Vec<Check> {
    let id = connection.secret_id();
    let end: String = id
        .chars()
        .skip(id.chars().count().saturating_sub(4))
        .collect();
    let end = foreign_text::name(&end).into_owned();
    if context.global.emulator {
        return vec![Check::ok("credentials", "those of the emulator")];
    }
    let found = match context.quiet_credentials().await {
        Ok(found) => found,
        Err(failure) => return vec![Check::failed("credentials", &failure)],
    };
    let mut message = match found.file() {
        Some(file) => format!("the key ...{end} of {}", foreign_text::path(file)),
        None => format!("the key ...{end}"),
    };
    if let Some(end) = found.expires_at()
        && let Ok(left) = end.duration_since(context.clock.wall())
    {
        message = format!("{message}, temporary, {} left", units::duration(left));
    }
    let mut checks = Vec::new();
    if let Some(caution) = cautions::of_credentials(&found) {
        checks.push(Check::warning("credentials", caution).fix("run the command in the message"));
    }
    checks.insert(
        0,
        if is_reachable {
            accepted(connection, message).await
        } else {
            Check::ok("credentials", format!("{message}; not tried"))
        },
    );
    checks
}

/// Asks for a task that does not exist, which is free: the refusal shows whether the key is accepted.
async fn accepted(connection: &Connection, message: String) -> Check {
    let Ok(body) = RawValue::from_string(NO_TASK.to_owned()) else {
        return Check::ok("credentials", message);
    };
    let call = UntypedCall::new("DescribeAigcVideoTask", body).effect(Effect::Read);
    let options = CallOptions::new().deadline(CALL_TIME);
    let Err(error) = Box::pin(connection.client().call(call, options)).await else {
        return Check::ok("credentials", format!("{message} is accepted"));
    };
    match outcome::of_call(&error) {
        Outcome::NotCreated(Reason::Credentials | Reason::Quota) => {
            Check::failed("credentials", &Failure::of_call(&error))
        }
        // The service has looked at the request, and so it has accepted the signature.
        _ if error.dispatch() == Dispatch::Refused && error.code().is_some() => {
            Check::ok("credentials", format!("{message} is accepted"))
        }
        _ => Check::failed("credentials", &Failure::of_call(&error)),
    }
}

pub(super) async fn limiter(
    connection: Option<&Connection>,
    endpoint: &Endpoint,
    context: &Context,
) -> Check {
    let scope = match &context.global.limiter {
        _ if context.global.emulator => return Check::ok("limiter", "this process alone"),
        Some(LimiterScope::Process) => return Check::ok("limiter", "this process alone"),
        Some(LimiterScope::Url(url)) => url.to_string(),
        Some(LimiterScope::Machine) | None => "all processes of this machine".to_owned(),
    };
    let account = connection.map_or("mps-doctor", Connection::account);
    let name = format!("{} {account}", endpoint.host());
    let (limiter, warning) = match limiter::build(context.global.limiter.clone(), &name) {
        Ok(built) => built,
        Err(failure) => return Check::failed("limiter", &failure),
    };
    if let Some(warning) = warning {
        return Check::warning("limiter", warning)
            .fix("set XDG_STATE_HOME to a folder on a disk of this machine");
    }
    let request = PermitRequest::new(ACTION, Effect::Control, 10).max_wait(PERMIT_TIME);
    match limiter.acquire(request).await {
        Ok(_) => Check::ok(
            "limiter",
            format!("{scope}, account {}", foreign_text::name(account)),
        ),
        Err(error) => {
            let message = format!("{scope}: {error}");
            Check::error("limiter", Reason::Trouble, message).fix(
                "make it reachable and writable; or, if nothing else uses the account: --limiter process",
            )
        }
    }
}
