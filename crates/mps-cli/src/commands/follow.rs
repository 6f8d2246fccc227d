//! Keeps a person up to date while a command follows tasks: lines that are drawn again on a terminal,
//! and otherwise a line at least every 30 seconds.

use std::{pin::pin, time::Duration};

use serde_json::json;

use crate::{
    context::Context,
    foreign_text, heartbeat,
    live::{DOWNLOAD, REDRAW_PAUSE},
    options::OutputFormat,
    output::{Event, Output},
};

/// Runs the waits and downloads of a command and returns their output.
///
/// # Cancel safety
/// As cancel safe as `work`.
pub(super) async fn follow<T>(context: &Context, work: impl Future<Output = T>) -> T {
    let live = context.output.live();
    if !live.is_drawn() {
        let beat = |elapsed| beat(&context.output, context.global.output(), elapsed);
        return heartbeat::during(&*context.clock, work, beat).await;
    }
    let mut work = pin!(work);
    loop {
        tokio::select! {
            biased;
            output = &mut work => {
                live.end();
                return output;
            }
            () = context.clock.sleep(REDRAW_PAUSE) => live.draw(),
        }
    }
}

/// Prints the state of all tasks: for people in one line, as JSON in one object a task.
fn beat(output: &Output, format: OutputFormat, elapsed: Duration) {
    let (live, seconds) = (output.live(), elapsed.as_secs());
    if let (OutputFormat::Human, Some(summary)) = (format, live.summary()) {
        let human = format!("{summary} after {seconds} s");
        return output.progress(&Event::new("waiting", &human));
    }
    for state in live.states() {
        let shown = foreign_text::name(&state.task_id);
        let (name, status) = match state.status.as_str() {
            DOWNLOAD => ("download", "downloading"),
            status => ("waiting", status),
        };
        let trouble = state.silent_for.map_or_else(String::new, |silent| {
            format!("; no poll answered for {} s, waiting on", silent.as_secs())
        });
        let human = format!("task {shown}: {status} after {seconds} s{trouble}");
        let event = Event::new(name, &human).task(&state.task_id);
        output.progress(&event.details(json!({"status": state.status})));
    }
}
