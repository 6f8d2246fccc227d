//! `mps tasks forget`: removes the contents of tasks that have ended.

use mps_jobs::ledger::{Forget, Timestamp};
use serde_json::json;

use super::{ForgetArgs, account_ledger, find_one};
use crate::{
    context::Context,
    failure::Failure,
    live::units::{are, counted},
};

pub(super) async fn run(args: &ForgetArgs, context: &Context) -> Result<(), Failure> {
    let (ledger, _) = account_ledger(context).await?;
    let selected = if let Some(age) = args.older_than {
        Forget::EndedBefore(Timestamp::from(context.clock.wall()).before(age))
    } else {
        let mut rows = Vec::new();
        for name in &args.tasks {
            rows.push(find_one(&ledger, name, |_| true).await?.row);
        }
        Forget::Rows(rows)
    };
    let forgotten = ledger.forget(selected).await?;
    let human = format!(
        "forgot the contents of {}",
        counted(forgotten.scrubbed, "task")
    );
    let result = json!({"schema": "mps.forgotten/1", "forgotten": forgotten.scrubbed});
    context.output.listing(&human, &result)?;
    match forgotten.open.len() {
        0 => Ok(()),
        open => {
            let (has, are) = (if open == 1 { "has" } else { "have" }, are(open));
            let message = format!("{open} of the tasks {has} not ended, and {are} not forgotten");
            Err(Failure::usage(message).hint("wait for them, or resolve them: mps tasks --undone"))
        }
    }
}
