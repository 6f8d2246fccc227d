//! Rate limits and the limit on concurrent tasks.

use mps_emulator::RateLimit;
use serde_json::json;

use crate::call::{CREATE, DESCRIBE, World, cat};

const REFUSED: &str = "RequestLimitExceeded";

fn create(world: &World) -> String {
    world.code(&world.call(CREATE, &cat()))
}

#[test]
fn the_eleventh_create_in_a_second_is_refused() {
    let world = World::new();
    for number in 1..=10 {
        assert_eq!(create(&world), "", "number {number}");
    }
    assert_eq!(create(&world), REFUSED);
    assert_eq!(world.service.bill().creates, 10);
}

#[test]
fn the_window_slides() {
    let world = World::new();
    assert_eq!(create(&world), "");
    world.pass(600);
    for _ in 0..9 {
        assert_eq!(create(&world), "");
    }
    world.pass(399);
    assert_eq!(create(&world), REFUSED, "the first is not a second old");
    world.pass(1);
    assert_eq!(create(&world), "", "now it is");
    assert_eq!(create(&world), REFUSED, "the other nine are not");
    world.pass(600);
    for _ in 0..9 {
        assert_eq!(create(&world), "");
    }
    assert_eq!(create(&world), REFUSED);
}

#[test]
fn each_action_has_its_own_limit() {
    let world = World::new();
    for _ in 0..10 {
        create(&world);
    }
    let task = &world.service.bill().items[0].task_id;
    for number in 1..=50 {
        assert_eq!(world.describe(task)["Status"], "WAIT", "number {number}");
    }
    assert_eq!(world.describe(task)["Error"]["Code"], REFUSED);
    assert_eq!(
        world.code(&world.call(DESCRIBE, &json!({}))),
        REFUSED,
        "before the request is read"
    );
}

#[test]
fn the_limit_can_be_switched_off() {
    let world = World::with(|builder| builder.rate_limit(RateLimit::Off));
    for _ in 0..100 {
        assert_eq!(create(&world), "");
    }
}

#[test]
fn an_aligned_window_begins_with_the_second() {
    let world = World::with(|builder| builder.rate_limit(RateLimit::FixedWindow));
    world.pass(999);
    let executed = |world: &World| (0..11).filter(|_| create(world).is_empty()).count();
    assert_eq!(executed(&world), 10);
    world.pass(1);
    assert_eq!(executed(&world), 10, "two bursts a millisecond apart");
    world.pass(999);
    assert_eq!(create(&world), REFUSED);
}

#[test]
fn a_bucket_fills_again_drop_by_drop() {
    let world = World::with(|builder| builder.rate_limit(RateLimit::TokenBucket));
    let executed = |world: &World| (0..11).filter(|_| create(world).is_empty()).count();
    assert_eq!(executed(&world), 10);
    world.pass(99);
    assert_eq!(create(&world), REFUSED);
    world.pass(1);
    assert_eq!(executed(&world), 1);
    world.pass(10_000);
    assert_eq!(executed(&world), 10, "it holds no more");
}

#[test]
fn no_more_tasks_run_at_once_than_are_allowed() {
    let world = World::with(|builder| builder.concurrency(2));
    let first = world.create(&cat());
    world.create(&json!({ "Prompt": "[emulator:fail]" }));
    let refused = world.answer(CREATE, &cat());
    assert_eq!(refused["Error"]["Code"], REFUSED);
    let message = refused["Error"]["Message"].as_str().unwrap();
    assert!(message.contains("maximum concurrency"), "{message}");
    assert_eq!(
        world.describe(&first)["Status"],
        "WAIT",
        "queries are not refused"
    );
    assert_eq!(world.service.bill().creates, 2);
    world.pass(3_000);
    assert_eq!(create(&world), "", "both have ended, one way or the other");
    assert_eq!(world.control("state")["limits"]["concurrency"], 2);
}

#[test]
fn scenarios_say_so_in_their_own_words() {
    let world = World::with(|builder| builder.concurrency(0));
    let redraw = json!({ "Input": { "Url": "https://example.com/a.mp4" } });
    let refused = world.answer("CreateVideoRedrawTask", &redraw);
    assert_eq!(refused["Error"]["Code"], "LimitExceeded.CreateTask");
    let advertisement =
        json!({ "Input": { "ImageUrls": ["https://example.com/a.png"], "Text": "a" } });
    assert_eq!(
        world.answer("CreateAiFissionTask", &advertisement)["Error"]["Code"],
        REFUSED,
        "of which no code of its own is documented"
    );
}
