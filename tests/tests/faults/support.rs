//! One call per effect, and its outcome as a short text.

use std::fmt::Debug;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use mps_core::{Client, Error, Output};
use mps_emulator::{Outcome, Service};
use mps_models::{
    Action, CreateAigcVideoTask, CreateDocToVideoTask, DescribeAigcVideoTask, DocToVideoInput,
    Effect, ModifyDocToVideoTaskStatus, ModifyDocToVideoTaskStatusInput,
};
use mps_tests::capture::Capture;
use serde_json::Value;

pub(crate) const EFFECTS: [Effect; 3] = [Effect::Read, Effect::PaidCreate, Effect::Control];

/// The prompts of the calls. No error and no log line may contain them.
const PROMPTS: [&str; 3] = ["the one that counts", "some other task", "explain it"];

/// Makes one call under one fault rule and returns its outcome: attempts, result, and the number of
/// tasks that it added to the bill. Also checks that neither client nor service leaked a secret.
pub(crate) async fn try_out(
    service: &Service,
    client: &Client,
    mut rule: Value,
    effect: Effect,
) -> String {
    let call = Call::prepare(effect, client).await;
    let before = service.bill().creates;
    rule["action"] = call.action().into();
    fail(service, &rule);
    let capture = capture(service);
    let outcome = capture.watch(call.run(client, &capture)).await;
    assert_eq!(
        capture.leaks(),
        Vec::<String>::new(),
        "{rule} on {effect:?}"
    );
    check_log(service, &rule);
    let bill = service.bill();
    assert_eq!(bill.duplicates, 0, "{rule} on {effect:?}");
    format!("{outcome} +{}", bill.creates - before)
}

fn capture(service: &Service) -> Capture {
    let capture = Capture::default();
    capture.secret("key", service.secret_key());
    for prompt in PROMPTS {
        capture.secret("prompt", prompt);
    }
    capture
}

/// Checks that the log names the fault for each request that it affected, and that the bill contains
/// exactly the executed calls.
fn check_log(service: &Service, rule: &Value) {
    let requests = service.requests();
    let kind = rule["kind"].as_str();
    let of_kind = requests
        .iter()
        .filter(|request| request.fault.as_deref() == kind);
    let affected: u32 = service.fault_counts().iter().sum();
    assert_eq!(of_kind.count(), affected as usize, "{rule}");
    let executed = requests.iter().filter(|request| {
        request.outcome == Outcome::Executed && request.action != DescribeAigcVideoTask::INFO.name
    });
    assert_eq!(executed.count() as u64, service.bill().creates, "{rule}");
}

/// A call whose preconditions, such as an existing task, are met.
enum Call {
    Describe(DescribeAigcVideoTask),
    Create(Box<CreateAigcVideoTask>),
    Confirm(ModifyDocToVideoTaskStatus),
}

impl Call {
    /// Creates the task that the call needs. This leaves an idle connection in the pool, so that the
    /// call itself reuses a connection.
    async fn prepare(effect: Effect, client: &Client) -> Self {
        match effect {
            Effect::Read => Self::Describe(DescribeAigcVideoTask::new(video(client).await)),
            Effect::PaidCreate => {
                video(client).await;
                let request = CreateAigcVideoTask::new().prompt(PROMPTS[0]);
                Self::Create(Box::new(request))
            }
            _ => {
                assert_eq!(effect, Effect::Control, "an effect without a test");
                let input = ModifyDocToVideoTaskStatusInput::new(
                    "confirm",
                    "STAGE_1",
                    document(client).await,
                );
                Self::Confirm(ModifyDocToVideoTaskStatus::new(input))
            }
        }
    }

    fn action(&self) -> &'static str {
        match self {
            Self::Describe(_) => DescribeAigcVideoTask::INFO.name,
            Self::Create(_) => CreateAigcVideoTask::INFO.name,
            Self::Confirm(_) => ModifyDocToVideoTaskStatus::INFO.name,
        }
    }

    /// Makes the call and returns its outcome: attempts, and `ok` or the error kind and dispatch.
    async fn run(&self, client: &Client, capture: &Capture) -> String {
        match self {
            Self::Describe(request) => outcome(client.send(request).await, capture),
            Self::Create(request) => outcome(client.send(&**request).await, capture),
            Self::Confirm(request) => outcome(client.send(request).await, capture),
        }
    }
}

fn outcome<T: Debug>(result: Result<Output<T>, Error>, capture: &Capture) -> String {
    match result {
        Ok(output) => {
            capture.debug("output", &output);
            format!("{} ok", output.attempts)
        }
        Err(error) => {
            capture.error(&error);
            let (kind, dispatch) = (error.kind().as_str(), error.dispatch().as_str());
            format!("{} {kind}/{dispatch}", error.attempts())
        }
    }
}

async fn video(client: &Client) -> String {
    let request = CreateAigcVideoTask::new().prompt(PROMPTS[1]);
    let output = client.send(&request).await.unwrap();
    output.body.task_id.unwrap()
}

async fn document(client: &Client) -> String {
    let input = DocToVideoInput::new(["https://example.com/a.pdf"], PROMPTS[2]).mode("stage");
    let request = CreateDocToVideoTask::new(input);
    client.send(&request).await.unwrap().body.task_id.unwrap()
}

/// Adds a fault rule as a script does: as JSON through the control API.
pub(crate) fn fail(service: &Service, rule: &Value) {
    let answer = control(service, Method::POST, "faults", rule);
    assert_eq!(answer.0, StatusCode::OK, "{rule}: {}", answer.1);
}

pub(crate) fn control(
    service: &Service,
    method: Method,
    name: &str,
    body: &Value,
) -> (StatusCode, Value) {
    let request = Request::builder()
        .method(method)
        .uri(format!("/_emulator/v1/{name}"))
        .body(Bytes::from(body.to_string()));
    let response = service.handle(request.unwrap());
    let body = serde_json::from_slice(response.body()).unwrap();
    (response.status(), body)
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(bytes))
}
