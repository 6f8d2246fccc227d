//! The tasks that a command line or stdin names: by an id, or by a handle that a program has stored.

use std::{
    collections::HashSet,
    io::{self, BufRead as _},
};

use mps_aigc::{Family, TaskHandle};
use serde_json::Value;

use crate::{failure::Failure, foreign_text};

/// Returns the tasks of the arguments.
fn of_arguments<F: Family>(arguments: &[String]) -> Result<Vec<TaskHandle>, Failure> {
    arguments.iter().map(|text| handle::<F>(text)).collect()
}

/// Returns the tasks of the arguments, with those of stdin in place of the first `-`, each once: a
/// second wait for the same task would find its output name taken.
pub(super) fn of_arguments_or_stdin<F: Family>(
    arguments: &[String],
) -> Result<Vec<TaskHandle>, Failure> {
    let Some(stdin) = arguments.iter().position(|argument| argument == "-") else {
        return of_arguments::<F>(arguments).map(unique);
    };
    let (before, after) = arguments.split_at(stdin);
    let after = after.iter().filter(|argument| *argument != "-");
    let mut handles = of_arguments::<F>(before)?;
    handles.extend(of_stdin::<F>()?);
    handles.extend(
        after
            .map(|text| handle::<F>(text))
            .collect::<Result<Vec<_>, _>>()?,
    );
    Ok(unique(handles))
}

/// Returns the tasks of stdin, at least one.
fn of_stdin<F: Family>() -> Result<Vec<TaskHandle>, Failure> {
    let lines: io::Result<Vec<_>> = io::stdin().lock().lines().collect();
    let lines = lines.map_err(|error| {
        Failure::usage(format!("cannot read tasks from stdin: {error}"))
            .hint("write one id or handle a line, as UTF-8 text")
    })?;
    // Some programs begin their output with a byte order mark.
    let lines = lines
        .iter()
        .map(|line| line.trim_start_matches('\u{feff}').trim());
    let handles = lines.filter(|line| !line.is_empty()).map(handle::<F>);
    let handles = handles.collect::<Result<Vec<_>, _>>()?;
    if handles.is_empty() {
        return Err(Failure::usage("stdin has no task id").hint("write one id or handle a line"));
    }
    Ok(handles)
}

/// Returns the task of an id, of the text or the JSON of a handle, or of a result object of `mps`.
fn handle<F: Family>(text: &str) -> Result<TaskHandle, Failure> {
    let handle = match text {
        _ if text.trim().is_empty() => {
            return Err(Failure::usage("a task id is empty").hint("name the task by its id"));
        }
        _ if text.starts_with('{') => of_json::<F>(text)?,
        _ if is_handle(text) => text.parse().map_err(|error| invalid(&error))?,
        // Any other text may be an id: the service decides.
        id => TaskHandle::new(F::FAMILY, id),
    };
    if handle.family() == F::FAMILY {
        return Ok(handle);
    }
    let (id, family) = (foreign_text::name(handle.id()), handle.family());
    let message = format!("task {id} belongs to the family {family}");
    Err(Failure::usage(message).hint(format!("use its subcommand: mps {family}")))
}

fn of_json<F: Family>(text: &str) -> Result<TaskHandle, Failure> {
    let value: Value = serde_json::from_str(text).map_err(|error| invalid(&error))?;
    let member = |name: &str| value.get(name).and_then(Value::as_str);
    match (member("schema"), member("task_id")) {
        (Some(schema), Some(id)) if schema == format!("mps.{}/1", F::NAME) => {
            Ok(TaskHandle::new(F::FAMILY, id))
        }
        _ => serde_json::from_value(value).map_err(|error| invalid(&error)),
    }
}

/// Returns whether a text has the form of a handle: `mps1:video:...`.
fn is_handle(text: &str) -> bool {
    let version = text
        .strip_prefix("mps")
        .and_then(|rest| rest.split_once(':'));
    version.is_some_and(|(version, _)| {
        !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn invalid(error: &dyn std::fmt::Display) -> Failure {
    Failure::usage(format!("a task handle cannot be read: {error}"))
        .hint("pass it as it was stored, or the task's id alone")
}

fn unique(mut handles: Vec<TaskHandle>) -> Vec<TaskHandle> {
    let mut seen = HashSet::new();
    handles.retain(|handle| seen.insert(handle.clone()));
    handles
}

#[cfg(test)]
mod tests {
    use mps_aigc::{TaskFamily, Video};

    use super::*;

    fn read(text: &str) -> Result<TaskHandle, String> {
        handle::<Video>(text).map_err(|failure| failure.message)
    }

    #[test]
    fn a_task_is_named_by_its_id_or_by_a_handle() {
        let stored = TaskHandle::new(TaskFamily::Video, "4-AigcVideo-0f").with_model("Kling", None);
        for text in [stored.to_string(), serde_json::to_string(&stored).unwrap()] {
            let read = read(&text).unwrap();
            assert_eq!(
                (read.id(), read.model()),
                ("4-AigcVideo-0f", Some("Kling")),
                "{text}"
            );
        }
        let result = r#"{"schema":"mps.video/1","task_id":"4-AigcVideo-0f","status":"RUN"}"#;
        assert_eq!(read(result).unwrap(), stored);
        for id in [
            "4-AigcVideo-0f",
            "mps",
            "mps:1",
            "--endpoint=https://evil",
            "a\nb",
        ] {
            assert_eq!(read(id).unwrap().id(), id);
        }
    }

    #[test]
    fn a_broken_handle_and_one_of_another_family_are_refused() {
        for (text, part) in [
            ("", "empty"),
            (" \n", "empty"),
            ("{", "cannot be read"),
            ("{}", "cannot be read"),
            ("mps9:video:1", "format 9"),
            ("mps1:image:1", "family image"),
            (
                r#"{"schema":"mps.image/1","task_id":"1"}"#,
                "cannot be read",
            ),
        ] {
            let message = read(text).unwrap_err();
            assert!(message.contains(part), "{text}: {message}");
        }
    }

    #[test]
    fn each_task_is_named_once() {
        let texts = ["1", "mps1:video:1?model=Kling", "2", "1"].map(str::to_owned);
        let handles = of_arguments_or_stdin::<Video>(&texts).unwrap();
        let ids: Vec<_> = handles.iter().map(TaskHandle::id).collect();
        assert_eq!(ids, ["1", "2"]);
    }
}
