//! Freezing, advancing and accelerating time, over HTTP and in Rust.

use std::time::Duration;

use http::StatusCode;
use mps_core::clock::unix_seconds;
use serde_json::{Value, json};

use crate::call::{CREATE, DESCRIBE, World, answer, cat, code};

const EXPIRED: &str = "AuthFailure.SignatureExpire";
const HOUR: Duration = Duration::from_secs(3_600);

/// The answer to a call that is signed by the service's own time.
fn answer_now(world: &World, action: &'static str, body: &Value) -> Value {
    let now = unix_seconds(world.service.clock().wall());
    answer(&world.service, world.call(action, body).at(now).request())
}

fn create(world: &World) -> String {
    let created = answer_now(world, CREATE, &cat());
    created["TaskId"].as_str().unwrap().to_owned()
}

fn status(world: &World, task: &str) -> String {
    let described = answer_now(world, DESCRIBE, &json!({ "TaskId": task }));
    described["Status"].as_str().unwrap().to_owned()
}

fn set(world: &World, body: &Value) -> Value {
    let (status, answer) = world.post("clock", body);
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer
}

#[test]
fn a_frozen_task_waits_until_time_is_moved() {
    let world = World::new();
    world.service.clock().freeze();
    let task = create(&world);
    world.pass(60_000);
    assert_eq!(status(&world, &task), "WAIT");
    world.service.clock().advance(Duration::from_secs(3));
    assert_eq!(status(&world, &task), "DONE");
    world.service.clock().resume();
    world.pass(1_000);
    assert_eq!(world.service.clock().now(), Duration::from_secs(4));
}

#[test]
fn a_clock_that_is_sped_up_ends_tasks_sooner() {
    let world = World::new();
    world.service.clock().set_rate(60.0).unwrap();
    let task = create(&world);
    world.pass(16);
    assert_eq!(status(&world, &task), "WAIT");
    world.pass(34);
    assert_eq!(status(&world, &task), "DONE", "3 s have passed in 50 ms");
}

#[test]
fn twelve_hours_pass_in_one_call() {
    let world = World::new();
    let task = create(&world);
    set(&world, &json!({ "advance": "3s" }));
    let done = answer_now(&world, DESCRIBE, &json!({ "TaskId": task }));
    assert_eq!(
        world.download(&done["VideoUrls"][0]).status(),
        StatusCode::OK
    );
    set(&world, &json!({ "advance": "12h" }));
    assert_eq!(
        world.download(&done["VideoUrls"][0]).status(),
        StatusCode::FORBIDDEN
    );
}

#[test]
fn signatures_and_dates_go_by_the_moved_clock() {
    let world = World::new();
    set(&world, &json!({ "advance": "1h" }));
    assert_eq!(code(&world.answer(CREATE, &cat())), EXPIRED);
    create(&world);
    let dated = world.get("/_emulator/v1/clock");
    let dated = httpdate::parse_http_date(dated.headers()["date"].to_str().unwrap()).unwrap();
    assert_eq!(unix_seconds(dated), world.now() + 3_600);
}

#[test]
fn a_client_that_cannot_know_may_sign_by_the_machines_time() {
    let world = World::with(mps_emulator::Builder::accept_machine_time);
    world.service.clock().advance(12 * HOUR);
    assert_eq!(code(&world.answer(CREATE, &cat())), "");
    create(&world);
    let between = world.call(CREATE, &cat()).at(world.now() + 3_600);
    assert_eq!(world.code(&between), EXPIRED, "near neither of the two");
}

#[test]
fn limits_and_the_log_go_by_the_machines_time() {
    let world = World::new();
    world.service.clock().freeze();
    for _ in 0..10 {
        create(&world);
    }
    let refused = |world: &World| code(&answer_now(world, CREATE, &cat()));
    world.service.clock().advance(Duration::from_secs(60));
    assert_eq!(refused(&world), "RequestLimitExceeded");
    world.pass(1_000);
    assert_eq!(refused(&world), "");
    let requests = world.service.requests();
    assert_eq!(requests.last().unwrap().at_us, 1_000_000);
    assert_eq!(world.service.bill().items.last().unwrap().at_us, 1_000_000);
}

#[test]
fn a_repetition_after_ten_virtual_minutes_is_no_duplicate() {
    let world = World::new();
    create(&world);
    world.service.clock().advance(Duration::from_secs(601));
    create(&world);
    assert_eq!(world.service.bill().duplicates, 0);
    create(&world);
    assert_eq!(world.service.bill().duplicates, 1);
}

#[test]
fn several_changes_are_made_at_once_and_shown() {
    let world = World::new();
    world.pass(500);
    let shown = set(
        &world,
        &json!({ "advance": "1h 30m", "rate": 2.5, "freeze": true }),
    );
    assert_eq!(
        shown,
        json!({
            "unix_seconds": world.now() + 5_400,
            "virtual_us": 5_400_500_000_u64,
            "monotonic_us": 500_000,
            "rate": 2.5,
            "frozen": true,
        })
    );
    assert_eq!(world.control("clock"), shown);
    assert_eq!(world.control("state")["clock"], shown);
    assert_eq!(set(&world, &json!({ "freeze": false }))["frozen"], false);
}

#[test]
fn an_impossible_clock_change_is_refused_completely() {
    let world = World::new();
    for (body, member) in [
        (json!({ "advance": "1h", "rate": 0 }), json!("rate")),
        (json!({ "rate": -1 }), json!("rate")),
        (json!({ "rate": 100_001 }), json!("rate")),
        (json!({ "rate": "fast" }), json!("rate")),
        (json!({ "advance": 12 }), json!("advance")),
        (json!({ "advance": "-1h" }), json!("advance")),
        (json!({ "advance": "soon" }), json!("advance")),
        (json!({ "freeze": "yes" }), json!("freeze")),
        (json!({ "advnace": "1h" }), json!("advnace")),
        (json!({}), Value::Null),
        (json!([]), Value::Null),
    ] {
        let (status, answer) = world.post("clock", &body);
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer["member"], member, "{body}: {answer}");
        if let Some(member) = member.as_str() {
            assert_eq!(answer["value"], body[member], "{body}: {answer}");
        }
        assert!(!answer["hint"].as_str().unwrap().is_empty(), "{answer}");
    }
    assert_eq!(world.service.clock().now(), Duration::ZERO);
    assert!(world.service.clock().set_rate(f64::NAN).is_err());
}
