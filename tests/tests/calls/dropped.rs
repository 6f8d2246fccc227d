//! A create that is dropped in each of its phases, in virtual time.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use mps_core::{
    BoxFuture, CallOptions, Client, Dispatch, ErrorKind, StopReason,
    clock::SystemClock,
    credentials::{Credentials, CredentialsError, ProvideCredentials},
    limit::{LimitError, Limiter, Permit, PermitRequest},
    transport::{RequestBody, ResponseBody, Transport, TransportError, TransportErrorKind},
};
use mps_models::DescribeAigcVideoTask;
use serde_json::json;

use crate::support::{
    Answer, ScriptedGate, Slow, World, assert_not_sent, request, stop_failing, watched,
};

const SOON: Duration = Duration::from_secs(1);
const SLOW: Duration = Duration::from_secs(20);
/// Longer than any deadline of a call.
const LONG: Duration = Duration::from_secs(600);

#[derive(Debug)]
struct Never;

impl ProvideCredentials for Never {
    fn provide(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        Box::pin(std::future::pending())
    }
}

impl Limiter for Never {
    fn acquire<'a>(&'a self, _: PermitRequest<'a>) -> BoxFuture<'a, Result<Permit, LimitError>> {
        Box::pin(std::future::pending())
    }

    fn throttled(&self, _: &str) {}
}

async fn assert_nothing_follows(world: &World) {
    tokio::time::sleep(LONG).await;
    assert_eq!(world.creates(), 0);
    assert!(world.client.drain(Duration::ZERO).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn dropped_while_it_waits_for_credentials_it_sends_nothing() {
    let world = World::with(|builder, _| builder.credentials(Never));
    let (options, handle) = watched();
    world.drop_after(SOON, options).await;
    assert_not_sent(&world, &handle);
    assert_nothing_follows(&world).await;
}

#[tokio::test(start_paused = true)]
async fn dropped_while_it_waits_for_a_permit_it_sends_nothing() {
    let world = World::with(|builder, _| builder.limiter(Never));
    let (options, handle) = watched();
    world.drop_after(SOON, options).await;
    assert_not_sent(&world, &handle);
    assert_nothing_follows(&world).await;
}

#[tokio::test(start_paused = true)]
async fn dropped_while_it_waits_for_the_gate_it_sends_nothing() {
    let world = World::new();
    let gate = ScriptedGate::new(world.client.clock(), [Answer::Never]);
    let (options, handle) = watched();
    world
        .drop_after(Duration::from_secs(3), options.gate(gate))
        .await;
    assert_not_sent(&world, &handle);
    assert_nothing_follows(&world).await;
}

#[tokio::test(start_paused = true)]
async fn dropped_in_a_retry_pause_it_sends_nothing_more() {
    let world = World::new();
    world.fail(&json!({"kind": "http", "status": 429, "retry_after": 60}));
    let (options, handle) = watched();
    world.drop_after(Duration::from_secs(30), options).await;
    assert_not_sent(&world, &handle);
    let sent = world.service.requests().len();
    stop_failing(&world.service);
    assert_nothing_follows(&world).await;
    assert_eq!(world.service.requests().len(), sent);
}

#[tokio::test(start_paused = true)]
async fn dropped_on_the_wire_the_attempt_goes_on_and_its_id_is_kept() {
    let world = World::new();
    world.fail(&json!({"kind": "delay", "delay": "30s"}));
    let (options, handle) = watched();
    world.drop_after(Duration::from_secs(5), options).await;
    assert_eq!(world.seen.texts(), ["detached attempt 1"]);
    assert_eq!(handle.intent().unwrap().action(), "CreateAigcVideoTask");
    let output = handle.outcome().await.unwrap();
    assert!(output.body.task_id().is_some());
    assert_eq!(
        world.seen.texts(),
        ["detached attempt 1", "ended detached, task true"]
    );
    assert_eq!((world.creates(), world.service.requests().len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn dropped_on_the_wire_it_is_never_retried() {
    for (rule, ended, billed) in [
        (
            json!({"kind": "throttle", "times": 1}),
            "ended detached, service/refused",
            0,
        ),
        (
            json!({"kind": "reply_lost", "times": 1}),
            "ended detached, interrupted/unknown",
            1,
        ),
        (
            json!({"kind": "delay", "delay": "10min"}),
            "ended detached, timeout/unknown",
            1,
        ),
    ] {
        let world = World::with(|builder, service| {
            builder.transport(Slow::new(service, SystemClock::shared(), SLOW))
        });
        world.fail(&rule);
        let (options, handle) = watched();
        world.drop_after(Duration::from_secs(5), options).await;
        let error = handle.outcome().await.unwrap_err();
        let stopped = if error.in_doubt() {
            StopReason::InDoubt
        } else {
            StopReason::CallerGone
        };
        assert_eq!(error.stopped(), Some(stopped), "{rule}");
        assert_eq!(world.seen.texts(), ["detached attempt 1", ended], "{rule}");
        tokio::time::sleep(LONG).await;
        assert_eq!(world.creates(), billed, "{rule}");
        assert_eq!(world.service.requests().len(), 1, "{rule}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_asks_for_it_is_cancelled_with_its_future() {
    let world = World::with(|builder, service| {
        builder.transport(Slow::new(service, SystemClock::shared(), SLOW))
    });
    let (options, handle) = watched();
    world
        .drop_after(Duration::from_secs(5), options.cancel_on_drop())
        .await;
    let error = handle.try_outcome().unwrap().unwrap_err();
    assert_eq!(
        (error.kind(), error.dispatch(), error.stopped()),
        (
            ErrorKind::Cancelled,
            Dispatch::Unknown,
            Some(StopReason::InDoubt)
        )
    );
    assert!(error.in_doubt());
    assert!(world.client.drain(Duration::ZERO).await.is_empty());
    assert_eq!(world.seen.texts(), ["ended detached, cancelled/unknown"]);
}

#[tokio::test(start_paused = true)]
async fn a_read_ends_with_its_future() {
    let world = World::with(|builder, service| {
        builder.transport(Slow::new(service, SystemClock::shared(), SLOW))
    });
    let describe = DescribeAigcVideoTask::new("1");
    let read = world.client.send(&describe);
    assert!(tokio::time::timeout(SOON, read).await.is_err());
    assert!(world.client.drain(Duration::ZERO).await.is_empty());
    assert!(world.seen.texts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_call_with_a_caller_ends_once_for_every_listener() {
    let world = World::new();
    let (options, handle) = watched();
    let id = world.create(options).await.unwrap();
    let output = handle.outcome().await.unwrap();
    assert_eq!(output.body.task_id(), Some(id));
    assert_eq!(world.seen.texts(), ["ended task true"]);

    world.fail(&json!({"kind": "refuse", "code": "FailedOperation.UserArrears"}));
    world.create(watched().0).await.unwrap_err();
    assert_eq!(
        world.seen.texts(),
        ["ended task true", "ended service/refused"]
    );
}

/// A transport that connects for ten seconds and takes the body in a task of its own, as a
/// connection pool does.
#[derive(Clone, Debug, Default)]
struct Connecting(Arc<Mutex<Vec<usize>>>);

impl Transport for Connecting {
    fn send(
        &self,
        request: http::Request<RequestBody>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        let sent = self.0.clone();
        let connection = tokio::spawn(async move {
            SystemClock::shared().sleep(Duration::from_secs(10)).await;
            let bytes = request.into_body().into_bytes();
            sent.lock().unwrap().push(bytes.len());
        });
        Box::pin(async move {
            connection.await.unwrap();
            Err(TransportError::new(
                TransportErrorKind::Interrupted,
                "closed",
            ))
        })
    }
}

#[tokio::test(start_paused = true)]
async fn dropped_while_it_connects_no_byte_leaves_later() {
    let transport = Connecting::default();
    let world = World::with(|builder, _| builder.transport(transport.clone()));
    let gate = ScriptedGate::new(world.client.clock(), []);
    let (options, handle) = watched();
    world
        .drop_after(Duration::from_secs(5), options.gate(gate.clone()))
        .await;
    assert_not_sent(&world, &handle);
    assert_eq!(gate.not_sent(), [1]);
    assert_nothing_follows(&world).await;
    assert_eq!(
        *transport.0.lock().unwrap(),
        [0],
        "bytes left after the drop"
    );

    // The same transport sends the bytes of a call that is not dropped.
    let error = world.client.send(&request()).await.unwrap_err();
    assert!(error.in_doubt());
    assert!(transport.0.lock().unwrap().iter().any(|&bytes| bytes > 0));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_timed_out_while_it_connected_is_never_sent_later() {
    let transport = Connecting::default();
    let world = World::with(|builder, _| {
        let builder = builder.transport(transport.clone());
        builder.attempt_timeout(Duration::from_secs(4))
    });
    let options = CallOptions::new().deadline(Duration::from_secs(30));
    let error = world.create(options).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.dispatch(), error.attempts()),
        (ErrorKind::Timeout, Dispatch::NotSent, 4)
    );
    tokio::time::sleep(LONG).await;
    assert_eq!(
        *transport.0.lock().unwrap(),
        [0; 4],
        "bytes left after the timeout"
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_that_panics_its_caller_goes_on() {
    let world = World::with(|builder, service| {
        builder.transport(Slow::new(service, SystemClock::shared(), SLOW))
    });
    let (options, handle) = watched();
    let client: Client = world.client.clone();
    let caller = tokio::spawn(async move {
        let request = request();
        let create = client.send_with(&request, options);
        let _ended = tokio::time::timeout(SOON, create).await;
        panic!("the caller panics on purpose");
    });
    assert!(caller.await.unwrap_err().is_panic());
    assert!(handle.outcome().await.unwrap().body.task_id().is_some());
}

#[test]
fn a_runtime_that_ends_reports_the_call_as_lost() {
    let handle = {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let (world, handle) = runtime.block_on(async {
            let world = World::with(|builder, service| {
                builder.transport(Slow::new(service, SystemClock::shared(), SLOW))
            });
            let (options, handle) = watched();
            world.drop_after(SOON * 5, options).await;
            (world, handle)
        });
        assert!(handle.try_outcome().is_none());
        drop(runtime);
        assert_eq!(
            world.seen.texts(),
            ["detached attempt 1", "ended detached, cancelled/unknown"]
        );
        handle
    };
    let error = handle.try_outcome().unwrap().unwrap_err();
    assert!(error.in_doubt(), "{error:?}");
}
