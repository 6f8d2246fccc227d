//! The page about an attempt in doubt: what the ledger has, and what to ask the vendor.

use std::fmt;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{
    hash::MEDIA_FOLDER,
    job::Utc,
    ledger::{AuditEvent, Item, Key, Ledger, LedgerError},
    state::State,
};

/// Everything that is known about a job in doubt: its create may have been executed and billed.
///
/// `Display` is the page that a person needs to find out, one fact a line.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct DoubtPage {
    /// The key.
    pub key: Key,
    /// The time at which the request left, or may have left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Utc>,
    /// The host of the endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The action.
    pub action: String,
    /// The account that pays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The request id, or `None` when no answer came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The SHA-256 of the body as it was sent, or `None` when the body was forgotten.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_sha256: Option<String>,
    /// The reason of the doubt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The attempts, oldest first.
    pub tried: Vec<Tried>,
    /// The next steps, in order.
    pub next_steps: Vec<String>,
}

/// One change of an attempt.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Tried {
    /// The time of the change.
    pub at: Utc,
    /// The state after it.
    pub state: State,
    /// The process, as the ledger names it.
    pub worker: String,
    /// The reason, if one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl DoubtPage {
    /// Returns the page of a row of the ledger.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn of(ledger: &Ledger, item: &Item) -> Result<Self, LedgerError> {
        // The URL of an uploaded file is signed for each send, so another body was sent than is recorded.
        let is_as_sent = |body: &String| !body.contains(&format!("/{MEDIA_FOLDER}/"));
        let body = ledger.body(&item.row).await?.filter(is_as_sent);
        let history = ledger.history(&item.row).await?;
        Ok(Self {
            key: item.key.clone(),
            at: item.armed.map(Utc),
            host: item.endpoint.clone(),
            action: item.action.clone(),
            account: item.account.clone(),
            request_id: item.request_id.clone(),
            body_sha256: body.map(|body| hex::encode(Sha256::digest(body))),
            reason: item.message.clone().or_else(|| item.code.clone()),
            tried: history.into_iter().filter_map(tried).collect(),
            next_steps: next_steps(item),
        })
    }

    /// Returns the first of the next steps.
    #[must_use]
    pub fn next_step(&self) -> &str {
        self.next_steps.first().map_or("", String::as_str)
    }
}

fn tried(event: AuditEvent) -> Option<Tried> {
    matches!(event.now, State::Sending | State::InDoubt).then(|| Tried {
        at: Utc(event.at),
        state: event.now,
        worker: event.worker,
        note: event.note,
    })
}

fn next_steps(item: &Item) -> Vec<String> {
    let name = format!("{}/{}", item.row.batch.as_str(), item.key);
    let found = match &item.task {
        Some(task) => format!("the answer names task {task}: look at it first"),
        None => {
            "look for a task of that time in the vendor's console, under that account".to_owned()
        }
    };
    vec![
        found,
        format!(
            "if there is one, record its id, it is billed already: \
             mps --ledger LEDGER resolve {name} --task-id TASK_ID (or Resolution::TaskId)"
        ),
        "if the console does not show it, ask the vendor's support with the lines above".to_owned(),
        format!(
            "only if there is certainly none, send it again: mps --ledger LEDGER resolve {name} \
             --recreate (or Resolution::Recreate), or give it up: --abandon (or Resolution::Abandon)"
        ),
    ]
}

impl fmt::Display for DoubtPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "unknown".to_owned());
        let time = self
            .at
            .map_or_else(|| "unknown".to_owned(), |at| at.to_string());
        let request_id = self.request_id.as_deref().unwrap_or("none came");
        writeln!(
            f,
            "the create of {} may have been executed and billed:",
            self.key
        )?;
        writeln!(f, "  time         {time}")?;
        writeln!(f, "  host         {}", text(&self.host))?;
        writeln!(f, "  action       {}", self.action)?;
        writeln!(f, "  account      {}", text(&self.account))?;
        writeln!(f, "  request id   {request_id}")?;
        writeln!(f, "  body SHA-256 {}", text(&self.body_sha256))?;
        for Tried {
            at, state, note, ..
        } in &self.tried
        {
            let note = note
                .as_ref()
                .map_or_else(String::new, |note| format!(": {note}"));
            writeln!(f, "  tried        {at} {state}{note}")?;
        }
        write!(f, "next steps:")?;
        for (index, step) in self.next_steps.iter().enumerate() {
            write!(f, "\n  {}. {step}", index + 1)?;
        }
        Ok(())
    }
}
