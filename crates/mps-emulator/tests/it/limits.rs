use mps_emulator::RateLimit;

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
        world.code(&world.call(DESCRIBE, &serde_json::json!({}))),
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
