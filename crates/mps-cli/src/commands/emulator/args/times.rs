//! Task times as arguments: `5s`, `1s..5s`, `video=5s`, `video/Kling=90s..3m`.

use std::{ops::RangeInclusive, time::Duration};

use mps_emulator::{Durations, TaskFamily};

/// A shortest and a longest time.
pub(crate) type Span = RangeInclusive<Duration>;

/// A time, and whose it is.
#[derive(Clone, Debug)]
pub(crate) struct TaskTime {
    pub(crate) tasks: Tasks,
    pub(crate) span: Span,
}

/// The tasks that a time is for.
#[derive(Clone, Debug)]
pub(crate) enum Tasks {
    All,
    Family(TaskFamily),
    Model(TaskFamily, String),
}

pub(super) fn task_time(text: &str) -> Result<TaskTime, String> {
    // A model may have any name, but no time has an equals sign.
    let (tasks, time) = match text.rsplit_once('=') {
        Some((whose, time)) => (tasks(whose)?, time),
        None => (Tasks::All, text),
    };
    let span = span(time)?;
    Ok(TaskTime { tasks, span })
}

/// Parses the additional waiting time of an off-peak video.
pub(super) fn off_peak(text: &str) -> Result<Span, String> {
    let span = span(text)?;
    if *span.end() <= Durations::MAX_OFF_PEAK {
        return Ok(span);
    }
    let most = Durations::MAX_OFF_PEAK.as_secs() / 3_600;
    Err(format!(
        "an off-peak video waits for at most {most}h, after which the service cancels it"
    ))
}

fn tasks(text: &str) -> Result<Tasks, String> {
    let (name, model) = match text.split_once('/') {
        Some((name, model)) => (name, Some(model)),
        None => (text, None),
    };
    let family: TaskFamily = name.parse().map_err(|_| {
        let known: Vec<&str> = TaskFamily::ALL.iter().map(|it| it.as_str()).collect();
        let known = known.join(", ");
        format!("no family `{name}`; known: {known}; a model is written as video/Kling")
    })?;
    match model {
        None => Ok(Tasks::Family(family)),
        Some("") => Err(format!("no model after `{name}/`; write it as video/Kling")),
        Some(model) => Ok(Tasks::Model(family, model.to_owned())),
    }
}

fn span(text: &str) -> Result<Span, String> {
    let Some((least, most)) = text.split_once("..") else {
        let time = super::duration(text)?;
        return Ok(time..=time);
    };
    let span = super::duration(least)?..=super::duration(most)?;
    if span.is_empty() {
        return Err(format!(
            "`{text}` ends before it begins; write the shorter time first: {most}..{least}"
        ));
    }
    Ok(span)
}
