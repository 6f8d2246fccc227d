//! Task times from the arguments for all tasks, for families and for models.

use std::time::Duration;

use mps_aigc::models::capabilities::{self, Family};
use mps_emulator::{Durations, Spread, TaskFamily};

use super::args::{Span, TaskTime, Tasks, TimedTasks};
use crate::failure::Failure;

const QUEUE_TIME: Duration = Duration::from_millis(500);
const RENDER_TIME: Duration = Duration::from_secs(1);

/// Half of a spread.
#[derive(Clone, Copy)]
enum Half {
    Wait,
    Run,
}

pub(super) fn durations(args: &Tasks) -> Result<Durations, Failure> {
    let mut durations = if args.realistic_times {
        refuse_time_of_all("--queue-time", &args.queue_times)?;
        refuse_time_of_all("--render-time", &args.render_times)?;
        Durations::realistic()
    } else {
        let queue = time_of_all(&args.queue_times, QUEUE_TIME);
        let render = time_of_all(&args.render_times, RENDER_TIME);
        Durations::new(Spread::new(queue, render))
    };
    if let Some(wait) = &args.off_peak_time {
        durations = durations.off_peak(wait.clone());
    }
    let waits = args.queue_times.iter().map(|time| (Half::Wait, time));
    let runs = args.render_times.iter().map(|time| (Half::Run, time));
    let times: Vec<_> = waits.chain(runs).collect();
    // Families first: the times of a model default to those of its family.
    let durations = times.iter().fold(durations, of_family);
    Ok(times.iter().fold(durations, of_model))
}

fn of_family(durations: Durations, (half, time): &(Half, &TaskTime)) -> Durations {
    let TimedTasks::Family(family) = time.tasks else {
        return durations;
    };
    let spread = changed(durations.of(family, None), *half, &time.span);
    durations.family(family, spread)
}

fn of_model(durations: Durations, (half, time): &(Half, &TaskTime)) -> Durations {
    let TimedTasks::Model(family, model) = &time.tasks else {
        return durations;
    };
    warn_if_unknown(*family, model);
    let spread = changed(durations.of(*family, Some(model)), *half, &time.span);
    durations.model(*family, model, spread)
}

fn changed(spread: &Spread, half: Half, span: &Span) -> Spread {
    let spread = spread.clone();
    match half {
        Half::Wait => spread.with_wait(span.clone()),
        Half::Run => spread.with_run(span.clone()),
    }
}

/// Of several the last one, as with all that is set twice.
fn time_of_all(times: &[TaskTime], otherwise: Duration) -> Span {
    let of_all = |time: &&TaskTime| matches!(time.tasks, TimedTasks::All);
    let last = times.iter().rfind(of_all);
    last.map_or(otherwise..=otherwise, |time| time.span.clone())
}

fn refuse_time_of_all(flag: &str, times: &[TaskTime]) -> Result<(), Failure> {
    if !times
        .iter()
        .any(|time| matches!(time.tasks, TimedTasks::All))
    {
        return Ok(());
    }
    let what = format!("--realistic-times sets the times of all tasks, and so does {flag}");
    Err(Failure::usage(what).hint(format!(
        "name the tasks that shall differ, as in {flag} video=5s, or leave one of the two out"
    )))
}

/// Any name is taken, since the service may know more models than we do. But one that is misspelt
/// would never be noticed.
fn warn_if_unknown(family: TaskFamily, model: &str) {
    let Some(known) = known_models(family) else {
        return;
    };
    if known.model(model).is_none() {
        let meant = known.closest(model);
        let hint = meant.map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
        tracing::warn!(
            "a time is set for `{model}`, but no {} model of that name is known{hint}",
            known.name
        );
    }
}

/// Scenarios have no table of models.
fn known_models(family: TaskFamily) -> Option<&'static Family> {
    match family {
        TaskFamily::Video => Some(capabilities::video()),
        TaskFamily::Image => Some(capabilities::image()),
        TaskFamily::Audio => Some(capabilities::audio()),
        _ => None,
    }
}
