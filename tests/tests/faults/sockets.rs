//! Faults over a loopback socket, with the HTTP library that programs use.

use std::{sync::Arc, time::Duration};

use mps_core::{
    Client,
    clock::TestClock,
    retry::{Backoff, RetryPolicy},
    transport::ReqwestTransport,
};
use mps_emulator::Emulator;
use mps_models::{CreateAigcVideoTask, Effect};
use serde_json::{Value, json};

use crate::support::{EFFECTS, fail, try_out};

const START: u64 = 1_771_156_800;

/// A server and a client with stopped clocks: nothing times out, and retries do not pause.
struct World {
    emulator: Emulator,
    client: Client,
}

async fn world() -> World {
    let clock = Arc::new(TestClock::new(START));
    let emulator = Emulator::builder()
        .clock(clock.clone())
        .task_times(Duration::ZERO, Duration::ZERO)
        .start()
        .await
        .unwrap();
    let none = Backoff::new(Duration::ZERO, Duration::ZERO);
    let client = emulator.service().client().unwrap();
    let client = client.transport(ReqwestTransport::new()).retry(
        RetryPolicy::default()
            .backoff(none)
            .throttled(none)
            .busy(none),
    );
    World {
        client: client.build().unwrap(),
        emulator,
    }
}

async fn outcome_over_a_socket(rule: &Value, effect: Effect) -> String {
    let World { emulator, client } = world().await;
    try_out(emulator.service(), &client, rule.clone(), effect).await
}

#[tokio::test]
async fn outcomes_over_a_socket_equal_those_of_the_table() {
    let lost = [
        "2 ok +0",
        "1 interrupted/unknown +0",
        "1 interrupted/unknown +0",
    ];
    let executed_and_lost = [
        "2 ok +0",
        "1 interrupted/unknown +1",
        "1 interrupted/unknown +1",
    ];
    let good = ["1 ok +0", "1 ok +1", "1 ok +1"];
    for (rule, expected) in [
        (json!({"kind": "reset_before_read", "times": 1}), lost),
        (json!({"kind": "reset_after_read", "times": 1}), lost),
        (json!({"kind": "close_idle", "times": 1}), lost),
        (json!({"kind": "reply_lost", "times": 1}), executed_and_lost),
        (json!({"kind": "truncate", "times": 1}), executed_and_lost),
        (
            json!({"kind": "truncate", "after": 0, "times": 1}),
            executed_and_lost,
        ),
        (json!({"kind": "drip", "delay": "0s", "pieces": 100}), good),
        (json!({"kind": "content_type"}), good),
        (
            json!({"kind": "html", "times": 1}),
            ["2 ok +0", "1 gateway/unknown +0", "1 gateway/unknown +0"],
        ),
        (
            json!({"kind": "throttle", "times": 3}),
            ["4 ok +0", "4 ok +1", "4 ok +1"],
        ),
    ] {
        for (effect, expected) in EFFECTS.into_iter().zip(expected) {
            let found = outcome_over_a_socket(&rule, effect).await;
            assert_eq!(found, expected, "{rule} on {effect:?}");
        }
    }
}

#[tokio::test]
async fn the_received_part_of_a_truncated_response_is_kept() {
    let World { emulator, client } = world().await;
    fail(
        emulator.service(),
        &json!({"kind": "truncate", "after": 70}),
    );
    let error = client
        .send(&CreateAigcVideoTask::new().prompt("a cat"))
        .await
        .unwrap_err();
    // Seventy bytes contain `{"Response":{"RequestId":"…`.
    assert_eq!(error.excerpt().unwrap().len(), 70);
    assert!(error.request_id().is_some(), "{error:?}");
    assert_eq!(emulator.bill().creates, 1);
}

/// The server makes the pauses of `drip`, so this server's clock advances continuously.
#[tokio::test]
async fn a_response_in_slow_pieces_is_received_completely() {
    let World { emulator, client } = world().await;
    let ticking = TestClock::new(START);
    let slow = Emulator::builder()
        .clock(Arc::new(ticking.clone()))
        .credentials(emulator.secret_id(), emulator.secret_key())
        .start()
        .await
        .unwrap();
    drop(client);
    // Short enough that the server's own timeouts do not expire.
    fail(slow.service(), &json!({"kind": "drip", "delay": "1us"}));
    let client = slow.service().client().unwrap();
    let client = client
        .transport(ReqwestTransport::new())
        .clock(Arc::new(TestClock::new(START)))
        .build()
        .unwrap();
    let tick = tokio::spawn(async move {
        loop {
            ticking.advance(Duration::from_micros(1));
            tokio::task::yield_now().await;
        }
    });
    let output = client
        .send(&CreateAigcVideoTask::new().prompt("a cat"))
        .await
        .unwrap();
    tick.abort();
    assert!(output.body.task_id.is_some());
}
