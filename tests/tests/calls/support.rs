//! An emulator in this process, and listeners that keep what they receive.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use mps_core::{
    BoxFuture, CallEnd, CallHandle, CallOptions, Client, ClientBuilder, Dispatch, Error, ErrorKind,
    Gate, GateError, Intent, Observer,
    clock::SharedClock,
    transport::{RequestBody, ResponseBody, Transport, TransportError},
};
use mps_emulator::{Emulator, InProcess, Service};
use mps_models::CreateAigcVideoTask;
use serde_json::Value;

/// An emulator on tokio's clock, which tests pause, and what a client's observer received.
pub(crate) struct World {
    pub(crate) service: Service,
    pub(crate) seen: Arc<Seen>,
    pub(crate) client: Client,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|builder, _| builder)
    }

    pub(crate) fn with(change: impl FnOnce(ClientBuilder, &Service) -> ClientBuilder) -> Self {
        let builder = Emulator::builder().task_times(Duration::ZERO, Duration::ZERO);
        let service = builder.service();
        let seen = Arc::new(Seen::default());
        let client = service.client().unwrap().observer(seen.clone());
        Self {
            client: change(client, &service).build().unwrap(),
            service,
            seen,
        }
    }

    pub(crate) fn creates(&self) -> u64 {
        self.service.bill().creates
    }

    pub(crate) fn fail(&self, rule: &Value) {
        fail(&self.service, rule);
    }

    pub(crate) fn now(&self) -> Duration {
        self.client.clock().monotonic()
    }

    /// Creates a task and returns its id.
    pub(crate) async fn create(&self, options: CallOptions) -> Result<String, Error> {
        let output = self.client.send_with(&request(), options).await?;
        Ok(output.body.task_id.unwrap())
    }

    /// Starts a create and drops it after `limit`.
    pub(crate) async fn drop_after(&self, limit: Duration, options: CallOptions) {
        let create = self.create(options);
        let ended = tokio::time::timeout(limit, create).await;
        assert!(ended.is_err(), "the call ended early: {ended:?}");
    }

    /// Proves that every slot is free: a second's worth of creates starts at once.
    pub(crate) async fn assert_slots_are_free(&self) {
        let (before, began) = (self.creates(), self.now());
        for _ in 0..10 {
            self.create(CallOptions::new()).await.unwrap();
        }
        assert_eq!(self.creates(), before + 10);
        assert_eq!(self.now(), began, "a slot was taken");
    }
}

pub(crate) fn request() -> CreateAigcVideoTask {
    CreateAigcVideoTask::new().prompt("a cat")
}

pub(crate) fn fail(service: &Service, rule: &Value) {
    control(service, Method::POST, &rule.to_string());
}

pub(crate) fn stop_failing(service: &Service) {
    control(service, Method::DELETE, "");
}

fn control(service: &Service, method: Method, body: &str) {
    let request = Request::builder()
        .method(method)
        .uri("/_emulator/v1/faults")
        .body(Bytes::copy_from_slice(body.as_bytes()));
    let response = service.handle(request.unwrap());
    assert_eq!(response.status(), StatusCode::OK, "{:?}", response.body());
}

/// Options with a handle, and the handle.
pub(crate) fn watched() -> (CallOptions, CallHandle) {
    let handle = CallHandle::new();
    (CallOptions::new().handle(handle.clone()), handle)
}

/// Asserts that the call ended without a byte sent, and that everybody was told.
pub(crate) fn assert_not_sent(world: &World, handle: &CallHandle) {
    let error = handle.try_outcome().unwrap().unwrap_err();
    assert_eq!(
        (error.kind(), error.dispatch(), error.in_doubt()),
        (ErrorKind::Cancelled, Dispatch::NotSent, false)
    );
    assert_eq!(world.seen.texts(), ["ended cancelled/not_sent"]);
    assert!(world.service.requests().is_empty() || world.creates() == 0);
}

/// An observer that writes one line for everything it receives.
#[derive(Debug, Default)]
pub(crate) struct Seen(Mutex<Vec<String>>);

impl Seen {
    pub(crate) fn texts(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    fn add(&self, text: String) {
        self.0.lock().unwrap().push(text);
    }
}

impl Observer for Seen {
    fn detached(&self, intent: &Intent) {
        assert_eq!(intent.body_sha256().len(), 64);
        self.add(format!("detached attempt {}", intent.attempt()));
    }

    fn ended(&self, end: &CallEnd<'_>) {
        let detached = if end.detached { "detached, " } else { "" };
        self.add(match end.outcome {
            Ok(_) => format!("ended {detached}task {}", end.task_id().is_some()),
            Err(error) => format!("ended {detached}{}/{}", error.kind(), error.dispatch()),
        });
    }

    fn left_in_flight(&self, intents: &[Intent]) {
        self.add(format!("left {}", intents.len()));
    }
}

/// One answer of a gate.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    Pass,
    PassAfter(Duration),
    Refuse,
    Panic,
    Never,
}

/// A gate that answers by a list and passes afterwards.
#[derive(Debug)]
pub(crate) struct ScriptedGate {
    clock: SharedClock,
    answers: Mutex<std::vec::IntoIter<Answer>>,
    /// The attempt numbers that it was asked about.
    asked: Mutex<Vec<u32>>,
    /// The attempt numbers that were not sent after it let them pass.
    not_sent: Mutex<Vec<u32>>,
}

impl ScriptedGate {
    pub(crate) fn new(clock: &SharedClock, answers: impl IntoIterator<Item = Answer>) -> Arc<Self> {
        let answers: Vec<_> = answers.into_iter().collect();
        Arc::new(Self {
            clock: clock.clone(),
            answers: Mutex::new(answers.into_iter()),
            asked: Mutex::default(),
            not_sent: Mutex::default(),
        })
    }

    pub(crate) fn asked(&self) -> Vec<u32> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn not_sent(&self) -> Vec<u32> {
        self.not_sent.lock().unwrap().clone()
    }
}

impl Gate for ScriptedGate {
    fn pass<'a>(&'a self, intent: &'a Intent) -> BoxFuture<'a, Result<(), GateError>> {
        self.asked.lock().unwrap().push(intent.attempt());
        let answer = self.answers.lock().unwrap().next();
        Box::pin(async move {
            match answer.unwrap_or(Answer::Pass) {
                Answer::Pass => Ok(()),
                Answer::PassAfter(delay) => {
                    self.clock.sleep(delay).await;
                    Ok(())
                }
                Answer::Refuse => Err(GateError::new("the ledger is read-only")
                    .hint("move the ledger")
                    .source(std::fmt::Error)),
                Answer::Panic => panic!("a gate that panics on purpose"),
                Answer::Never => std::future::pending().await,
            }
        })
    }

    fn not_sent(&self, intent: &Intent) {
        self.not_sent.lock().unwrap().push(intent.attempt());
    }
}

/// A transport whose answers arrive after a while, whatever they are.
#[derive(Debug)]
pub(crate) struct Slow {
    inner: InProcess,
    clock: SharedClock,
    delay: Duration,
}

impl Slow {
    pub(crate) fn new(service: &Service, clock: SharedClock, delay: Duration) -> Self {
        Self {
            inner: InProcess::new(service.clone()),
            clock,
            delay,
        }
    }
}

impl Transport for Slow {
    fn send(
        &self,
        request: Request<RequestBody>,
    ) -> BoxFuture<'_, Result<Response<ResponseBody>, TransportError>> {
        Box::pin(async move {
            let answer = self.inner.send(request).await;
            self.clock.sleep(self.delay).await;
            answer
        })
    }
}
