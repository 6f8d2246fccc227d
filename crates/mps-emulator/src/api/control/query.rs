//! Queries of the control API.

use serde_json::json;

use super::Refusal;

const DEFAULT_LIMIT: usize = 1_000;
const MAX_LIMIT: usize = 10_000;

/// A page of tasks, which bounds an answer and the time for which the state is locked.
pub(super) struct Page<'a> {
    /// The last task of the page before.
    pub(super) after: Option<&'a str>,
    pub(super) limit: usize,
}

impl<'a> Page<'a> {
    /// Parses `after=TASK_ID` and `limit=N`, both optional.
    pub(super) fn parse(query: &'a str) -> Result<Self, Refusal> {
        let mut page = Self {
            after: None,
            limit: DEFAULT_LIMIT,
        };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("after", id)) => page.after = Some(id),
                Some(("limit", text)) => page.limit = limit(text)?,
                _ => {
                    return Err(unknown(
                        pair,
                        "only `after=TASK_ID` and `limit=N` are known",
                    ));
                }
            }
        }
        Ok(page)
    }
}

fn limit(text: &str) -> Result<usize, Refusal> {
    let limit = text.parse().ok();
    let limit = limit.filter(|limit| (1..=MAX_LIMIT).contains(limit));
    limit.ok_or_else(|| {
        Refusal::new("not a limit", "leave it out for 1000 tasks")
            .at("limit", &json!(text))
            .bound(&format!("from 1 to {MAX_LIMIT}"))
    })
}

/// Parses `account=SECRET_ID`, which is optional.
pub(super) fn account(query: &str) -> Result<Option<&str>, Refusal> {
    if query.is_empty() {
        return Ok(None);
    }
    let secret_id = query.strip_prefix("account=");
    let unknown = || unknown(query, "only `account=SECRET_ID` is known");
    secret_id.map(Some).ok_or_else(unknown)
}

fn unknown(query: &str, hint: &str) -> Refusal {
    Refusal::new("no such query", hint).at("query", &json!(query))
}
