//! The generated tables drive the emulator: it implements everything they name, and refuses
//! everything else with a warning in the log.

use std::{
    io::{self, Write},
    sync::{Arc, LazyLock, Mutex},
};

use mps_emulator::{Fault, REQUESTS_TARGET};
use serde_json::{Value, json};
use tracing::{Dispatch, subscriber::NoSubscriber};
use tracing_subscriber::fmt::MakeWriter;

use crate::call::{CREATE, World, cat, code};

#[test]
fn every_action_is_known_in_its_version_and_by_its_members() {
    for action in mps_models::ACTIONS {
        let world = World::new();
        let mut call = world.call(action.name, &json!({ "NoSuchMember": 1 }));
        assert_eq!(world.code(&call), "UnknownParameter", "{}", action.name);
        call.version = "2000-01-01";
        assert_eq!(world.code(&call), "NoSuchVersion", "{}", action.name);

        for member in action.request.members {
            let answer = world.answer(action.name, &json!({ (member.name): {} }));
            assert_ne!(
                code(&answer),
                "UnknownParameter",
                "{}: {answer}",
                action.name
            );
        }
    }
}

#[test]
fn every_limit_is_kept() {
    for action in mps_models::ACTIONS {
        let world = World::new();
        let body = json!({ "NoSuchMember": 1 });
        let codes: Vec<String> = (0..=action.rate_limit)
            .map(|_| code(&world.answer(action.name, &body)))
            .collect();
        let refused = codes.iter().filter(|code| *code == "RequestLimitExceeded");
        assert_eq!(refused.count(), 1, "{}: {codes:?}", action.name);
        assert_eq!(codes.last().unwrap(), "RequestLimitExceeded");
    }
}

#[test]
fn every_error_code_can_be_answered_with_its_meaning() {
    for error in mps_models::service::ERROR_CODES {
        let world = World::new();
        world.service.fail(Fault::refuse(error.code)).unwrap();
        let answer = world.answer(CREATE, &cat());
        assert_eq!(
            answer["Error"],
            json!({ "Code": error.code, "Message": error.meaning })
        );
    }
}

#[test]
fn unsupported_requests_are_refused_with_the_services_codes() {
    let refused = |change: &dyn Fn(&mut http::request::Parts) -> Option<&'static str>| {
        let world = World::new();
        let (mut head, mut body) = world.call(CREATE, &cat()).request().into_parts();
        if let Some(form) = change(&mut head) {
            body = form.into();
        }
        let answer = crate::call::answer(&world.service, http::Request::from_parts(head, body));
        (code(&answer), answer["Error"]["Message"].to_string())
    };
    let typed = |content_type: &'static str| {
        refused(&|head| {
            let value = http::HeaderValue::from_static(content_type);
            head.headers.insert("content-type", value);
            None
        })
    };
    let old = "Action=CreateAigcVideoTask&SignatureMethod=HmacSHA256&Signature=c2lnbmVk&Nonce=1";
    for ((code, message), part) in [
        (
            refused(&|head| {
                head.method = http::Method::GET;
                None
            }),
            "method GET",
        ),
        (
            typed("multipart/form-data; boundary=x"),
            "multipart/form-data",
        ),
        (
            typed("application/x-www-form-urlencoded"),
            "application/x-www-form-urlencoded",
        ),
        (typed("text/plain"), "text/plain"),
        (
            refused(&|head| {
                head.headers.clear();
                Some(old)
            }),
            "TC3-HMAC-SHA256",
        ),
        (
            refused(&|head| {
                head.headers.clear();
                head.method = http::Method::GET;
                head.uri = format!("/?{old}").parse().unwrap();
                None
            }),
            "TC3-HMAC-SHA256",
        ),
    ] {
        assert_eq!(code, "UnsupportedProtocol", "{message}");
        assert!(message.contains(part), "{message}");
    }
}

/// The log as text.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// With a single subscriber, `tracing` caches the interest of the thread that reaches an event
/// first, which may belong to another test without a subscriber. A second, empty subscriber
/// disables that cache.
static SECOND_SUBSCRIBER: LazyLock<Dispatch> =
    LazyLock::new(|| Dispatch::new(NoSubscriber::default()));

fn logged(run: impl FnOnce(&World)) -> Vec<String> {
    LazyLock::force(&SECOND_SUBSCRIBER);
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(lines.clone())
        .with_ansi(false)
        .without_time()
        .finish();
    tracing::subscriber::with_default(subscriber, || run(&World::new()));
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn unknown_names_are_warnings_in_the_log() {
    let with = |change: fn(&mut crate::call::Call)| {
        logged(|world| {
            let mut call = world.call(CREATE, &cat());
            change(&mut call);
            assert_ne!(world.code(&call), "");
        })
    };
    for (lines, part) in [
        (with(|call| call.action = "CreateNothing"), "CreateNothing"),
        (with(|call| call.version = "2000-01-01"), "2000-01-01"),
        (
            with(|call| call.body = json!({ "Promt": "x" }).to_string()),
            "Promt",
        ),
        (
            with(|call| call.secret_key = "wrong".into()),
            "signature mismatch",
        ),
    ] {
        let is_warning =
            |line: &String| line.trim_start().starts_with("WARN") && line.contains(part);
        assert!(lines.iter().any(is_warning), "{part}: {lines:?}");
    }
}

#[test]
fn each_request_is_an_event_with_the_members_of_its_record() {
    let lines = logged(|world| {
        world.service.fail(Fault::reply_lost().times(1)).unwrap();
        let _ = world.service.handle(world.call(CREATE, &cat()).request());
        let refused: Value = world.answer(CREATE, &json!({ "Prompt": 7 }));
        assert_eq!(code(&refused), "InvalidParameter");
    });
    let told: Vec<&String> = lines
        .iter()
        .filter(|line| line.contains(REQUESTS_TARGET))
        .collect();
    let [lost, refused] = told[..] else {
        panic!("{lines:?}")
    };
    for part in [
        "at_us=0",
        "outcome=\"executed\"",
        "fault=\"reply_lost\"",
        "request_id=\"",
    ] {
        assert!(lost.contains(part), "{part}: {lost}");
    }
    assert!(!lost.contains("code="), "{lost}");
    assert!(
        refused.contains("outcome=\"refused\"") && refused.contains("code=\"InvalidParameter\""),
        "{refused}"
    );
    assert!(
        !lines.iter().any(|line| line.contains("a cat")),
        "prompts stay out of the log"
    );
}
