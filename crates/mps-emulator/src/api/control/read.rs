//! Shows state, tasks, requests, bill and snapshot.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    Call, Refusal,
    query::{self, Page},
};
use crate::{
    api::{service_state::ServiceState, snapshot::Snapshot, task_record},
    engine::limits::RateLimit,
};

/// Returns the state with a page of tasks.
pub(super) fn state(call: &Call<'_>) -> Result<Value, Refusal> {
    let service = call.service;
    let accounts = service.accounts.all();
    let accounts: Vec<&str> = accounts
        .iter()
        .map(|known| known.secret_id.as_str())
        .collect();
    let mut state = json!({
        "clock": service.time.state(),
        "limits": limits(service),
        "accounts": accounts,
        "faults": service.state().faults.list(),
    });
    if let Some(members) = state.as_object_mut() {
        members.extend(page(call)?);
    }
    Ok(state)
}

/// Returns `tasks`, and `next` if there are more.
fn page(call: &Call<'_>) -> Result<Map<String, Value>, Refusal> {
    let page = Page::parse(call.query)?;
    let found = task_record::page(call.service, page.after, page.limit);
    let (tasks, next) = found.ok_or_else(|| {
        Refusal::new("no such task", "start again without `after`").at("after", &json!(page.after))
    })?;
    let mut members = Map::from_iter([("tasks".to_owned(), json!(tasks))]);
    members.extend(next.map(|id| ("next".to_owned(), json!(id))));
    Ok(members)
}

#[derive(Serialize)]
struct Limits {
    flavour: RateLimit,
    calls_per_second: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    concurrency: Option<usize>,
}

fn limits(service: &ServiceState) -> Limits {
    Limits {
        flavour: service.state().limiter.flavour(),
        calls_per_second: rates(),
        concurrency: service.settings.concurrency,
    }
}

fn rates() -> Map<String, Value> {
    mps_models::ACTIONS
        .iter()
        .map(|action| (action.name.to_owned(), json!(action.rate_limit)))
        .collect()
}

pub(super) fn tasks(call: &Call<'_>) -> Result<Value, Refusal> {
    Ok(Value::Object(page(call)?))
}

pub(super) fn requests(call: &Call<'_>) -> Value {
    let state = call.service.state();
    let (requests, downloads) = (state.requests.records(), state.downloads.records());
    let (forgotten, downloads_forgotten) =
        (state.requests.forgotten(), state.downloads.forgotten());
    // Written without the lock.
    drop(state);
    json!({
        "requests": requests,
        "forgotten": forgotten,
        "downloads": downloads,
        "downloads_forgotten": downloads_forgotten,
    })
}

/// Returns the bill of all accounts, or that of the account in the query.
pub(super) fn bill(call: &Call<'_>) -> Result<Value, Refusal> {
    let ledger = |account| {
        let state = call.service.state();
        match account {
            Some(account) => state.ledger.bill_of(account),
            None => state.ledger.bill(),
        }
    };
    let Some(secret_id) = query::account(call.query)? else {
        return Ok(json!(ledger(None)));
    };
    let account = call.service.accounts.find(secret_id).ok_or_else(|| {
        Refusal::new(
            "no such account",
            "`GET state` lists the secret ids under `accounts`",
        )
        .at("account", &json!(secret_id))
    })?;
    Ok(json!(ledger(Some(account.index))))
}

pub(super) fn snapshot(call: &Call<'_>) -> Value {
    json!(Snapshot::take(call.service))
}
