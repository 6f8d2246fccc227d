//! What only a socket shows, over a loopback socket and with the HTTP library in use.

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

/// A server and a client whose clocks stand still: nothing times out, and pauses are none.
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
    let none = Backoff {
        base: Duration::ZERO,
        cap: Duration::ZERO,
    };
    let client = emulator.service().client().unwrap();
    let client = client
        .transport(ReqwestTransport::new().unwrap())
        .retry(RetryPolicy {
            backoff: none,
            ..RetryPolicy::default()
        });
    World {
        client: client.build().unwrap(),
        emulator,
    }
}

async fn over_a_socket(rule: &Value, effect: Effect) -> String {
    let World { emulator, client } = world().await;
    try_out(emulator.service(), &client, rule.clone(), effect).await
}

#[tokio::test]
async fn a_socket_shows_what_the_table_says() {
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
            let found = over_a_socket(&rule, effect).await;
            assert_eq!(found, expected, "{rule} on {effect:?}");
        }
    }
}

#[tokio::test]
async fn what_arrives_of_a_truncated_answer_is_kept() {
    let World { emulator, client } = world().await;
    fail(
        emulator.service(),
        &json!({"kind": "truncate", "after": 70}),
    );
    let error = client
        .send(&CreateAigcVideoTask::new().prompt("a cat"))
        .await
        .unwrap_err();
    // `{"Response":{"RequestId":"…` is what seventy bytes hold.
    assert_eq!(error.excerpt().unwrap().len(), 70);
    assert!(error.request_id().is_some(), "{error:?}");
    assert_eq!(emulator.bill().creates, 1);
}

/// The pauses of a drip are the server's, and this server's clock moves on by itself.
#[tokio::test]
async fn an_answer_that_drips_arrives_whole() {
    let World { emulator, client } = world().await;
    let ticking = TestClock::new(START);
    let slow = Emulator::builder()
        .clock(Arc::new(ticking.clone()))
        .credentials(emulator.secret_id(), emulator.secret_key())
        .start()
        .await
        .unwrap();
    drop(client);
    // Far too short for the server's own timeouts to pass meanwhile.
    fail(slow.service(), &json!({"kind": "drip", "delay": "1us"}));
    let client = slow.service().client().unwrap();
    let client = client
        .transport(ReqwestTransport::new().unwrap())
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
