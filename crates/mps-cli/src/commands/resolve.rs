//! `mps resolve`: records a person's decision about a create in doubt.

use std::time::Duration;

use clap::Args;
use mps_aigc::{Dispatch, ErrorKind, TaskFamily, TaskHandle, UntypedCall};
use mps_core::Output as Answer;
use mps_jobs::{
    Job, Ledger, Resolution, State,
    ledger::{Item, Timestamp},
};
use serde_json::value::RawValue;

use super::{
    create,
    tasks::{TaskLine, account_ledger, find_one},
};
use crate::{
    context::Context,
    failure::Failure,
    foreign_text, ledger, media,
    outcome::Outcome,
    record::Record,
    results::{Receipt, TaskResult},
};

/// The time for which the service answers queries about a task: seven days, by its page of 2026-01-08.
const QUERIED: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The arguments of `mps resolve`.
#[derive(Args, Debug)]
pub(crate) struct ResolveArgs {
    /// Key of the create in doubt; BATCH/KEY for a row of a batch
    key: String,
    #[command(flatten)]
    decision: Decision,
}

/// The decision; look into the vendor's console before.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct Decision {
    /// The task exists: follow it
    #[arg(long, value_name = "ID")]
    task_id: Option<String>,
    /// There is certainly no such task: send the request again at once, which is billed
    #[arg(long)]
    recreate: bool,
    /// Give it up: its price counts as spent, and the key is not sent again
    #[arg(long)]
    abandon: bool,
}

pub(crate) async fn run(args: &ResolveArgs, context: &Context) -> Result<(), Failure> {
    if args.decision.recreate {
        return Box::pin(recreate(args, context)).await;
    }
    let (ledger, _) = account_ledger(context).await?;
    let item = doubtful(&ledger, &args.key).await?;
    let decision = match &args.decision.task_id {
        Some(task) => {
            look_for(task, &item, context).await?;
            Resolution::TaskId(task.clone())
        }
        None => Resolution::Abandon,
    };
    let item = ledger.resolve(&item.row, decision).await?;
    let line = TaskLine::of(&Job::of(&ledger, item).await?);
    context.output.listing(&line.human(), &line)
}

async fn doubtful(ledger: &Ledger, key: &str) -> Result<Item, Failure> {
    // A create whose process was killed is in doubt from now on.
    ledger.reap().await?;
    find_one(ledger, key, |item| item.state == State::InDoubt).await
}

/// Asks the service for a task before it is recorded, since a wrong id cannot be taken back. Without an
/// answer the person's word counts.
///
/// # Errors
/// Returns a usage error when the service does not have the task, although it is as young as the create.
async fn look_for(id: &str, item: &Item, context: &Context) -> Result<(), Failure> {
    let Some(family) = TaskFamily::created_by(&item.action) else {
        return Ok(());
    };
    let shown = foreign_text::name(id);
    let unseen = |reason: &str| {
        let reason = foreign_text::message(reason);
        let warning = format!("task {shown} is recorded without a look at it: {reason}");
        context.output.warning(&warning);
        Ok(())
    };
    let connection = match context.connect().await {
        Ok(connection) => connection,
        Err(failure) => return unseen(&failure.message),
    };
    check_account(item, &connection)?;
    let task = connection.aigc().task(TaskHandle::new(family, id));
    let status = context.phase.race(Box::pin(task.status())).await;
    let sent = item.armed.unwrap_or(item.added);
    let is_kept = sent.after(QUERIED) > Timestamp::from(context.clock.wall());
    match status.map_err(Failure::interrupted)? {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound && is_kept => {
            let message = format!("the service has no {family} task {shown}; nothing is recorded");
            Err(Failure::usage(message).hint("copy the id from the vendor's console"))
        }
        Err(error) => unseen(&error.to_string()),
    }
}

/// Sends the request of a create in doubt again, with a receipt of its own.
async fn recreate(args: &ResolveArgs, context: &Context) -> Result<(), Failure> {
    let connection = context.connect().await?;
    let ledger = ledger::open(&context.global, connection.identity(), &context.clock).await?;
    let item = doubtful(&ledger, &args.key).await?;
    check_account(&item, &connection)?;
    let action = item.action.clone();
    let family = TaskFamily::created_by(&action).map(TaskFamily::as_str);
    let family = family.ok_or_else(|| Failure::usage(format!("{action} creates no known task")))?;
    let recorded = ledger.body(&item.row).await?.unwrap_or_default();
    // Before the claim: the create stays in doubt if its files are gone.
    let signed = Box::pin(media::signed_again(&recorded, &connection, context));
    let signed = context.phase.race(signed).await;
    let signed = signed.map_err(Failure::interrupted)??;
    let claim = ledger.recreate_now(&item.row).await?;
    let record = Record::of_claim(context, &ledger, &claim);
    let doubt = create::doubt(&action, Some(family), &record, &connection, context);
    let body = signed.unwrap_or_else(|| claim.body.clone());
    let body = RawValue::from_string(body).unwrap_or_default();
    let call = UntypedCall::new(action.clone(), body);
    let options = context.create_options(record.gate());
    let sent = Box::pin(connection.client().call(call, options));
    let answer: Answer<mps_aigc::RawBody> = create::send(context, doubt, &record, sent).await?;
    let Some(task_id) = answer.body.task_id() else {
        let failure = Failure {
            request_id: answer.request_id,
            dispatch: Some(Dispatch::Executed),
            ..Failure::new(Outcome::InDoubt, "no_task_id", "the answer has no task id")
        };
        record.not_created(&failure).await;
        context.phase.end_create(None);
        let failure = failure.with_key(record.key());
        return Err(match context.phase.doubt() {
            Some(doubt) => failure.doubt(doubt),
            None => failure,
        });
    };
    let request_id = answer.request_id.as_deref().map(foreign_text::cut_name);
    let result = TaskResult::new(family, &task_id)
        .with_key(record.key())
        .with_request_id(request_id.as_deref());
    let receipt = Receipt::new(family, &task_id, request_id, true, &context.global, None);
    let receipt = receipt.with_key(record.key());
    let unrecorded = record.created(&receipt).await;
    context.phase.end_create(Some(receipt.clone()));
    let printed = context
        .output
        .receipt(&receipt.shown_id(), &result, &receipt);
    let signal = context.phase.signal();
    let interrupted = signal.map(|signal| Failure::interrupted_task(signal, &receipt));
    let failures = [unrecorded, printed.err(), interrupted]
        .into_iter()
        .flatten();
    Failure::combined(failures.collect()).map_or(Ok(()), Err)
}

/// Refuses to send a request with the keys of another account, or to another endpoint.
fn check_account(item: &Item, connection: &crate::context::Connection) -> Result<(), Failure> {
    let host = connection.client().endpoint().host();
    let is_same = item
        .account
        .as_deref()
        .is_none_or(|it| it == connection.account())
        && item.endpoint.as_deref().is_none_or(|it| it == host);
    if is_same {
        return Ok(());
    }
    let shown = |text: &Option<String>| {
        foreign_text::name(text.as_deref().unwrap_or_default()).into_owned()
    };
    let message = format!(
        "the create belongs to the account {} at {}",
        shown(&item.account),
        shown(&item.endpoint)
    );
    Err(Failure::usage(message).hint("give the keys and the endpoint that it was sent with"))
}
