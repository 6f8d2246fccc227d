//! The results of tools: a sentence for the agent, and the same as structured content.

use std::fmt::Write as _;

use mps_aigc::models::preflight::Finding;
use mps_jobs::{Job, Ledger, State, ledger::Item};
use rmcp::model::{CallToolResult, ContentBlock};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{commands::tasks::TaskLine, doubt::Doubt, failure::Failure, foreign_text};

/// The result of a tool that did its work.
pub(super) struct Answer {
    text: String,
    content: Map<String, Value>,
}

/// The result of a tool.
pub(super) type Answered = Result<Answer, Failure>;

impl Answer {
    /// Returns an answer with the members of an object.
    pub(super) fn new(text: impl Into<String>, content: &impl Serialize) -> Answered {
        let text = text.into();
        match serde_json::to_value(content) {
            Ok(Value::Object(content)) => Ok(Self { text, content }),
            _ => Err(Failure::internal("the answer cannot be written as JSON")),
        }
    }

    /// Adds a member.
    pub(super) fn with(mut self, name: &str, value: impl Serialize) -> Self {
        if let Ok(value) = serde_json::to_value(value) {
            self.content.insert(name.to_owned(), value);
        }
        self
    }

    /// Begins the text with a sentence.
    pub(super) fn beginning(mut self, sentence: &str) -> Self {
        self.text = format!("{sentence}\n{}", self.text);
        self
    }
}

/// Returns the result as the protocol has it.
pub(super) fn result(answered: Answered) -> CallToolResult {
    match answered {
        Ok(answer) => complete(&answer.text, Value::Object(answer.content), false),
        Err(failure) => {
            let content = serde_json::to_value(&failure).unwrap_or_default();
            complete(&failure_text(&failure), content, true)
        }
    }
}

/// Returns a result whose text is followed by the structured content, for clients that know text only.
fn complete(text: &str, content: Value, is_error: bool) -> CallToolResult {
    let blocks = vec![
        ContentBlock::text(foreign_text::lines(text)),
        ContentBlock::text(content.to_string()),
    ];
    let mut result = CallToolResult::success(blocks);
    result.structured_content = Some(content);
    result.is_error = Some(is_error);
    result
}

fn failure_text(failure: &Failure) -> String {
    let mut text = foreign_text::message(&failure.message).into_owned();
    // Writing to a string cannot fail.
    for finding in &failure.findings {
        let _ = write!(text, "\n{}", finding_text(finding));
    }
    if let Some(doubt) = &failure.doubt {
        let _ = write!(text, "\n{doubt}");
    }
    if let Some(hint) = &failure.hint {
        let _ = write!(text, "\nnext: {hint}");
    }
    text
}

/// Returns a finding of preflight as text.
pub(super) fn finding_text(finding: &Finding) -> String {
    foreign_text::lines(&finding.to_string()).into_owned()
}

/// Returns the answer about a task: `mps.task/1` with the next step.
pub(super) async fn of_task(ledger: &Ledger, item: Item, doubt: Option<Doubt>) -> Answered {
    let request_id = item.request_id.as_deref().map(foreign_text::cut_name);
    let (state, key) = (item.state, item.key.clone());
    let job = Job::of(ledger, item).await?;
    let next = next_step(state);
    let task = job.item().task.as_deref().map(foreign_text::name);
    let task = task.map_or_else(String::new, |id| format!(", task {id}"));
    let key = foreign_text::name(key.as_str());
    let mut text = format!("key {key}: {}{task}; {next}", state.words());
    if let Some(doubt) = &doubt {
        let _ = write!(text, "\n{doubt}");
    }
    let mut answer = Answer::new(text, &TaskLine::of(&job))?.with("next", next);
    if let Some(request_id) = request_id {
        answer = answer.with("request_id", request_id);
    }
    if let Some(doubt) = doubt {
        answer = answer.with("doubt", doubt);
    }
    Ok(answer)
}

/// Returns the next step of an agent with a task in a state.
fn next_step(state: State) -> &'static str {
    match state {
        State::Planned | State::Intent | State::Sending => {
            "it is being sent: call status in a few seconds"
        }
        State::InDoubt => {
            "it may have been executed and billed: tell a person, who decides with mps resolve; create \
             nothing in its place"
        }
        State::Created => "it is rendered: call wait with this key until it is done",
        State::Done => "call fetch with this key before the results expire",
        State::Fetched => "its files are saved",
        State::Refused => {
            "the service refused it and nothing was created: correct the request and create it under \
             another key"
        }
        State::Unsent => "nothing was sent: call create again with this key and the same request",
        State::Failed => "it failed: change the request and create it under another key",
        State::Expired => "the service has deleted its results",
        State::Abandoned => "a person gave it up",
        _ => "call status with this key",
    }
}
