//! Keys, tokens, signatures, prompts and the signed URLs of results are in nothing that the
//! libraries say: no span, event, metric, error or `Debug`, on any journey.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{sync::Arc, time::Duration};

use hmac::{Hmac, KeyInit, Mac};
use mps_aigc::Aigc;
use mps_core::{
    BoxFuture, CallOptions, Client, ClientBuilder, UntypedCall,
    clock::{SystemClock, TestClock},
    credentials::{Credentials, CredentialsError, ProvideCredentials},
    endpoint::{BreakerState, Endpoint, Site},
    telemetry::{AttemptEnded, CallEnded, Called, Failure, Metrics, Refresh},
    transport::{
        Recorder, Replay, Reply, RequestBody, ReqwestTransport, ResponseBody, ScriptedTransport,
        Transport, TransportError,
    },
};
use mps_emulator::Emulator;
use mps_models::{AigcVideoExtraParam, CreateAigcVideoTask, DescribeAigcVideoTask};
use mps_tests::capture::Capture;
use serde_json::value::RawValue;
use sha2::Sha256;

const NOW: u64 = 1_771_125_945;
const DAY: &str = "2026-02-15";
const SECRET_ID: &str = "AKIDEXAMPLE";
const SECRET_KEY: &str = "hunter2-secret-key";
const TOKEN: &str = "hunter2-session-token";
const FRESH_TOKEN: &str = "hunter2-another-token";
const PROMPT: &str = "a prompt that is nobody's business";
const IMAGE: &str = "https://pictures.example/private.png?sig=my-own-signature";
const RESULT_QUERY: &str = "q-sign-algorithm=sha1&q-signature=0123456789abcdef";
const CREATED: &str = r#"{"Response":{"TaskId":"4-AigcVideo-0f","RequestId":"r-1"}}"#;

fn capture() -> Capture {
    let capture = Capture::default();
    for (name, secret) in [
        ("secret key", SECRET_KEY),
        ("token", TOKEN),
        ("fresh token", FRESH_TOKEN),
        ("prompt", PROMPT),
        ("image", "my-own-signature"),
        ("result", RESULT_QUERY),
        ("result's signature", "0123456789abcdef"),
    ] {
        capture.secret(name, secret);
    }
    for (name, key) in ["day", "service", "signing"].iter().zip(derived_keys()) {
        capture.secret(&format!("{name} key"), &key);
    }
    capture
}

/// The three keys between the secret one and a signature, as hex.
fn derived_keys() -> [String; 3] {
    let hmac = |key: &[u8], text: &str| {
        let mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        mac.chain_update(text).finalize().into_bytes().to_vec()
    };
    let day = hmac(format!("TC3{SECRET_KEY}").as_bytes(), DAY);
    let service = hmac(&day, "mps");
    let signing = hmac(&service, "tc3_request");
    [day, service, signing].map(hex::encode)
}

/// Whose token is another one after a refresh.
#[derive(Debug)]
struct Rotating(Credentials, Credentials);

impl ProvideCredentials for Rotating {
    fn provide(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        self.0.provide()
    }

    fn refresh(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        self.1.provide()
    }
}

fn credentials() -> Rotating {
    let keys = Credentials::new(SECRET_ID, SECRET_KEY);
    Rotating(keys.clone().with_token(TOKEN), keys.with_token(FRESH_TOKEN))
}

/// Says all it is told.
#[derive(Debug)]
struct Talkative(Capture);

impl Metrics for Talkative {
    fn permit_waited(&self, call: Called<'_>, waited: Duration) {
        self.0.debug("permit_waited", &(call, waited));
    }

    fn attempt_ended(&self, call: Called<'_>, attempt: &AttemptEnded<'_>) {
        self.0.debug("attempt_ended", &(call, attempt));
    }

    fn retrying(&self, call: Called<'_>, failure: &Failure<'_>, pause: Duration) {
        self.0.debug("retrying", &(call, failure, pause));
    }

    fn throttled(&self, call: Called<'_>, failure: &Failure<'_>) {
        self.0.debug("throttled", &(call, failure));
    }

    fn in_doubt(&self, call: Called<'_>, failure: &Failure<'_>) {
        self.0.debug("in_doubt", &(call, failure));
    }

    fn credentials_refreshed(&self, call: Called<'_>, outcome: Refresh) {
        self.0.debug("credentials_refreshed", &(call, outcome));
    }

    fn breaker_changed(&self, host: &str, state: BreakerState) {
        self.0.debug("breaker_changed", &(host, state));
    }

    fn call_ended(&self, call: Called<'_>, ended: &CallEnded<'_>) {
        self.0.debug("call_ended", &(call, ended));
    }
}

fn builder(capture: &Capture) -> ClientBuilder {
    Client::builder()
        .credentials(credentials())
        .clock(Arc::new(TestClock::new(NOW).auto_advance()))
        .failover([Endpoint::regional(Site::Intl, "ap-singapore").unwrap()])
        .metrics(Talkative(capture.clone()))
}

fn request() -> CreateAigcVideoTask {
    CreateAigcVideoTask::new()
        .prompt(PROMPT)
        .image_url(IMAGE)
        .extra_parameters(AigcVideoExtraParam::new().resolution("720P"))
}

fn done() -> Reply {
    let url = format!("https://results.example/1.mp4?{RESULT_QUERY}");
    Reply::json(format!(
        r#"{{"Response":{{"Status":"DONE","VideoUrls":["{url}"],"RequestId":"r-2"}}}}"#
    ))
}

type Trouble = (&'static str, fn() -> Reply);

/// Each kind of trouble, and what the service may say to make things worse: texts that repeat the
/// prompt, in answers that cannot be used.
fn troubles() -> Vec<Trouble> {
    vec![
        ("no connection", Reply::connect_error),
        ("reset", Reply::reset),
        ("silence", Reply::silence),
        ("gateway", || Reply::answer(502, "text/html", PROMPT)),
        ("gateway refuses", || {
            Reply::answer(403, "text/html", PROMPT)
        }),
        ("html", || Reply::answer(200, "text/html", PROMPT)),
        ("no JSON", || Reply::json(format!("{{{PROMPT}"))),
        ("no response", || {
            Reply::json(format!(r#"{{"a":"{PROMPT}"}}"#))
        }),
        ("wrong shape", || {
            Reply::json(format!(
                r#"{{"Response":{{"TaskId":{{"a":"{PROMPT}"}},"Status":["{PROMPT}"]}}}}"#
            ))
        }),
        ("cut", || {
            Reply::json(format!(r#"{{"Response":{{"a":"{PROMPT}"#)).then_cut()
        }),
        ("throttled", || {
            Reply::service_error("RequestLimitExceeded", "")
        }),
        ("internal", || Reply::service_error("InternalError", "")),
        ("content", || {
            Reply::service_error("InvalidParameter.ViolationContent", "")
        }),
        ("signature", || {
            Reply::service_error("AuthFailure.SignatureFailure", "")
        }),
        ("token", || {
            Reply::service_error("AuthFailure.TokenFailure", "")
        }),
        ("clock", || {
            Reply::service_error("AuthFailure.SignatureExpire", "")
                .header("date", "Sun, 15 Feb 2026 03:40:45 GMT")
        }),
    ]
}

/// A transport as people write them to see what goes on.
#[derive(Debug)]
struct Nosy(Capture, ScriptedTransport);

impl Transport for Nosy {
    fn send(
        &self,
        request: http::Request<RequestBody>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        self.0.debug("request", &request);
        Box::pin(async {
            let answer = self.1.send(request).await;
            self.0.debug("answer", &answer);
            answer
        })
    }
}

/// Whatever the client signed is a secret from now on.
fn learn_signatures(capture: &Capture, sent: &ScriptedTransport) {
    for request in sent.requests() {
        let authorization = request.headers()["authorization"].to_str().unwrap();
        let (_, signature) = authorization.split_once("Signature=").unwrap();
        capture.secret("Authorization", authorization);
        capture.secret("signature", signature);
    }
}

fn note<T: std::fmt::Debug>(capture: &Capture, outcome: Result<T, mps_core::Error>) {
    match outcome {
        Ok(output) => capture.debug("output", &output),
        Err(error) => {
            capture.error(&error);
            capture.debug("hint", &error.hint());
            capture.debug("report", &error.report());
        }
    }
}

/// Typed and untyped, a create and a read, each with an outcome of its own.
async fn call_everything(capture: &Capture, client: &Client) {
    let body = format!(r#"{{"Prompt":"{PROMPT}"}}"#);
    let untyped = || UntypedCall::new("SomethingNew", RawValue::from_string(body.clone()).unwrap());
    note(capture, client.send(&request()).await);
    note(capture, client.send(&DescribeAigcVideoTask::new("1")).await);
    let outcome = client.call(untyped(), CallOptions::new()).await;
    note(capture, outcome);
    capture.debug("client", client);
    capture.debug("prepared", &client.prepare(&request()));
    capture.debug("untyped", &untyped());
}

#[tokio::test]
async fn no_kind_of_trouble_makes_the_client_tell() {
    for (name, trouble) in troubles() {
        let capture = capture();
        // One of it, then a success; and nothing but it.
        for times in [1, 40] {
            let replies =
                (0..times)
                    .map(|_| trouble())
                    .chain([Reply::json(CREATED), done(), done()]);
            let transport = ScriptedTransport::new(replies);
            let nosy = Nosy(capture.clone(), transport.clone());
            let client = builder(&capture).transport(nosy).build().unwrap();
            capture.watch(call_everything(&capture, &client)).await;
            learn_signatures(&capture, &transport);
            capture.debug("transport", &transport);
        }
        assert_eq!(capture.count("span mps.call"), 6, "{name}");
        assert!(capture.count("attempt_ended") >= 6, "{name}");
        assert_eq!(capture.leaks(), [""; 0], "{name}");
    }
}

#[tokio::test]
async fn every_event_was_there_to_be_searched() {
    let capture = capture();
    for (_, trouble) in troubles() {
        let transport = ScriptedTransport::new((0..40).map(|_| trouble()));
        let client = builder(&capture).transport(transport).build().unwrap();
        capture.watch(call_everything(&capture, &client)).await;
    }
    for event in [
        "mps.sent",
        "mps.retry",
        "mps.throttled",
        "mps.in_doubt",
        "mps.credentials_refreshed",
        "mps.skew",
        "mps.breaker",
    ] {
        assert!(capture.count(&format!("event {event}")) > 0, "{event}");
    }
    for metric in [
        "permit_waited",
        "attempt_ended",
        "retrying",
        "throttled",
        "in_doubt",
        "credentials_refreshed",
        "breaker_changed",
        "call_ended",
    ] {
        assert!(capture.count(metric) > 0, "{metric}");
    }
}

#[tokio::test]
async fn a_request_that_preflight_refuses_is_not_repeated() {
    let capture = capture();
    let client = builder(&capture)
        .transport(ScriptedTransport::new([]))
        .build()
        .unwrap();
    let long = PROMPT.repeat(100);
    for request in [
        request().prompt(&*long),
        request().image_url(PROMPT),
        request().model_name("Kling").additional_parameters(PROMPT),
        request().duration(-1),
    ] {
        capture.debug("request", &request);
        let error = capture.watch(client.send(&request)).await.unwrap_err();
        capture.say(error.report().unwrap().to_string());
        note(&capture, Err::<(), _>(error));
    }
    assert_eq!(capture.leaks(), [""; 0]);
}

#[tokio::test]
async fn parts_on_their_own_do_not_tell_either() {
    let capture = capture();
    let provider = credentials();
    capture.debug("provider", &provider);
    capture.debug("credentials", &provider.provide().await);
    capture.debug("builder", &builder(&capture));
    capture.debug("request", &request());
    let body = RequestBody::new(format!(r#"{{"Prompt":"{PROMPT}"}}"#));
    let http = http::Request::post("https://mps.intl.tencentcloudapi.com/").body(body);
    capture.debug("HTTP request", &http.unwrap());
    capture.debug("reply", &done());
    capture.debug("transport", &ReqwestTransport::new());
    for region in ["", "a b"] {
        note(&capture, builder(&capture).region(region).build());
    }
    for url in [
        format!("https://{SECRET_ID}:{SECRET_KEY}@mps.example/"),
        format!("https://mps.example/?key={SECRET_KEY}"),
        format!("https://mps.example/#{SECRET_KEY}"),
        format!("http://mps.example/?key={SECRET_KEY}"),
    ] {
        note(&capture, Endpoint::parse(&url));
    }
    assert_eq!(capture.leaks(), [""; 0]);
}

#[tokio::test]
async fn a_recording_keeps_neither_what_is_sent_nor_what_signs_results() {
    let capture = capture();
    let transport = ScriptedTransport::new([Reply::json(CREATED), done(), done()]);
    let recorder = Recorder::new(transport.clone());
    let client = builder(&capture).transport(recorder.clone()).build();
    let client = client.unwrap();
    capture.watch(call_everything(&capture, &client)).await;
    learn_signatures(&capture, &transport);
    capture.say(recorder.recording().to_json_lines());
    capture.debug("recorder", &recorder);
    let replay = Replay::new(recorder.recording());
    capture.debug("replay", &replay);
    let client = builder(&capture).transport(replay).build().unwrap();
    // Another order than was recorded, so that the mismatch tells too.
    note(
        &capture,
        client.send(&DescribeAigcVideoTask::new("2")).await,
    );
    assert_eq!(capture.leaks(), [""; 0]);
}

#[tokio::test]
async fn real_connections_do_not_tell() {
    let capture = capture();
    let emulator = Emulator::start().await.unwrap();
    let endpoint = |url: &str| Endpoint::parse(url).unwrap();
    for (url, id, key) in [
        (emulator.endpoint(), emulator.secret_id(), SECRET_KEY),
        (emulator.endpoint(), SECRET_ID, SECRET_KEY),
        (
            emulator.endpoint(),
            emulator.secret_id(),
            emulator.secret_key(),
        ),
        // Nobody listens here.
        ("http://127.0.0.1:9", SECRET_ID, SECRET_KEY),
    ] {
        let client = Client::builder()
            .credentials(Credentials::new(id, key))
            .endpoint(endpoint(url))
            .clock(SystemClock::shared())
            .metrics(Talkative(capture.clone()))
            .retry(mps_core::retry::RetryPolicy::never())
            .build()
            .unwrap();
        capture.watch(call_everything(&capture, &client)).await;
    }
    capture.secret("emulator's key", emulator.secret_key());
    assert!(capture.count("error:") > 0 && capture.count("output:") > 0);
    assert_eq!(capture.leaks(), [""; 0]);
}

#[tokio::test]
async fn waiting_and_fetching_do_not_tell() {
    let capture = capture();
    for file in [
        Reply::answer(200, "video/mp4", "film"),
        Reply::answer(403, "application/xml", "expired"),
        Reply::answer(200, "video/mp4", "film").then_cut(),
        Reply::connect_error(),
        Reply::reset(),
        Reply::silence(),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let replies = [Reply::json(CREATED), done(), file];
        let client = builder(&capture).transport(ScriptedTransport::new(replies));
        let aigc = Aigc::from(client.build().unwrap());
        let fetch = async {
            let task = aigc.video().create(&request()).await?;
            capture.debug("task", &task);
            let done = task.wait().await?;
            capture.debug("done", &done);
            done.download(directory.path()).await
        };
        match capture.watch(fetch).await {
            Ok(files) => capture.debug("files", &files),
            Err(error) => {
                capture.error(&error);
                capture.debug("hint", &error.hint());
            }
        }
    }
    assert_eq!(capture.count("files:"), 1);
    assert_eq!(capture.leaks(), [""; 0]);
}
