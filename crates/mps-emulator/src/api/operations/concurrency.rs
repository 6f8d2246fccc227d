//! How many tasks of an account may be under way at once.

use std::time::Duration;

use mps_models::{ActionInfo, Effect};

use super::Context;
use crate::engine::{refusal::Refusal, tasks::Tasks};

/// What some creates are documented to answer; the others say it in a text (seen in public client
/// code) under the code that also limits the rate.
const OWN_CODE: &str = "LimitExceeded.CreateTask";
const COMMON_CODE: &str = "RequestLimitExceeded";

/// Refuses a create while as many tasks as are allowed wait or run.
pub(super) fn check(
    action: &ActionInfo,
    context: &Context<'_>,
    tasks: &Tasks,
    now: Duration,
) -> Result<(), Refusal> {
    let Some(most) = context.service.settings.concurrency else {
        return Ok(());
    };
    if action.effect != Effect::PaidCreate || under_way(tasks, context, now) < most {
        return Ok(());
    }
    let code = if action.errors.contains(&OWN_CODE) {
        OWN_CODE
    } else {
        COMMON_CODE
    };
    let message =
        format!("the account has reached its maximum concurrency of {most} tasks under way");
    Err(Refusal::new(code, message))
}

fn under_way(tasks: &Tasks, context: &Context<'_>, now: Duration) -> usize {
    let of_account = tasks.iter().filter(|task| task.account == context.account);
    of_account
        .filter(|task| task.stage(now).is_under_way())
        .count()
}
