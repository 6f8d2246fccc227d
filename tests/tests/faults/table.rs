//! Fault × effect, in virtual time and without sockets.

use std::{collections::BTreeSet, time::Duration};

use http::Method;
use mps_emulator::Emulator;
use mps_models::Effect;
use serde_json::{Value, json};

use crate::support::{EFFECTS, control, try_out};

/// A rule, and what comes of a read, a paid create and a control that it is about: how many
/// attempts were made, how they ended, and how many tasks are on the bill because of them.
type Row = (Value, [&'static str; 3]);

/// Faults that strike once.
fn once() -> Vec<Row> {
    vec![
        // What the service says decides.
        (
            json!({"kind": "refuse", "code": "InternalError"}),
            ["2 ok +0", "1 service/unknown +0", "1 service/unknown +0"],
        ),
        (
            json!({"kind": "refuse", "code": "Unheard.Of"}),
            ["2 ok +0", "1 service/unknown +0", "1 service/unknown +0"],
        ),
        (
            json!({"kind": "refuse", "code": "InvalidParameter.ViolationContent"}),
            ["1 service/refused +0"; 3],
        ),
        (
            json!({"kind": "refuse", "code": "ResponseSizeLimitExceeded"}),
            ["1 service/executed +0"; 3],
        ),
        (
            json!({"kind": "throttle"}),
            ["2 ok +0", "2 ok +1", "2 ok +1"],
        ),
        (
            json!({"kind": "throttle", "code": "RequestLimitExceeded.IPLimitExceeded"}),
            ["2 ok +0", "2 ok +1", "2 ok +1"],
        ),
        (
            json!({"kind": "throttle", "code": "RequestLimitExceeded.UinLimitExceeded"}),
            ["2 ok +0", "2 ok +1", "2 ok +1"],
        ),
        (
            json!({"kind": "throttle", "code": "RequestLimitExceeded.GlobalRegionUinLimitExceeded"}),
            ["2 ok +0", "2 ok +1", "2 ok +1"],
        ),
        (
            json!({"kind": "token_expired"}),
            ["1 service/refused +0"; 3],
        ),
        (json!({"kind": "skew"}), ["2 ok +0", "2 ok +1", "2 ok +1"]),
        (
            json!({"kind": "skew", "offset": "-12h"}),
            ["2 ok +0", "2 ok +1", "2 ok +1"],
        ),
        (
            json!({"kind": "skew", "offset": "5days"}),
            ["2 ok +0", "2 ok +1", "2 ok +1"],
        ),
        // Somebody else answers.
        (
            json!({"kind": "http", "status": 503}),
            ["2 ok +0", "1 gateway/unknown +0", "1 gateway/unknown +0"],
        ),
        (
            json!({"kind": "http", "status": 504, "executed": true}),
            ["2 ok +0", "1 gateway/unknown +1", "1 gateway/unknown +1"],
        ),
        (
            json!({"kind": "http", "status": 403}),
            ["1 gateway/refused +0"; 3],
        ),
        (
            json!({"kind": "http", "status": 429, "retry_after": 7}),
            ["2 ok +0", "2 ok +1", "2 ok +1"],
        ),
        (
            json!({"kind": "html"}),
            ["2 ok +0", "1 gateway/unknown +0", "1 gateway/unknown +0"],
        ),
        (
            json!({"kind": "html", "status": 200}),
            ["2 ok +0", "1 decode/unknown +0", "1 decode/unknown +0"],
        ),
        (
            json!({"kind": "html", "status": 502, "executed": true}),
            ["2 ok +0", "1 gateway/unknown +1", "1 gateway/unknown +1"],
        ),
        // The way breaks.
        (
            json!({"kind": "reset_before_read"}),
            [
                "2 ok +0",
                "1 interrupted/unknown +0",
                "1 interrupted/unknown +0",
            ],
        ),
        (
            json!({"kind": "reset_after_read"}),
            [
                "2 ok +0",
                "1 interrupted/unknown +0",
                "1 interrupted/unknown +0",
            ],
        ),
        (
            json!({"kind": "reply_lost"}),
            [
                "2 ok +0",
                "1 interrupted/unknown +1",
                "1 interrupted/unknown +1",
            ],
        ),
        (
            json!({"kind": "close_idle"}),
            [
                "2 ok +0",
                "1 interrupted/unknown +0",
                "1 interrupted/unknown +0",
            ],
        ),
        (
            json!({"kind": "truncate"}),
            [
                "2 ok +0",
                "1 interrupted/unknown +1",
                "1 interrupted/unknown +1",
            ],
        ),
        (
            json!({"kind": "truncate", "after": 0}),
            [
                "2 ok +0",
                "1 interrupted/unknown +1",
                "1 interrupted/unknown +1",
            ],
        ),
        // The way is slow; an attempt may take a minute.
        (
            json!({"kind": "delay", "delay": "59s"}),
            ["1 ok +0", "1 ok +1", "1 ok +1"],
        ),
        (
            json!({"kind": "delay", "delay": "61s"}),
            ["2 ok +0", "1 timeout/unknown +1", "1 timeout/unknown +1"],
        ),
        (json!({"kind": "drip"}), ["1 ok +0", "1 ok +1", "1 ok +1"]),
        (
            json!({"kind": "drip", "delay": "10s"}),
            ["2 ok +0", "1 timeout/unknown +1", "1 timeout/unknown +1"],
        ),
        // The answer is odd, and all the same an answer.
        (
            json!({"kind": "content_type"}),
            ["1 ok +0", "1 ok +1", "1 ok +1"],
        ),
        (json!({"kind": "nulls"}), ["1 ok +0", "1 ok +1", "1 ok +1"]),
        (
            json!({"kind": "unknown_status"}),
            ["1 ok +0", "1 ok +1", "1 ok +1"],
        ),
        (
            json!({"kind": "done_without_url"}),
            ["1 ok +0", "1 ok +1", "1 ok +1"],
        ),
    ]
}

/// Faults that strike every time.
fn standing() -> Vec<Row> {
    vec![
        (
            json!({"kind": "refuse", "code": "InternalError"}),
            [
                "4 service/unknown +0",
                "1 service/unknown +0",
                "1 service/unknown +0",
            ],
        ),
        (json!({"kind": "throttle"}), ["4 service/refused +0"; 3]),
        (json!({"kind": "skew"}), ["2 ok +0", "2 ok +1", "2 ok +1"]),
        // Too far off to be a clock: not followed, and so refused again.
        (
            json!({"kind": "skew", "offset": "5days"}),
            ["2 service/refused +0"; 3],
        ),
        (
            json!({"kind": "http", "status": 503}),
            [
                "4 gateway/unknown +0",
                "1 gateway/unknown +0",
                "1 gateway/unknown +0",
            ],
        ),
        (
            json!({"kind": "http", "status": 429}),
            ["4 gateway/refused +0"; 3],
        ),
        // The deadline of the call, five minutes, leaves no time for that.
        (
            json!({"kind": "http", "status": 429, "retry_after": 600}),
            ["1 gateway/refused +0"; 3],
        ),
        (
            json!({"kind": "html", "executed": true}),
            [
                "4 gateway/unknown +0",
                "1 gateway/unknown +1",
                "1 gateway/unknown +1",
            ],
        ),
        (
            json!({"kind": "reset_before_read"}),
            [
                "4 interrupted/unknown +0",
                "1 interrupted/unknown +0",
                "1 interrupted/unknown +0",
            ],
        ),
        (
            json!({"kind": "reset_after_read"}),
            [
                "4 interrupted/unknown +0",
                "1 interrupted/unknown +0",
                "1 interrupted/unknown +0",
            ],
        ),
        (
            json!({"kind": "reply_lost"}),
            [
                "4 interrupted/unknown +0",
                "1 interrupted/unknown +1",
                "1 interrupted/unknown +1",
            ],
        ),
        (
            json!({"kind": "truncate"}),
            [
                "4 interrupted/unknown +0",
                "1 interrupted/unknown +1",
                "1 interrupted/unknown +1",
            ],
        ),
        // Only the first attempt went out on a connection that had been idle.
        (
            json!({"kind": "close_idle"}),
            [
                "2 ok +0",
                "1 interrupted/unknown +0",
                "1 interrupted/unknown +0",
            ],
        ),
        (
            json!({"kind": "delay", "delay": "10min"}),
            [
                "4 timeout/unknown +0",
                "1 timeout/unknown +1",
                "1 timeout/unknown +1",
            ],
        ),
        (
            json!({"kind": "content_type"}),
            ["1 ok +0", "1 ok +1", "1 ok +1"],
        ),
        (json!({"kind": "nulls"}), ["1 ok +0", "1 ok +1", "1 ok +1"]),
    ]
}

/// On tokio's paused clock, which jumps to the next timer: minutes take no time.
async fn in_process(rule: Value, effect: Effect) -> String {
    let builder = Emulator::builder().task_times(Duration::ZERO, Duration::ZERO);
    let service = builder.service();
    let client = service.client().unwrap().build().unwrap();
    try_out(&service, &client, rule, effect).await
}

async fn check(table: Vec<Row>, times: Option<u32>) {
    let mut wrong = Vec::new();
    for (mut rule, expected) in table {
        rule["times"] = times.into();
        for (effect, expected) in EFFECTS.into_iter().zip(expected) {
            let found = in_process(rule.clone(), effect).await;
            if found != expected {
                wrong.push(format!(
                    "{rule} on {effect:?}: {found}, expected {expected}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn a_fault_that_strikes_once() {
    check(once(), Some(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_fault_that_stands() {
    check(standing(), None).await;
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
    let known: BTreeSet<&str> = known.split(", ").collect();
    let table = once();
    let tried: BTreeSet<&str> = table
        .iter()
        .map(|(rule, _)| rule["kind"].as_str().unwrap())
        .collect();
    assert_eq!(tried, known);
}
