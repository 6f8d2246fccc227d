//! A client for tests: signs as the official ones do, and as they should not.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use mps_core::{
    clock::TestClock,
    sign::{
        Authorization, CanonicalRequest, Payload, Request as SignRequest, Scope, SigningKey,
        string_to_sign,
    },
};
use mps_emulator::{Builder, Emulator, Service};
use serde_json::{Value, json};

/// Noon, so that no window of minutes crosses a UTC date by accident.
pub(crate) const START: u64 = 1_771_156_800;
pub(crate) const HOST: &str = "mps.emulator.invalid";
pub(crate) const CREATE: &str = "CreateAigcVideoTask";
pub(crate) const DESCRIBE: &str = "DescribeAigcVideoTask";

/// A service under a clock that only the test advances.
pub(crate) struct World {
    pub(crate) service: Service,
    pub(crate) clock: TestClock,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|builder| builder)
    }

    pub(crate) fn with(settings: impl FnOnce(Builder) -> Builder) -> Self {
        let clock = TestClock::new(START);
        let builder = Emulator::builder().seed(1).clock(Arc::new(clock.clone()));
        Self {
            service: settings(builder).service(),
            clock,
        }
    }

    pub(crate) fn pass(&self, milliseconds: u64) {
        self.clock.advance(Duration::from_millis(milliseconds));
    }

    /// Returns a correct call.
    pub(crate) fn call(&self, action: &'static str, body: &Value) -> Call {
        Call::new(&self.service, action, body.to_string()).at(self.now())
    }

    pub(crate) fn now(&self) -> i64 {
        use mps_core::clock::{Clock, unix_seconds};
        unix_seconds(self.clock.wall())
    }

    /// Returns `Response` of the answer to such a call.
    pub(crate) fn answer(&self, action: &'static str, body: &Value) -> Value {
        answer(&self.service, self.call(action, body).request())
    }

    pub(crate) fn create(&self, body: &Value) -> String {
        self.start(CREATE, body)
    }

    /// Returns the id of the task that such a call creates.
    pub(crate) fn start(&self, action: &'static str, body: &Value) -> String {
        let answer = self.answer(action, body);
        answer["TaskId"]
            .as_str()
            .unwrap_or_else(|| panic!("no task: {answer}"))
            .to_owned()
    }

    pub(crate) fn describe(&self, task_id: &str) -> Value {
        self.ask(DESCRIBE, task_id)
    }

    pub(crate) fn ask(&self, action: &'static str, task_id: &str) -> Value {
        self.answer(action, &json!({ "TaskId": task_id }))
    }

    /// Downloads a result.
    pub(crate) fn download(&self, url: &Value) -> Response<Bytes> {
        let url = url.as_str().unwrap_or_else(|| panic!("no link: {url}"));
        let path = url.strip_prefix(self.service.endpoint()).unwrap();
        self.get(path)
    }

    /// Returns the error code of a call's answer; empty if it was executed.
    pub(crate) fn code(&self, call: &Call) -> String {
        code(&answer(&self.service, call.request()))
    }

    pub(crate) fn get(&self, path: &str) -> Response<Bytes> {
        self.fetch("GET", path, &[])
    }

    pub(crate) fn fetch(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Response<Bytes> {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.service.handle(request.body(Bytes::new()).unwrap())
    }

    /// Returns status and answer of the control API.
    pub(crate) fn post(&self, name: &str, body: &Value) -> (StatusCode, Value) {
        let request = Request::post(format!("/_emulator/v1/{name}"));
        let body = Bytes::from(body.to_string());
        let response = self.service.handle(request.body(body).unwrap());
        let answer = serde_json::from_slice(response.body()).unwrap();
        (response.status(), answer)
    }

    /// Returns the response of the control API.
    pub(crate) fn control(&self, name: &str) -> Value {
        serde_json::from_slice(self.get(&format!("/_emulator/v1/{name}")).body()).unwrap()
    }
}

pub(crate) fn answer(service: &Service, request: Request<Bytes>) -> Value {
    let response = service.handle(request);
    assert_eq!(
        response.status(),
        200,
        "the API answers errors with 200 too"
    );
    assert_eq!(response.headers()["content-type"], "application/json");
    let mut body: Value = serde_json::from_slice(response.body()).unwrap();
    body["Response"].take()
}

pub(crate) fn code(answer: &Value) -> String {
    answer["Error"]["Code"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

/// A call before it is signed, so that a test can change one part.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) method: &'static str,
    pub(crate) action: &'static str,
    pub(crate) version: &'static str,
    pub(crate) content_type: &'static str,
    pub(crate) body: String,
    pub(crate) sent_host: &'static str,
    pub(crate) signed_host: &'static str,
    pub(crate) secret_id: String,
    pub(crate) secret_key: String,
    pub(crate) timestamp: i64,
    pub(crate) scope: Scope,
    pub(crate) signed_headers: &'static str,
    pub(crate) more_headers: Vec<(&'static str, &'static str)>,
    pub(crate) payload_is_signed: bool,
}

impl Call {
    pub(crate) fn new(service: &Service, action: &'static str, body: String) -> Self {
        Self {
            method: "POST",
            action,
            version: "2019-06-12",
            content_type: "application/json",
            body,
            sent_host: HOST,
            signed_host: HOST,
            secret_id: service.secret_id().to_owned(),
            secret_key: service.secret_key().to_owned(),
            timestamp: 0,
            scope: Scope::at(0, "mps"),
            signed_headers: "content-type;host;x-tc-action",
            more_headers: Vec::new(),
            payload_is_signed: true,
        }
    }

    /// Dates the call, scope included.
    pub(crate) fn at(mut self, timestamp: i64) -> Self {
        self.timestamp = timestamp;
        self.scope = Scope::at(timestamp, "mps");
        self
    }

    pub(crate) fn request(&self) -> Request<Bytes> {
        self.request_with(&self.authorization().to_string())
    }

    pub(crate) fn request_with(&self, authorization: &str) -> Request<Bytes> {
        let mut request = Request::builder()
            .method(self.method)
            .uri("/")
            .header("authorization", authorization);
        for (name, value) in self.headers(self.sent_host) {
            request = request.header(name, value);
        }
        request.body(Bytes::from(self.body.clone())).unwrap()
    }

    pub(crate) fn authorization(&self) -> Authorization {
        let headers = self.headers(self.signed_host);
        let headers: Vec<(&str, &str)> = headers
            .iter()
            .filter(|(name, _)| self.signed_headers.split(';').any(|signed| signed == *name))
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let canonical = CanonicalRequest::new(&SignRequest {
            method: self.method,
            uri: "/",
            query: "",
            headers: &headers,
            payload: if self.payload_is_signed {
                Payload::Bytes(self.body.as_bytes())
            } else {
                Payload::Unsigned
            },
        });
        let key = SigningKey::derive(&self.secret_key, &self.scope);
        Authorization {
            secret_id: self.secret_id.clone(),
            scope: self.scope.clone(),
            signed_headers: self.signed_headers.to_owned(),
            signature: key.sign(&string_to_sign(self.timestamp, &self.scope, &canonical)),
        }
    }

    fn headers(&self, host: &str) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("host", host.to_owned()),
            ("content-type", self.content_type.to_owned()),
            ("x-tc-action", self.action.to_owned()),
            ("x-tc-version", self.version.to_owned()),
            ("x-tc-timestamp", self.timestamp.to_string()),
        ];
        headers.extend(
            self.more_headers
                .iter()
                .map(|(name, value)| (*name, (*value).to_owned())),
        );
        headers
    }
}

/// The smallest request that is accepted.
pub(crate) fn cat() -> Value {
    json!({ "Prompt": "a cat" })
}
