//! Limits the tasks of an account that wait or run at the same time.

use std::time::Duration;

use mps_models::{ActionInfo, Effect};

use super::Context;
use crate::engine::{refusal::Refusal, tasks::Tasks};

/// The documented code of some creates. The others answer the code of the rate limit with a text
/// about concurrency (seen in public client code).
const OWN_CODE: &str = "LimitExceeded.CreateTask";
const COMMON_CODE: &str = "RequestLimitExceeded";

/// Refuses a create while the account has as many unfinished tasks as it may have.
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
