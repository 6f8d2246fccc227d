//! Keeps a person up to date while a batch runs: bars on a terminal, and otherwise lines, at least one
//! every 30 seconds; as JSON an event for each change of a row.

use std::{convert::Infallible, pin::pin, time::Duration};

use futures_util::StreamExt as _;
use mps_jobs::{JobEvent, Jobs, JobsError, State};
use serde_json::json;

use super::result::BatchResult;
use crate::{context::Context, foreign_text, options::OutputFormat, output::Event};

/// Time between two looks at the counts.
const LOOK: Duration = Duration::from_secs(1);

/// Looks between two lines where no bars are drawn.
const LOOKS_PER_LINE: u32 = 30;

/// The most rows without saved results that people are told of while the batch runs: the cause is
/// usually one, such as a full disk. The end names more.
const MOST_UNSAVED: u32 = 3;

/// Runs until it is dropped.
pub(super) async fn watch(context: &Context, jobs: &Jobs) -> Infallible {
    let counts = async {
        for look in 1_u32.. {
            show_counts(context, jobs, look.is_multiple_of(LOOKS_PER_LINE)).await;
            context.clock.sleep(LOOK).await;
        }
    };
    let changes = async {
        let mut events = pin!(jobs.events());
        let mut unsaved = 0;
        while let Some(event) = events.next().await {
            let is_unsaved = event.as_ref().is_ok_and(JobEvent::is_unsaved);
            unsaved += u32::from(is_unsaved);
            let output = context.global.output();
            if is_unsaved && unsaved > MOST_UNSAVED && output == OutputFormat::Human {
                continue;
            }
            if let Err(error) = show_change(context, jobs, event).await {
                tracing::debug!(%error, "the changes of rows are not shown");
            }
        }
    };
    tokio::join!(counts, changes);
    // An error ends the changes; the counts are shown on and on.
    std::future::pending().await
}

async fn show_counts(context: &Context, jobs: &Jobs, is_time_for_a_line: bool) {
    let live = context.output.live();
    if !live.is_drawn() && !is_time_for_a_line {
        return;
    }
    // A ledger that is busy is looked at again.
    let Ok(Some(status)) = jobs.status(0).await else {
        return;
    };
    let result = BatchResult::of(&status, &context.global);
    live.set_batch(result.progress());
    live.draw();
    if let Some(summary) = live.batch_summary() {
        let event = Event::new("progress", &summary).details(&result);
        context.output.live_progress(&event);
    }
}

/// Shows a change of a row: to people only those that are worth a look.
async fn show_change(
    context: &Context,
    jobs: &Jobs,
    event: Result<JobEvent, JobsError>,
) -> Result<(), JobsError> {
    let event = event?;
    let name = match event.state {
        State::Created => "created",
        State::Done if event.is_unsaved() => "unsaved",
        State::Done => "done",
        State::Fetched => "saved",
        State::Refused => "refused",
        State::Failed => "failed",
        State::Expired => "expired",
        State::InDoubt => "in_doubt",
        _ => return Ok(()),
    };
    let is_usual = matches!(event.state, State::Created | State::Done | State::Fetched);
    let is_trouble = !is_usual || event.is_unsaved();
    if !is_trouble && context.global.output() == OutputFormat::Human {
        return Ok(());
    }
    let Some(job) = jobs.get(&event.key).await? else {
        return Ok(());
    };
    let item = job.item();
    let note = event.note.as_deref();
    let (state, message) = if event.is_unsaved() {
        ("the results are not saved, and are fetched again", note)
    } else {
        (event.state.words(), item.message.as_deref())
    };
    let reason = message.or(item.code.as_deref()).or(note);
    let key = foreign_text::name(event.key.as_str());
    let human = match reason {
        Some(reason) => format!("{key}: {state}: {}", foreign_text::message(reason)),
        None => format!("{key}: {state}"),
    };
    let files: Vec<_> = job.files().into_iter().map(|file| file.path).collect();
    let details = json!({
        "key": event.key,
        "state": event.state,
        "code": item.code.as_deref().map(foreign_text::cut_name),
        "message": message.map(foreign_text::cut_message),
        "request_id": item.request_id.as_deref().map(foreign_text::cut_name),
        "files": Some(files).filter(|files| !files.is_empty()),
    });
    let shown = Event::new(name, &human).details(details);
    let shown = match item.task.as_deref() {
        Some(task) => shown.task(task),
        None => shown,
    };
    if is_trouble {
        context.output.progress(&shown);
    } else {
        context.output.detail(&shown);
    }
    Ok(())
}
