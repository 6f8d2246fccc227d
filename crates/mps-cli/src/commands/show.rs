//! `mps show`: the row of one task in the ledger, and the next step.

use std::fmt::Write as _;

use clap::Args;
use mps_aigc::TaskFamily;
use mps_jobs::{
    DoubtPage, Job, Ledger, State, Utc,
    ledger::{AuditEvent, Item, Stray},
};
use serde::Serialize;
use serde_json::value::RawValue;

mod open;

use super::tasks::{AGENTS, TaskLine, account_ledger, find_one, tidy};
use crate::{
    context::Context,
    doubt::{Doubt, ID_PLACEHOLDER},
    failure::Failure,
    foreign_text,
    resume::CommandLine,
};

/// The arguments of `mps show`.
#[derive(Args, Debug)]
pub(crate) struct ShowArgs {
    /// Id or key of the task; BATCH/KEY for a row of a batch
    #[arg(value_name = "ID|KEY")]
    name: String,
    /// Also open its first file in the player of this machine, if it is still as it was saved; else
    /// the page of the service
    #[arg(long)]
    open: bool,
}

/// `mps.task/1` with everything that the ledger has.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    line: &'a TaskLine,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<&'a RawValue>,
    history: Vec<Change>,
    /// Tasks of late answers, which may be billed too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    strays: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    doubt: Option<&'a Doubt>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<&'a CommandLine>,
}

#[derive(Serialize)]
struct Change {
    at: Utc,
    state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

impl From<AuditEvent> for Change {
    fn from(event: AuditEvent) -> Self {
        Self {
            at: Utc(event.at),
            state: event.now,
            note: event.note.as_deref().map(foreign_text::cut_message),
        }
    }
}

pub(crate) async fn run(args: &ShowArgs, context: &Context) -> Result<(), Failure> {
    let (ledger, secret_id) = account_ledger(context).await?;
    tidy(&ledger).await;
    let item = find_one(&ledger, &args.name, |_| true).await?;
    let body = ledger.body(&item.row).await?;
    let request = body.and_then(|body| RawValue::from_string(body).ok());
    let history = ledger.history(&item.row).await?;
    let strays = ledger.strays(&item.row).await?;
    let doubt = doubt(&ledger, &item, &secret_id, context).await?;
    let next = next(&item, context);
    let job = Job::of(&ledger, item.clone()).await?;
    let line = TaskLine::of(&job);
    let shown = Shown {
        line: &line,
        account: item.account.as_deref(),
        endpoint: item.endpoint.as_deref(),
        request_id: item.request_id.as_deref(),
        request: request.as_deref(),
        history: history.into_iter().map(Change::from).collect(),
        strays: strays.iter().map(|stray| stray.task.as_str()).collect(),
        doubt: doubt.as_ref(),
        next: next.as_ref(),
    };
    context.output.listing(&human(&shown, &strays), &shown)?;
    if args.open {
        open::open(&job.view().files, context)?;
    }
    Ok(())
}

pub(super) async fn doubt(
    ledger: &Ledger,
    item: &Item,
    secret_id: &str,
    context: &Context,
) -> Result<Option<Doubt>, Failure> {
    if item.state != State::InDoubt {
        return Ok(None);
    }
    let page = DoubtPage::of(ledger, item).await?;
    let global = &context.global;
    let family = TaskFamily::created_by(&item.action);
    let follow = family
        .map(|family| CommandLine::for_task(global, family.as_str(), "wait", ID_PLACEHOLDER, None));
    let doubt = Doubt::of_page(&page, secret_id, follow.as_ref(), global);
    // The same key may be in another batch too.
    let batch = &item.row.batch;
    Ok(Some(if batch.is_agents() {
        doubt.with_key(global, &format!("{AGENTS}/{}", item.key))
    } else if batch.is_singles() {
        doubt
    } else {
        doubt.with_key(global, &format!("{batch}/{}", item.key))
    }))
}

/// Returns the command line that continues with a task.
fn next(item: &Item, context: &Context) -> Option<CommandLine> {
    let family = TaskFamily::created_by(&item.action)?.as_str();
    let task = item.task.as_deref()?;
    let (verb, out) = match item.state {
        State::Created => ("wait", None),
        State::Done => ("download", Some(std::path::Path::new("."))),
        _ => return None,
    };
    Some(CommandLine::for_task(
        &context.global,
        family,
        verb,
        task,
        out,
    ))
}

fn human(shown: &Shown<'_>, strays: &[Stray]) -> String {
    let mut text = String::new();
    let mut fact = |name: &str, value: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name:<12} {value}");
    };
    let line = shown.line;
    for (name, value) in line.facts() {
        fact(name, &value);
    }
    let named = [
        ("account", shown.account),
        ("endpoint", shown.endpoint),
        ("request id", shown.request_id),
    ];
    for (name, value) in named {
        if let Some(value) = value {
            fact(name, &foreign_text::name(value));
        }
    }
    for stray in strays {
        let (task, why) = (
            foreign_text::name(&stray.task),
            foreign_text::message(&stray.why),
        );
        fact("stray", &format!("{task}: {why}"));
    }
    for change in &shown.history {
        let note = change.note.as_deref().map(foreign_text::message);
        let note = note.map_or_else(String::new, |note| format!(": {note}"));
        fact(
            "history",
            &format!("{} {}{note}", change.at, change.state.words()),
        );
    }
    if let Some(request) = shown.request {
        fact("request", &foreign_text::json_line(request.get()));
    }
    if let Some(doubt) = shown.doubt {
        let _ = writeln!(text, "{doubt}");
    }
    if let Some(next) = shown.next {
        let _ = writeln!(text, "{:<12} {next}", "next");
    }
    text.truncate(text.trim_end().len());
    text
}
