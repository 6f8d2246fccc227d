//! A row as the page shows it.

use std::{path::Path, time::Duration};

use mps_core::text::foreign;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    command::{self, Command},
    media::{self, Media},
};
use crate::{
    amount::Amount,
    job::Utc,
    ledger::{ExportedRow, Item, Timestamp},
    secrets::{remove_secrets, without_secrets},
    state::State,
};

/// The longest name, code or id that is shown, in characters.
pub(super) const MAX_NAME: usize = 200;
/// The longest prompt and message.
const MAX_TEXT: usize = 20_000;
/// The longest body whose members are shown, in bytes. A prompt has about 2,000 characters.
const LONGEST_BODY: usize = 65_536;
/// The longest value of a parameter.
const MAX_VALUE: usize = 2_000;

/// A row as text. The template escapes it.
#[derive(Debug, Serialize)]
pub(super) struct Card {
    seq: i64,
    key: String,
    /// The name of the state, for filters.
    state: &'static str,
    /// The state in words.
    words: &'static str,
    /// The look of the state: `good`, `busy`, `idle`, `warn` or `bad`.
    tone: &'static str,
    /// The sentence in place of a result.
    note: &'static str,
    prompt: Option<String>,
    model: String,
    seconds: Option<String>,
    cost: Option<String>,
    /// The time from the answer to the result, in words.
    took: Option<String>,
    /// The numbers to sort by.
    ms: i64,
    price: i64,
    took_ms: i64,
    at: i64,
    error: Option<String>,
    pub(super) files: Vec<Media>,
    /// The first file that can be played.
    main: Option<usize>,
    facts: Vec<Fact>,
    parameters: Vec<Fact>,
    commands: Vec<Command>,
}

/// A name with its value.
#[derive(Debug, Serialize)]
struct Fact {
    name: String,
    value: String,
}

impl Card {
    /// Returns a row as a page in `folder` shows it.
    pub(super) fn new(row: &ExportedRow, folder: &Path, program: &[String]) -> Self {
        let item = &row.item;
        let files: Vec<_> = row
            .files
            .iter()
            .filter_map(|file| Media::of(file, folder))
            .collect();
        let mut members = members(row.body.as_deref());
        let prompt = take_prompt(&mut members);
        // The row has both as its model.
        members.retain(|name, _| item.model.is_none() || !name.starts_with("Model"));
        let took = took(item);
        Self {
            seq: item.row.seq,
            key: name(item.key.as_str()),
            state: item.state.as_str(),
            words: item.state.words(),
            tone: tone(item.state),
            note: note(item.state, &files),
            prompt,
            model: name(item.model.as_deref().unwrap_or("no model named")),
            seconds: (item.ms > 0).then(|| seconds(item.ms)),
            cost: item
                .price
                .map(|price| Amount::from_micros(price).to_string()),
            took: took.map(|took| duration(took.as_secs())),
            ms: item.ms,
            price: item.price.unwrap_or_default(),
            took_ms: took.map_or(0, |took| {
                i64::try_from(took.as_millis()).unwrap_or_default()
            }),
            at: item.created.unwrap_or(item.added).0,
            error: error(item),
            main: files
                .iter()
                .position(|file| !file.is_gone && file.kind != "file"),
            facts: facts(row, &files),
            parameters: parameters(&members),
            commands: command::of_row(row, program),
            files,
        }
    }
}

/// Returns a duration as people read it, for example `12 s` or `2:41`.
fn duration(seconds: u64) -> String {
    let (hours, minutes, rest) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s"),
        (0, minutes) => format!("{minutes}:{rest:02}"),
        (hours, minutes) => format!("{hours}:{minutes:02}:{rest:02}"),
    }
}

/// Returns billed milliseconds as seconds, for example `5 s`.
fn seconds(ms: i64) -> String {
    format!("{} s", Amount::from_micros(ms.saturating_mul(1_000)))
}

pub(super) fn tone(state: State) -> &'static str {
    match state {
        State::Fetched => "good",
        State::Intent | State::Sending | State::Created | State::Done => "busy",
        State::InDoubt => "warn",
        State::Refused | State::Failed | State::Expired => "bad",
        State::Planned | State::Unsent | State::Abandoned => "idle",
    }
}

/// Returns the sentence that is shown in place of a result.
fn note(state: State, files: &[Media]) -> &'static str {
    match state {
        State::Planned => "Not sent yet",
        State::Intent | State::Sending => "Being sent",
        State::InDoubt => "May have been executed and billed: look before you send it again",
        State::Created => "Rendering",
        State::Done => "Done; not fetched yet",
        State::Fetched if files.is_empty() => "Stored in a bucket of your own",
        State::Fetched => "The file is gone",
        State::Refused => "Refused by the service; not billed",
        State::Unsent => "Never sent",
        State::Failed => "Failed; not billed",
        State::Expired => "Expired before it was fetched",
        State::Abandoned => "Given up",
    }
}

/// Returns the text of a request, an id or a code.
fn name(text: &str) -> String {
    foreign(&without_secrets(text), MAX_NAME).into_owned()
}

/// Returns a longer text, whose lines stay lines.
fn text(text: &str) -> String {
    let clean = without_secrets(text);
    let lines = clean.lines().map(|line| foreign(line, MAX_TEXT));
    let text = lines.collect::<Vec<_>>().join("\n");
    match text.char_indices().nth(MAX_TEXT) {
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned() + "…",
        None => text,
    }
}

fn error(item: &Item) -> Option<String> {
    let is_reason = matches!(
        item.state,
        State::InDoubt | State::Refused | State::Failed | State::Expired | State::Unsent
    );
    let parts = [&item.code, &item.message];
    let parts: Vec<_> = parts.into_iter().flatten().map(|part| text(part)).collect();
    (is_reason && !parts.is_empty()).then(|| parts.join(": "))
}

/// Returns the time from the answer to the end, unless it is too short to be that of a task.
fn took(item: &Item) -> Option<Duration> {
    let micros = item.done?.0.checked_sub(item.created?.0)?;
    let took = Duration::from_micros(u64::try_from(micros).ok()?);
    (took >= Duration::from_secs(1)).then_some(took)
}

/// Returns the members of a body that is short enough to be listed.
fn members(body: Option<&str>) -> Map<String, Value> {
    let body = body.filter(|body| body.len() <= LONGEST_BODY);
    let members = body.and_then(|body| serde_json::from_str(body).ok());
    members.unwrap_or_default()
}

/// Takes the text that a result is made of.
fn take_prompt(members: &mut Map<String, Value>) -> Option<String> {
    let named = ["Prompt", "Script", "Text"];
    let member = named
        .into_iter()
        .find(|name| members.get(*name).is_some_and(Value::is_string))?;
    let prompt = members.remove(member)?;
    prompt.as_str().map(text)
}

/// Returns the other members, with those of objects one by one.
fn parameters(members: &Map<String, Value>) -> Vec<Fact> {
    let mut parameters = Vec::new();
    for (member, value) in members {
        match value {
            Value::Object(inner) => {
                for (name, value) in inner {
                    parameters.push(parameter(&format!("{member}.{name}"), value));
                }
            }
            value => parameters.push(parameter(member, value)),
        }
    }
    parameters
}

fn parameter(member: &str, value: &Value) -> Fact {
    let mut value = value.clone();
    remove_secrets(&mut value);
    let value = match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    Fact {
        name: name(member),
        value: foreign(&value, MAX_VALUE).into_owned(),
    }
}

/// Returns the facts about a row that are not in its request.
fn facts(row: &ExportedRow, files: &[Media]) -> Vec<Fact> {
    let item = &row.item;
    let time = |time: Option<Timestamp>| time.map(|time| Utc(time).to_string());
    let body = match &row.body {
        Some(body) if body.len() > LONGEST_BODY => {
            let size = media::size(i64::try_from(body.len()).unwrap_or(i64::MAX));
            Some(format!("{size}, not shown here"))
        }
        Some(_) => None,
        None => Some("removed from the ledger".to_owned()),
    };
    let facts = [
        ("Task", item.task.as_deref().map(name)),
        ("Request id", item.request_id.as_deref().map(name)),
        ("Action", Some(name(&item.action))),
        ("Sent", time(item.armed)),
        ("Answered", time(item.created)),
        ("Ended", time(item.done)),
        (
            "Attempts",
            (item.attempt > 1).then(|| item.attempt.to_string()),
        ),
        ("Request", body),
    ];
    let facts = facts.into_iter().filter_map(|(name, value)| {
        let name = name.to_owned();
        value.map(|value| Fact { name, value })
    });
    let files = files.iter().map(|file| Fact {
        name: "File".to_owned(),
        value: match (&file.size, file.is_gone) {
            (_, true) => format!("{} (gone)", file.name),
            (Some(size), false) => format!("{}, {size}", file.name),
            (None, false) => file.name.clone(),
        },
    });
    facts.chain(files).collect()
}
