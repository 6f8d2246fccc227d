//! The client, the responses and the secrets of these tests.

use std::{sync::Arc, time::Duration};

use hmac::{Hmac, KeyInit, Mac};
use mps_core::{
    BoxFuture, CallEnd, Client, ClientBuilder, Gate, GateError, Intent, Observer,
    clock::TestClock,
    credentials::{Credentials, CredentialsError, ProvideCredentials},
    endpoint::{BreakerState, Endpoint, Site},
    telemetry::{AttemptEnded, CallEnded, CallInfo, Failure, Metrics, RefreshOutcome},
    transport::{Reply, RequestBody, ResponseBody, ScriptedTransport, Transport, TransportError},
};
use mps_models::{AigcVideoExtraParam, CreateAigcVideoTask};
use mps_tests::capture::Capture;
use sha2::Sha256;

pub(crate) const NOW: u64 = 1_771_125_945;
pub(crate) const DAY: &str = "2026-02-15";
pub(crate) const SECRET_ID: &str = "AKIDEXAMPLE";
pub(crate) const SECRET_KEY: &str = "hunter2-secret-key";
pub(crate) const TOKEN: &str = "hunter2-session-token";
pub(crate) const FRESH_TOKEN: &str = "hunter2-another-token";
pub(crate) const PROMPT: &str = "a confidential prompt of a user";
pub(crate) const IMAGE: &str = "https://pictures.example/private.png?sig=my-own-signature";
pub(crate) const RESULT_QUERY: &str = "q-sign-algorithm=sha1&q-signature=0123456789abcdef";
pub(crate) const CREATED: &str = r#"{"Response":{"TaskId":"4-AigcVideo-0f","RequestId":"r-1"}}"#;

pub(crate) fn capture() -> Capture {
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

/// Returns the three keys that are derived from the secret key before signing, as hexadecimal.
pub(crate) fn derived_keys() -> [String; 3] {
    let hmac = |key: &[u8], text: &str| {
        let mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        mac.chain_update(text).finalize().into_bytes().to_vec()
    };
    let day = hmac(format!("TC3{SECRET_KEY}").as_bytes(), DAY);
    let service = hmac(&day, "mps");
    let signing = hmac(&service, "tc3_request");
    [day, service, signing].map(hex::encode)
}

/// A provider that returns another token after a refresh.
#[derive(Debug)]
pub(crate) struct Rotating(Credentials, Credentials);

impl ProvideCredentials for Rotating {
    fn provide(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        self.0.provide()
    }

    fn refresh<'a>(
        &'a self,
        _refused: &'a Credentials,
    ) -> BoxFuture<'a, Result<Credentials, CredentialsError>> {
        self.1.provide()
    }
}

pub(crate) fn credentials() -> Rotating {
    let keys = Credentials::new(SECRET_ID, SECRET_KEY);
    Rotating(keys.clone().with_token(TOKEN), keys.with_token(FRESH_TOKEN))
}

/// A metrics receiver that collects everything it is passed.
#[derive(Debug)]
pub(crate) struct CapturedMetrics(pub(crate) Capture);

impl Metrics for CapturedMetrics {
    fn permit_waited(&self, call: CallInfo<'_>, waited: Duration) {
        self.0.debug("permit_waited", &(call, waited));
    }

    fn attempt_ended(&self, call: CallInfo<'_>, attempt: &AttemptEnded<'_>) {
        self.0.debug("attempt_ended", &(call, attempt));
    }

    fn retrying(&self, call: CallInfo<'_>, failure: &Failure<'_>, pause: Duration) {
        self.0.debug("retrying", &(call, failure, pause));
    }

    fn throttled(&self, call: CallInfo<'_>, failure: &Failure<'_>) {
        self.0.debug("throttled", &(call, failure));
    }

    fn in_doubt(&self, call: CallInfo<'_>, failure: &Failure<'_>) {
        self.0.debug("in_doubt", &(call, failure));
    }

    fn credentials_refreshed(&self, call: CallInfo<'_>, outcome: RefreshOutcome) {
        self.0.debug("credentials_refreshed", &(call, outcome));
    }

    fn breaker_changed(&self, host: &str, state: BreakerState) {
        self.0.debug("breaker_changed", &(host, state));
    }

    fn call_ended(&self, call: CallInfo<'_>, ended: &CallEnded<'_>) {
        self.0.debug("call_ended", &(call, ended));
    }
}

/// An observer that collects everything it is passed.
#[derive(Debug)]
pub(crate) struct CapturedObserver(pub(crate) Capture);

impl Observer for CapturedObserver {
    fn ended(&self, end: &CallEnd<'_>) {
        self.0.debug("observed", end);
        if let Err(error) = end.outcome {
            self.0.error(error);
        }
    }

    fn detached(&self, intent: &Intent) {
        self.0.debug("detached", intent);
    }

    fn left_in_flight(&self, intents: &[Intent]) {
        self.0.debug("left in flight", &intents);
    }
}

/// A gate that collects each intent and lets every attempt pass.
#[derive(Debug)]
pub(crate) struct CapturedGate(pub(crate) Capture);

impl Gate for CapturedGate {
    fn pass<'a>(&'a self, intent: &'a Intent) -> BoxFuture<'a, Result<(), GateError>> {
        self.0.debug("gate", intent);
        Box::pin(async { Ok(()) })
    }

    fn not_sent(&self, intent: &Intent) {
        self.0.debug("gate: not sent", intent);
    }
}

pub(crate) fn builder(capture: &Capture) -> ClientBuilder {
    Client::builder()
        .credentials(credentials())
        .clock(Arc::new(TestClock::new(NOW).auto_advance()))
        .failover([Endpoint::regional(Site::Intl, "ap-singapore").unwrap()])
        .metrics(CapturedMetrics(capture.clone()))
        .observer(CapturedObserver(capture.clone()))
}

pub(crate) fn request() -> CreateAigcVideoTask {
    CreateAigcVideoTask::new()
        .prompt(PROMPT)
        .image_url(IMAGE)
        .extra_parameters(AigcVideoExtraParam::new().resolution("720P"))
}

pub(crate) fn done() -> Reply {
    let url = format!("https://results.example/1.mp4?{RESULT_QUERY}");
    Reply::json(format!(
        r#"{{"Response":{{"Status":"DONE","VideoUrls":["{url}"],"RequestId":"r-2"}}}}"#
    ))
}

pub(crate) type Failed = (&'static str, fn() -> Reply);

/// Returns every kind of failed response, with the prompt repeated in the text where a server could
/// do that.
pub(crate) fn failed_replies() -> Vec<Failed> {
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

/// A transport that logs every request and response with `Debug`, as a user might write one.
#[derive(Debug)]
pub(crate) struct LoggingTransport(pub(crate) Capture, pub(crate) ScriptedTransport);

impl Transport for LoggingTransport {
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

/// Adds the signatures of all sent requests to the secrets.
pub(crate) fn learn_signatures(capture: &Capture, sent: &ScriptedTransport) {
    for request in sent.requests() {
        let authorization = request.headers()["authorization"].to_str().unwrap();
        let (_, signature) = authorization.split_once("Signature=").unwrap();
        capture.secret("Authorization", authorization);
        capture.secret("signature", signature);
    }
}
