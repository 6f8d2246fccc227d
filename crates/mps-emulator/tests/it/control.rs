//! The control API.

use std::collections::BTreeSet;

use http::StatusCode;
use mps_emulator::{Fault, RateLimit};
use serde_json::{Value, json};

use crate::call::{CREATE, World, cat};

#[test]
fn request_records_have_time_action_and_outcome() {
    let world = World::new();
    world.create(&cat());
    world.pass(1_500);
    world.answer("Nonsense", &json!({}));

    let shown = world.control("requests");
    let requests = shown["requests"].as_array().unwrap();
    let seen = |request: &Value| {
        assert_eq!(request["request_id"].as_str().unwrap().len(), 36);
        (
            request["at_us"].clone(),
            request["action"].clone(),
            request["outcome"].clone(),
            request.get("code").cloned(),
        )
    };
    assert_eq!(
        seen(&requests[0]),
        (
            json!(0),
            json!("CreateAigcVideoTask"),
            json!("executed"),
            None
        )
    );
    assert_eq!(
        seen(&requests[1]),
        (
            json!(1_500_000),
            json!("Nonsense"),
            json!("refused"),
            Some(json!("InvalidAction"))
        )
    );
    assert_eq!((requests.len(), &shown["forgotten"]), (2, &json!(0)));
}

#[test]
fn the_bill_is_the_same_as_in_rust() {
    let world = World::new();
    world.create(&cat());
    world.create(&cat());
    assert_eq!(
        world.control("bill"),
        serde_json::to_value(world.service.bill()).unwrap()
    );
    assert_eq!(world.control("bill")["duplicates"], 1);
}

#[test]
fn the_state_shows_tasks_clock_limits_and_faults() {
    let world = World::new();
    let task = world.create(&cat());
    world.pass(3_000);
    let state = world.control("state");
    assert_eq!(state["tasks"][0]["task_id"], json!(task));
    assert_eq!(state["tasks"][0]["status"], "DONE");
    assert_eq!(state["tasks"][0]["result"], "available");
    assert_eq!(state["clock"]["monotonic_us"], 3_000_000);
    assert_eq!(state["clock"]["unix_seconds"], json!(world.now()));
    assert_eq!(state["limits"]["flavour"], "sliding-window");
    assert_eq!(
        state["limits"]["calls_per_second"]["CreateAigcVideoTask"],
        10
    );
    assert_eq!(state["faults"], json!([]));
}

/// Members may be added, never renamed or removed; absent values are omitted.
#[test]
fn state_has_the_documented_members() {
    let world = World::new();
    world.create(&cat());
    world.service.fail(Fault::throttle().times(1)).unwrap();
    world.answer(CREATE, &cat());
    let clock = [
        "unix_seconds",
        "virtual_us",
        "monotonic_us",
        "rate",
        "frozen",
    ];
    for (name, place, expected) in [
        (
            "state",
            "",
            &["tasks", "clock", "limits", "accounts", "faults"][..],
        ),
        ("state", "/clock", &clock),
        ("state", "/limits", &["flavour", "calls_per_second"]),
        ("clock", "", &clock),
        (
            "requests",
            "",
            &["requests", "forgotten", "downloads", "downloads_forgotten"],
        ),
        (
            "requests",
            "/requests/0",
            &["at_us", "action", "outcome", "request_id"],
        ),
        (
            "requests",
            "/requests/1",
            &["at_us", "action", "outcome", "code", "request_id", "fault"],
        ),
        (
            "bill",
            "",
            &[
                "creates",
                "duplicates",
                "seconds",
                "images",
                "songs",
                "items",
            ],
        ),
        (
            "bill",
            "/items/0",
            &[
                "task_id", "action", "seconds", "images", "songs", "at_us", "request",
            ],
        ),
        ("faults", "/faults/0", &["kind", "code", "times", "struck"]),
        (
            "tasks",
            "/tasks/0",
            &[
                "task_id",
                "family",
                "account",
                "status",
                "is_final",
                "result",
                "created_us",
                "wait_us",
                "run_us",
                "urls",
                "seconds",
                "resolution",
            ],
        ),
    ] {
        let shown = world.control(name);
        let found = shown.pointer(place).unwrap().as_object().unwrap();
        let found: BTreeSet<&str> = found.keys().map(String::as_str).collect();
        let expected = expected.iter().copied().collect();
        assert_eq!(found, expected, "GET {name}, {place}");
    }
}

#[test]
fn a_reset_forgets_everything_but_never_repeats_an_id() {
    let world = World::new();
    let task = world.create(&cat());
    for _ in 0..9 {
        world.create(&cat());
    }
    assert_eq!(
        world.fetch("POST", "/_emulator/v1/reset", &[]).status(),
        StatusCode::OK
    );
    assert_eq!(world.control("requests")["requests"], json!([]));
    assert_eq!(world.control("bill")["creates"], 0);
    assert_eq!(
        world.describe(&task)["Error"]["Code"],
        "ResourceNotFound.TaskNotFound"
    );
    assert_ne!(world.create(&cat()), task);
}

#[test]
fn unknown_control_endpoints_are_answered_with_the_known_ones() {
    let world = World::new();
    let unknown = world.get("/_emulator/v1/stats");
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    let body: Value = serde_json::from_slice(unknown.body()).unwrap();
    assert_eq!(body["path"], "/_emulator/v1/stats");
    assert!(
        body["hint"]
            .as_str()
            .unwrap()
            .contains("GET /_emulator/v1/state"),
        "{body}"
    );

    let wrong = world.get("/_emulator/v1/reset");
    assert_eq!(
        (wrong.status(), &wrong.headers()["allow"]),
        (StatusCode::METHOD_NOT_ALLOWED, &"POST".parse().unwrap())
    );
    assert_eq!(
        world.service.requests(),
        [],
        "what is asked of the control API is no request to the service"
    );
}

#[test]
fn tasks_are_shown_in_pages() {
    let world = World::with(|builder| builder.rate_limit(RateLimit::Off));
    let created: Vec<String> = (0..5).map(|_| world.create(&cat())).collect();
    for endpoint in ["state", "tasks"] {
        let mut seen = Vec::new();
        let mut next = String::new();
        loop {
            let page = world.control(&format!("{endpoint}?limit=2{next}"));
            let tasks = page["tasks"].as_array().unwrap();
            assert!(tasks.len() <= 2 && !tasks.is_empty());
            seen.extend(
                tasks
                    .iter()
                    .map(|task| task["task_id"].as_str().unwrap().to_owned()),
            );
            match page["next"].as_str() {
                Some(id) => next = format!("&after={id}"),
                None => break,
            }
        }
        assert_eq!(seen, created);
        for (query, member) in [
            ("limit=0", "limit"),
            ("limit=10001", "limit"),
            ("after=gone", "after"),
            ("page=2", "query"),
        ] {
            let answer = world.get(&format!("/_emulator/v1/{endpoint}?{query}"));
            let answer: Value = serde_json::from_slice(answer.body()).unwrap();
            assert_eq!(answer["member"], member, "{query}");
        }
    }
}
