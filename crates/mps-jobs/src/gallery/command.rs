//! The commands of a row, to be copied into a POSIX shell.

use std::fmt::Write as _;

use mps_core::text::{foreign, shell_quoted};
use mps_models::TaskFamily;
use serde::Serialize;
use serde_json::Value;

use crate::{
    ledger::{ExportedRow, Item},
    out,
    secrets::remove_secrets,
    state::State,
};

/// The longest body that a command contains, in bytes. Terminals accept more, people do not.
const LONGEST_BODY: usize = 16_384;

/// A command with its purpose.
#[derive(Debug, Serialize)]
pub(super) struct Command {
    pub(super) title: &'static str,
    pub(super) text: String,
    /// The thing to do before it is run.
    pub(super) note: Option<&'static str>,
}

const SIGNED: &str = "A URL of the request has a signature or a password, which is left out here: put a new one in first.";

/// Returns the commands of a row: the one that makes it again, or those that decide about a row in doubt.
pub(super) fn of_row(row: &ExportedRow, program: &[String]) -> Vec<Command> {
    if row.item.state == State::InDoubt {
        return decisions(&row.item, program);
    }
    Vec::from_iter(again(row, program))
}

/// Returns the command that makes a row again: the request on the standard input of `create`.
fn again(row: &ExportedRow, program: &[String]) -> Option<Command> {
    let mut command = Command {
        title: "Make it again",
        text: String::new(),
        note: None,
    };
    let body = row.body.as_deref()?;
    if body.len() > LONGEST_BODY {
        command.title = "Show the request";
        command.note = Some("The request is too long for a command.");
        command.text = line(program, &["show", "--", &name(&row.item)]);
        return Some(command);
    }
    let mut body: Value = serde_json::from_str(body).ok()?;
    if remove_secrets(&mut body) {
        command.note = Some(SIGNED);
    }
    let item = &row.item;
    let family = TaskFamily::created_by(&item.action)?.as_str();
    let out = format!("{}-again.{{ext}}", out::file_safe(item.key.as_str()));
    let create: &[&str] = match family {
        "scenario" => &[family, "create", &item.action],
        _ => &[family, "create"],
    };
    let create = line(
        program,
        &[create, &["--request", "-", "--out", &out]].concat(),
    );
    let body = shell_quoted(&ascii_controls(&body.to_string()));
    command.text = format!("printf %s {body} | {create}");
    Some(command)
}

/// Returns the commands by which a person decides about a row in doubt.
fn decisions(item: &Item, program: &[String]) -> Vec<Command> {
    let name = name(item);
    let task = item.task.as_deref().unwrap_or("TASK_ID");
    let command = |title, note, words: &[&str]| Command {
        title,
        text: line(program, &[&["resolve"], words, &["--", &name]].concat()),
        note,
    };
    vec![
        command(
            "Record the task that exists",
            Some("Look for a task of that time in the vendor's console; it is billed already."),
            &["--task-id", task],
        ),
        command(
            "Send it again",
            Some("Only if there is certainly no such task: a second one is billed again."),
            &["--recreate"],
        ),
        command("Give it up", None, &["--abandon"]),
    ]
}

/// Returns the name of a row in commands: `BATCH/KEY`.
fn name(item: &Item) -> String {
    format!("{}/{}", item.row.batch, item.key)
}

fn line(program: &[String], words: &[&str]) -> String {
    let program = program.iter().map(String::as_str);
    let words: Vec<_> = program
        .chain(words.iter().copied())
        .map(shell_quoted)
        .collect();
    words.join(" ")
}

/// Returns JSON in which characters that a terminal obeys are escaped as JSON does. They occur in texts only.
fn ascii_controls(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    let mut buffer = [0; 4];
    for character in json.chars() {
        let text = character.encode_utf8(&mut buffer);
        if foreign(text, usize::MAX) == *text {
            escaped.push(character);
        } else {
            let _cannot_fail = write!(escaped, "\\u{:04x}", u32::from(character));
        }
    }
    escaped
}
