//! A gate that refuses, is late, panics or is cancelled: nothing is billed and the slot is free.

use std::{error::Error as _, sync::Arc, time::Duration};

use mps_core::{
    Advice, CallOptions, Client, Dispatch, ErrorKind, StopReason,
    clock::{SharedClock, TestClock},
    credentials::Credentials,
    transport::{Reply, ScriptedTransport},
};
use serde_json::json;

use crate::support::{Answer, ScriptedGate, World, request};

const LATE: Duration = Duration::from_millis(80);

/// A world whose limiter has started, so that later starts do not wait for its first second.
async fn started() -> World {
    let world = World::new();
    let warm_up = world.create(CallOptions::new()).await.unwrap();
    assert!(!warm_up.is_empty());
    tokio::time::sleep(Duration::from_secs(2)).await;
    world
}

fn through(gate: &Arc<ScriptedGate>) -> CallOptions {
    CallOptions::new().gate(gate.clone())
}

#[tokio::test(start_paused = true)]
async fn a_gate_that_refuses_ends_the_call_unsent() {
    let world = started().await;
    let gate = ScriptedGate::new(world.client.clock(), [Answer::Refuse; 10]);
    for _ in 0..10 {
        let error = world.create(through(&gate)).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.dispatch(), error.stopped()),
            (
                ErrorKind::Gate,
                Dispatch::NotSent,
                Some(StopReason::GateRefused)
            )
        );
        assert_eq!(error.message(), "the ledger is read-only");
        assert_eq!(error.hint(), Some("move the ledger"));
        assert!(error.source().unwrap().is::<std::fmt::Error>());
        assert_eq!((error.attempts(), error.advice()), (0, Advice::RetryLater));
    }
    assert_eq!(world.creates(), 1);
    assert_eq!(gate.not_sent(), [0_u32; 0]);
    world.assert_slots_are_free().await;
}

#[tokio::test(start_paused = true)]
async fn a_gate_that_is_late_is_asked_again_with_a_new_permit() {
    let world = started().await;
    let gate = ScriptedGate::new(world.client.clock(), [Answer::PassAfter(LATE); 2]);
    world.create(through(&gate)).await.unwrap();
    assert_eq!(gate.asked(), [1, 1, 1]);
    assert_eq!(gate.not_sent(), [1, 1]);
    assert_eq!(world.creates(), 2);
    // Both slots that were missed are long over.
    tokio::time::sleep(Duration::from_secs(2)).await;
    world.assert_slots_are_free().await;
}

#[tokio::test(start_paused = true)]
async fn a_gate_that_is_always_late_ends_with_the_deadline() {
    let world = started().await;
    let gate = ScriptedGate::new(world.client.clock(), [Answer::PassAfter(LATE); 1_000]);
    let options = through(&gate).deadline(Duration::from_secs(5));
    let error = world.create(options).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.dispatch()),
        (ErrorKind::Timeout, Dispatch::NotSent)
    );
    assert_eq!(world.creates(), 1);
    tokio::time::sleep(Duration::from_secs(2)).await;
    world.assert_slots_are_free().await;
}

#[tokio::test(start_paused = true)]
async fn a_gate_that_panics_ends_the_call_unsent() {
    let world = started().await;
    let gate = ScriptedGate::new(world.client.clock(), [Answer::Panic; 10]);
    for _ in 0..10 {
        let error = world.create(through(&gate)).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.dispatch()),
            (ErrorKind::Gate, Dispatch::NotSent)
        );
        assert_eq!(error.message(), "the call gate panicked");
    }
    assert_eq!(world.creates(), 1);
    world.assert_slots_are_free().await;
}

#[tokio::test(start_paused = true)]
async fn a_gate_that_never_answers_is_cancelled_by_the_caller_or_the_deadline() {
    let world = started().await;
    let gate = ScriptedGate::new(world.client.clock(), [Answer::Never; 2]);
    world.drop_after(LATE, through(&gate)).await;
    let options = through(&gate).deadline(Duration::from_secs(3));
    let error = world.create(options).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.dispatch()),
        (ErrorKind::Timeout, Dispatch::NotSent)
    );
    assert_eq!(world.creates(), 1);
    assert_eq!(gate.not_sent(), [0_u32; 0]);
    world.assert_slots_are_free().await;
}

#[tokio::test(start_paused = true)]
async fn every_attempt_passes_the_gate_once() {
    let world = World::new();
    world.fail(&json!({"kind": "throttle", "times": 2}));
    let gate = ScriptedGate::new(world.client.clock(), []);
    world.create(through(&gate)).await.unwrap();
    assert_eq!(gate.asked(), [1, 2, 3]);
    assert_eq!(gate.not_sent(), [0_u32; 0]);
}

#[tokio::test]
async fn a_gate_learns_that_no_connection_was_made() {
    let clock: SharedClock = Arc::new(TestClock::new(1_771_125_945).auto_advance());
    let created = r#"{"Response":{"TaskId":"1","RequestId":"r"}}"#;
    let replies = [Reply::connect_error(), Reply::json(created)];
    let client = Client::builder()
        .credentials(Credentials::new("i", "k"))
        .transport(ScriptedTransport::new(replies))
        .clock(clock.clone())
        .build()
        .unwrap();
    let gate = ScriptedGate::new(&clock, []);
    client.send_with(&request(), through(&gate)).await.unwrap();
    assert_eq!((gate.asked(), gate.not_sent()), (vec![1, 2], vec![1]));
}
