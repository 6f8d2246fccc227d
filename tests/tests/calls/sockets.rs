//! Dropped creates over loopback sockets, with the HTTP library that programs use.

use std::{sync::Arc, time::Duration};

use mps_core::{
    CallHandle, CallOptions, Client,
    clock::{Clock as _, TestClock},
    transport::ReqwestTransport,
};
use mps_emulator::Emulator;
use mps_tests::bounded::eventually_async;
use serde_json::json;

use crate::support::{fail, request};

const START: u64 = 1_771_156_800;

/// A server and a client on a clock that the test moves.
struct World {
    emulator: Emulator,
    client: Client,
    clock: Arc<TestClock>,
}

async fn world() -> World {
    let clock = Arc::new(TestClock::new(START));
    let emulator = Emulator::builder()
        .clock(clock.clone())
        .task_times(Duration::ZERO, Duration::ZERO)
        .start()
        .await
        .unwrap();
    let client = emulator.service().client().unwrap();
    let transport = ReqwestTransport::new();
    World {
        client: client.transport(transport).build().unwrap(),
        emulator,
        clock,
    }
}

#[tokio::test]
async fn an_aborted_create_on_the_wire_is_answered_to_its_handle() {
    let World {
        emulator,
        client,
        clock,
    } = world().await;
    fail(
        emulator.service(),
        &json!({"kind": "delay", "delay": "10s"}),
    );
    let handle = CallHandle::new();
    let options = CallOptions::new().handle(handle.clone());
    let caller = tokio::spawn({
        let client = client.clone();
        async move { client.send_with(&request(), options).await }
    });
    // Permits of a limiter that has just started are a matter of the clock.
    eventually_async(|| {
        if handle.intent().is_none() {
            clock.advance(Duration::from_millis(10));
        }
        emulator.bill().creates > 0
    })
    .await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    assert!(handle.try_outcome().is_none());
    // Past the delay, and not as far as the timeout of the attempt: the answer takes as long as it takes.
    let end = clock.monotonic() + Duration::from_secs(11);
    eventually_async(|| {
        if clock.monotonic() < end {
            clock.advance(Duration::from_millis(100));
        }
        handle.try_outcome().is_some()
    })
    .await;
    let output = handle.outcome().await.unwrap();
    assert!(output.body.task_id().is_some());
    assert!(client.drain(Duration::ZERO).await.is_empty());
    let bill = emulator.bill();
    assert_eq!((bill.creates, bill.duplicates), (1, 0));
}
