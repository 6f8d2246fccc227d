//! A table of fault kind × effect, in virtual time and without sockets.

use std::{collections::BTreeSet, time::Duration};

use http::Method;
use mps_core::{
    BoxFuture,
    credentials::{Credentials, CredentialsError, ProvideCredentials},
};
use mps_emulator::{Emulator, Service};
use mps_models::Effect;
use serde_json::{Value, json};

use crate::support::{EFFECTS, control, try_out};

/// A fault rule, and the outcome of a read, a paid create and a control under it: attempts (`*` for
/// more than ten), result, and the number of tasks added to the bill.
type Row<'a> = (Value, [&'a str; 3]);

/// Faults that affect one request.
const ONCE: &str = r#"
# A response of the service: its code decides.
{"kind": "refuse", "code": "InternalError"}                                       | 2 ok +0               | 1 service/unknown +0     | 1 service/unknown +0
{"kind": "refuse", "code": "Unheard.Of"}                                          | 2 ok +0               | 1 service/unknown +0     | 1 service/unknown +0
{"kind": "refuse", "code": "InvalidParameter.ViolationContent"}                   | 1 service/refused +0  | 1 service/refused +0     | 1 service/refused +0
{"kind": "refuse", "code": "ResponseSizeLimitExceeded"}                           | 1 service/executed +0 | 1 service/executed +0    | 1 service/executed +0
{"kind": "throttle"}                                                              | 2 ok +0               | 2 ok +1                  | 2 ok +1
{"kind": "throttle", "code": "RequestLimitExceeded.IPLimitExceeded"}              | 2 ok +0               | 2 ok +1                  | 2 ok +1
{"kind": "throttle", "code": "RequestLimitExceeded.UinLimitExceeded"}             | 2 ok +0               | 2 ok +1                  | 2 ok +1
{"kind": "throttle", "code": "RequestLimitExceeded.GlobalRegionUinLimitExceeded"} | 2 ok +0               | 2 ok +1                  | 2 ok +1
{"kind": "token_expired"}                                                         | 1 service/refused +0  | 1 service/refused +0     | 1 service/refused +0
{"kind": "skew"}                                                                  | 2 ok +0               | 2 ok +1                  | 2 ok +1
{"kind": "skew", "offset": "-12h"}                                                | 2 ok +0               | 2 ok +1                  | 2 ok +1
{"kind": "skew", "offset": "5days"}                                               | 1 service/refused +0  | 1 service/refused +0     | 1 service/refused +0
# A response of something other than the service.
{"kind": "http", "status": 503}                                                   | 2 ok +0               | 1 gateway/unknown +0     | 1 gateway/unknown +0
{"kind": "http", "status": 504, "executed": true}                                 | 2 ok +0               | 1 gateway/unknown +1     | 1 gateway/unknown +1
{"kind": "http", "status": 403}                                                   | 1 gateway/refused +0  | 1 gateway/refused +0     | 1 gateway/refused +0
{"kind": "http", "status": 408, "executed": true}                                 | 2 ok +0               | 1 gateway/unknown +1     | 1 gateway/unknown +1
{"kind": "http", "status": 499, "executed": true}                                 | 2 ok +0               | 1 gateway/unknown +1     | 1 gateway/unknown +1
{"kind": "http", "status": 425}                                                   | 1 gateway/refused +0  | 1 gateway/refused +0     | 1 gateway/refused +0
{"kind": "http", "status": 429, "retry_after": 7}                                 | 2 ok +0               | 2 ok +1                  | 2 ok +1
{"kind": "html"}                                                                  | 2 ok +0               | 1 gateway/unknown +0     | 1 gateway/unknown +0
{"kind": "html", "status": 200}                                                   | 2 ok +0               | 1 decode/unknown +0      | 1 decode/unknown +0
{"kind": "html", "status": 502, "executed": true}                                 | 2 ok +0               | 1 gateway/unknown +1     | 1 gateway/unknown +1
# A broken connection.
{"kind": "reset_before_read"}                                                     | 2 ok +0               | 1 interrupted/unknown +0 | 1 interrupted/unknown +0
{"kind": "reset_after_read"}                                                      | 2 ok +0               | 1 interrupted/unknown +0 | 1 interrupted/unknown +0
{"kind": "reply_lost"}                                                            | 2 ok +0               | 1 interrupted/unknown +1 | 1 interrupted/unknown +1
{"kind": "close_idle"}                                                            | 2 ok +0               | 1 interrupted/unknown +0 | 1 interrupted/unknown +0
{"kind": "truncate"}                                                              | 2 ok +0               | 1 interrupted/unknown +1 | 1 interrupted/unknown +1
{"kind": "truncate", "after": 0}                                                  | 2 ok +0               | 1 interrupted/unknown +1 | 1 interrupted/unknown +1
# A slow connection; an attempt may take a minute.
{"kind": "delay", "delay": "59s"}                                                 | 1 ok +0               | 1 ok +1                  | 1 ok +1
{"kind": "delay", "delay": "61s"}                                                 | 2 ok +0               | 1 timeout/unknown +1     | 1 timeout/unknown +1
{"kind": "drip"}                                                                  | 1 ok +0               | 1 ok +1                  | 1 ok +1
{"kind": "drip", "delay": "10s"}                                                  | 2 ok +0               | 1 timeout/unknown +1     | 1 timeout/unknown +1
# An unusual response that is still a response.
{"kind": "content_type"}                                                          | 1 ok +0               | 1 ok +1                  | 1 ok +1
{"kind": "nulls"}                                                                 | 1 ok +0               | 1 ok +1                  | 1 ok +1
{"kind": "unknown_status"}                                                        | 1 ok +0               | 1 ok +1                  | 1 ok +1
{"kind": "done_without_url"}                                                      | 1 ok +0               | 1 ok +1                  | 1 ok +1
# The answer contradicts itself.
{"kind": "task_id"}                                                               | 1 ok +0               | 1 decode/unknown +1      | 1 decode/unknown +1
{"kind": "id_and_error"}                                                          | 2 ok +0               | 1 service/unknown +1     | 1 service/unknown +1
{"kind": "two_responses"}                                                         | 2 ok +0               | 1 decode/unknown +1      | 1 decode/unknown +1
"#;

/// Faults that affect every request.
const STANDING: &str = r#"
{"kind": "refuse", "code": "InternalError"}         | 4 service/unknown +0     | 1 service/unknown +0     | 1 service/unknown +0
# Throttled calls were not executed, so they are retried until the deadline of the call.
{"kind": "throttle"}                                | * service/refused +0     | * service/refused +0     | * service/refused +0
{"kind": "skew"}                                    | 2 ok +0                  | 2 ok +1                  | 2 ok +1
# Too large for a clock error: not corrected, and so not retried.
{"kind": "skew", "offset": "5days"}                 | 1 service/refused +0     | 1 service/refused +0     | 1 service/refused +0
{"kind": "http", "status": 503}                     | 4 gateway/unknown +0     | 1 gateway/unknown +0     | 1 gateway/unknown +0
{"kind": "http", "status": 429}                     | * gateway/refused +0     | * gateway/refused +0     | * gateway/refused +0
{"kind": "http", "status": 408, "executed": true}   | 4 gateway/unknown +0     | 1 gateway/unknown +1     | 1 gateway/unknown +1
# The pause exceeds the deadline of the call.
{"kind": "http", "status": 429, "retry_after": 600} | 1 gateway/refused +0     | 1 gateway/refused +0     | 1 gateway/refused +0
{"kind": "html", "executed": true}                  | 4 gateway/unknown +0     | 1 gateway/unknown +1     | 1 gateway/unknown +1
{"kind": "reset_before_read"}                       | 4 interrupted/unknown +0 | 1 interrupted/unknown +0 | 1 interrupted/unknown +0
{"kind": "reset_after_read"}                        | 4 interrupted/unknown +0 | 1 interrupted/unknown +0 | 1 interrupted/unknown +0
{"kind": "reply_lost"}                              | 4 interrupted/unknown +0 | 1 interrupted/unknown +1 | 1 interrupted/unknown +1
{"kind": "truncate"}                                | 4 interrupted/unknown +0 | 1 interrupted/unknown +1 | 1 interrupted/unknown +1
# Only the first attempt uses an idle connection.
{"kind": "close_idle"}                              | 2 ok +0                  | 1 interrupted/unknown +0 | 1 interrupted/unknown +0
# The deadline of the call, two minutes, is enough for two attempts of one minute.
{"kind": "delay", "delay": "10min"}                 | 2 timeout/unknown +0     | 1 timeout/unknown +1     | 1 timeout/unknown +1
{"kind": "content_type"}                            | 1 ok +0                  | 1 ok +1                  | 1 ok +1
{"kind": "nulls"}                                   | 1 ok +0                  | 1 ok +1                  | 1 ok +1
"#;

fn rows(table: &str) -> impl Iterator<Item = Row<'_>> {
    let lines = table.lines().filter(|line| line.starts_with('{'));
    lines.map(|line| {
        let cells: Vec<&str> = line.split(" | ").map(str::trim).collect();
        let [rule, read, create, control] = cells[..] else {
            panic!("four cells: {line}")
        };
        (serde_json::from_str(rule).unwrap(), [read, create, control])
    })
}

/// Returns the rules of the table, without the number of requests that they affect.
pub(crate) fn rules() -> Vec<Value> {
    rows(ONCE).map(|(rule, _)| rule).collect()
}

/// Runs on tokio's paused clock, which jumps to the next timer: minutes take no time.
async fn in_process(rule: Value, effect: Effect) -> String {
    let builder = Emulator::builder().task_times(Duration::ZERO, Duration::ZERO);
    let service = builder.service();
    let client = service.client().unwrap().build().unwrap();
    try_out(&service, &client, rule, effect).await
}

async fn check(table: &str, times: Option<u32>) {
    let mut wrong = Vec::new();
    for (mut rule, expected) in rows(table) {
        rule["times"] = times.into();
        for (effect, expected) in EFFECTS.into_iter().zip(expected) {
            let found = many_as_star(in_process(rule.clone(), effect).await);
            if found != expected {
                wrong.push(format!(
                    "{rule} on {effect:?}: {found}, expected {expected}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Replaces more than ten attempts, whose number depends on the jitter, by `*`.
fn many_as_star(outcome: String) -> String {
    match outcome.split_once(' ') {
        Some((attempts, rest)) if attempts.parse().is_ok_and(|attempts: u32| attempts > 10) => {
            format!("* {rest}")
        }
        _ => outcome,
    }
}

#[tokio::test(start_paused = true)]
async fn outcomes_of_a_fault_that_affects_one_request() {
    check(ONCE, Some(1)).await;
}

#[tokio::test(start_paused = true)]
async fn outcomes_of_a_fault_that_affects_every_request() {
    check(STANDING, None).await;
}

/// A provider whose credentials are new after each refresh, as those of a role are.
#[derive(Debug)]
struct Role(Service);

impl ProvideCredentials for Role {
    fn provide(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        let issued = self.0.issue_credentials(Duration::from_secs(3_600));
        let credentials = Credentials::new(issued.secret_id, issued.secret_key);
        Box::pin(async move { Ok(credentials.with_token(issued.token)) })
    }
}

#[tokio::test(start_paused = true)]
async fn an_expired_token_is_replaced_once() {
    for (times, expected) in [
        (1, ["2 ok +0", "2 ok +1", "2 ok +1"]),
        (2, ["2 service/refused +0"; 3]),
    ] {
        for (effect, expected) in EFFECTS.into_iter().zip(expected) {
            let builder = Emulator::builder().task_times(Duration::ZERO, Duration::ZERO);
            let service = builder.service();
            let client = service.client().unwrap().credentials(Role(service.clone()));
            let rule = json!({"kind": "token_expired", "times": times});
            let found = try_out(&service, &client.build().unwrap(), rule, effect).await;
            assert_eq!(found, expected, "{effect:?}");
        }
    }
}

#[test]
fn every_kind_of_fault_is_in_the_table() {
    let service = Emulator::builder().service();
    let (_, answer) = control(&service, Method::POST, "faults", &json!({"kind": "?"}));
    let known = answer["hint"]
        .as_str()
        .unwrap()
        .strip_prefix("known: ")
        .unwrap();
    let applies_to_calls = |kind: &&str| {
        let rule = json!({"kind": kind, "action": "CreateAigcVideoTask"});
        let (_, answer) = control(&service, Method::POST, "faults", &rule);
        answer["member"] != "action"
    };
    let known: BTreeSet<&str> = known.split(", ").filter(applies_to_calls).collect();
    let tried = rules();
    let tried: BTreeSet<&str> = tried
        .iter()
        .filter_map(|rule| rule["kind"].as_str())
        .collect();
    assert_eq!(tried, known);
}

#[test]
fn every_limit_of_the_service_is_in_the_table() {
    let codes = mps_models::service::ERROR_CODES.iter();
    let codes = codes.map(|known| known.code);
    let known: BTreeSet<&str> = codes
        .filter(|code| code.starts_with("RequestLimitExceeded"))
        .collect();
    let tried = rules();
    let throttles = tried.iter().filter(|rule| rule["kind"] == "throttle");
    let tried: BTreeSet<&str> = throttles
        .map(|rule| rule["code"].as_str().unwrap_or("RequestLimitExceeded"))
        .collect();
    assert_eq!(tried, known);
}
