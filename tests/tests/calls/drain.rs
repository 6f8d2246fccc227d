//! The end of a program that has creates on the wire.

use std::time::Duration;

use mps_core::clock::SystemClock;

use crate::support::{Slow, World, watched};

const SLOW: Duration = Duration::from_secs(20);

fn slow_world() -> World {
    World::with(|builder, service| {
        builder.transport(Slow::new(service, SystemClock::shared(), SLOW))
    })
}

#[tokio::test(start_paused = true)]
async fn drain_waits_for_every_call_on_the_wire() {
    let world = slow_world();
    let mut handles = Vec::new();
    for _ in 0..3 {
        let (options, handle) = watched();
        world.drop_after(Duration::from_secs(3), options).await;
        handles.push(handle);
    }
    let began = world.now();
    assert!(world.client.drain(Duration::from_secs(60)).await.is_empty());
    assert!(world.now() <= began + SLOW);
    for handle in handles {
        assert!(handle.try_outcome().unwrap().is_ok());
    }
    assert_eq!(world.creates(), 3);
}

#[tokio::test(start_paused = true)]
async fn drain_returns_the_calls_that_its_limit_leaves() {
    let world = slow_world();
    let (options, handle) = watched();
    world.drop_after(Duration::from_secs(5), options).await;
    let left = world.client.drain(Duration::from_secs(1)).await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].action(), "CreateAigcVideoTask");
    assert_eq!(
        left[0].body_sha256(),
        handle.intent().unwrap().body_sha256()
    );
    assert!(world.client.drain(Duration::from_secs(60)).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn drain_without_calls_returns_at_once() {
    let world = World::new();
    let began = world.now();
    assert!(world.client.drain(Duration::from_secs(60)).await.is_empty());
    assert_eq!(world.now(), began);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_dropped_reports_its_calls_and_they_go_on() {
    let world = slow_world();
    let (options, handle) = watched();
    world.drop_after(Duration::from_secs(5), options).await;
    let World {
        service,
        seen,
        client,
    } = world;
    let clone = client.clone();
    drop(client);
    assert_eq!(seen.texts(), ["detached attempt 1"]);
    drop(clone);
    assert_eq!(seen.texts(), ["detached attempt 1", "left 1"]);
    assert!(handle.outcome().await.is_ok());
    assert_eq!(service.bill().creates, 1);
}

#[tokio::test(start_paused = true)]
async fn a_client_without_calls_is_dropped_silently() {
    let World { seen, client, .. } = World::new();
    drop(client);
    assert!(seen.texts().is_empty());
}
