//! Shows state, tasks, requests, bill and snapshot.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Call, Refusal};
use crate::{
    api::{service_state::ServiceState, snapshot::Snapshot, task_record},
    engine::limits::RateLimit,
};

pub(super) fn state(call: &Call<'_>) -> Value {
    let service = call.service;
    let accounts = service.accounts.all();
    let accounts: Vec<&str> = accounts
        .iter()
        .map(|known| known.secret_id.as_str())
        .collect();
    json!({
        "tasks": task_record::all(service),
        "clock": service.time.state(),
        "limits": limits(service),
        "accounts": accounts,
        "faults": service.state().faults.list(),
    })
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

pub(super) fn tasks(call: &Call<'_>) -> Value {
    json!({ "tasks": task_record::all(call.service) })
}

pub(super) fn requests(call: &Call<'_>) -> Value {
    let state = call.service.state();
    json!({
        "requests": state.requests.records(),
        "forgotten": state.requests.forgotten(),
        "downloads": state.downloads.records(),
        "downloads_forgotten": state.downloads.forgotten(),
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
    let Some(secret_id) = wanted_account(call.query)? else {
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

fn wanted_account(query: &str) -> Result<Option<&str>, Refusal> {
    if query.is_empty() {
        return Ok(None);
    }
    let secret_id = query.strip_prefix("account=");
    secret_id.map(Some).ok_or_else(|| {
        Refusal::new("no such query", "only `account=SECRET_ID` is known")
            .at("query", &json!(query))
    })
}

pub(super) fn snapshot(call: &Call<'_>) -> Value {
    json!(Snapshot::take(call.service))
}
