//! Several accounts in one emulator, and credentials that end.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use crate::call::{CREATE, Call, DESCRIBE, World, answer, cat, code};

const FIRST: (&str, &str) = ("AKIDfirst", "first-not-a-key");
const OTHER: (&str, &str) = ("AKIDother", "other-not-a-key");

fn two() -> World {
    World::with(|builder| builder.account(FIRST.0, FIRST.1).account(OTHER.0, OTHER.1))
}

fn call(world: &World, who: (&str, &str), action: &'static str, body: &Value) -> Call {
    let mut call = world.call(action, body);
    (call.secret_id, call.secret_key) = (who.0.to_owned(), who.1.to_owned());
    call
}

fn asked(world: &World, who: (&str, &str), action: &'static str, body: &Value) -> Value {
    answer(&world.service, call(world, who, action, body).request())
}

#[test]
fn the_first_account_is_the_default_one() {
    let world = two();
    assert_eq!(world.service.secret_id(), FIRST.0);
    assert_eq!(
        world.control("state")["accounts"],
        json!([FIRST.0, OTHER.0])
    );
}

#[test]
fn a_task_of_another_account_is_unknown() {
    let world = two();
    for (create, describe) in [
        (CREATE, DESCRIBE),
        ("CreateVideoRedrawTask", "DescribeAigcTaskStatus"),
    ] {
        let body = if create == CREATE {
            cat()
        } else {
            json!({ "Input": { "Url": "https://example.com/a.mp4" } })
        };
        let created = asked(&world, OTHER, create, &body);
        let task = json!({ "TaskId": created["TaskId"] });
        assert_eq!(
            code(&asked(&world, OTHER, describe, &task)),
            "",
            "{created}"
        );
        assert_eq!(
            code(&asked(&world, FIRST, describe, &task)),
            "ResourceNotFound.TaskNotFound"
        );
    }
    let listed = |who| asked(&world, who, "DescribeAigcTaskList", &json!({}))["Total"].clone();
    assert_eq!((listed(FIRST), listed(OTHER)), (json!(0), json!(1)));
}

#[test]
fn each_account_has_its_own_limits_and_bill() {
    let world = two();
    for _ in 0..10 {
        asked(&world, FIRST, CREATE, &cat());
    }
    assert_eq!(
        code(&asked(&world, FIRST, CREATE, &cat())),
        "RequestLimitExceeded"
    );
    assert_eq!(code(&asked(&world, OTHER, CREATE, &cat())), "");
    let creates = |id: &str| {
        let bill = world.control(&format!("bill?account={id}"));
        (bill["creates"].clone(), bill["duplicates"].clone())
    };
    assert_eq!(creates(FIRST.0), (json!(10), json!(9)));
    assert_eq!(creates(OTHER.0), (json!(1), json!(0)));
    assert_eq!(world.service.bill_of(OTHER.0).unwrap().creates, 1);
    assert_eq!(world.service.bill().creates, 11);
    assert!(world.service.bill_of("AKIDnobody").is_none());
    assert_eq!(
        world.control("bill?account=AKIDnobody")["member"],
        "account"
    );
    assert_eq!(world.control("bill?who=me")["member"], "query");
}

#[test]
fn an_id_has_the_number_of_its_account() {
    let world = two();
    let number = |who| {
        let created = asked(&world, who, CREATE, &cat());
        let id = created["TaskId"].as_str().unwrap().to_owned();
        id.split_once('-').unwrap().0.parse::<u64>().unwrap()
    };
    assert_eq!(number(OTHER), number(FIRST) + 1);
}

#[test]
fn a_key_is_valid_with_its_own_id_only() {
    let world = two();
    let mixed = call(&world, (FIRST.0, OTHER.1), CREATE, &cat());
    assert_eq!(world.code(&mixed), "AuthFailure.SignatureFailure");
}

#[test]
fn temporary_credentials_end_by_the_virtual_clock() {
    let world = World::with(|builder| {
        builder.temporary(
            "AKIDtemp",
            "temp-not-a-key",
            "a-token",
            Duration::from_secs(1_800),
        )
    });
    let mut temporary = call(&world, ("AKIDtemp", "temp-not-a-key"), CREATE, &cat());
    assert_eq!(
        world.code(&temporary),
        "AuthFailure.TokenFailure",
        "no token"
    );
    temporary.more_headers = vec![("x-tc-token", "a-token")];
    assert_eq!(world.code(&temporary), "");
    assert_eq!(
        world
            .service
            .bill_of(world.service.secret_id())
            .unwrap()
            .creates,
        1,
        "they are the default account's"
    );
    world.service.clock().advance(Duration::from_secs(1_799));
    let temporary = temporary.at(world.now() + 1_799);
    assert_eq!(world.code(&temporary), "");
    world.service.clock().advance(Duration::from_secs(1));
    assert_eq!(world.code(&temporary), "AuthFailure.TokenFailure");
}

#[test]
fn temporary_credentials_are_issued_at_run_time() {
    let world = World::new();
    let (status, issued) = world.post("credentials", &json!({ "expires_in": "30m" }));
    assert_eq!(status, StatusCode::OK, "{issued}");
    let text = |name: &str| issued[name].as_str().unwrap().to_owned();
    let token: &'static str = text("token").leak();
    let mut call = call(
        &world,
        (&text("secret_id"), &text("secret_key")),
        CREATE,
        &cat(),
    );
    call.more_headers = vec![("x-tc-token", token)];
    assert_eq!(world.code(&call), "");
    world.service.clock().advance(Duration::from_secs(1_800));
    assert_eq!(
        world.code(&call.at(world.now() + 1_800)),
        "AuthFailure.TokenFailure"
    );
    assert!(
        !format!("{:?}", world.service.issue_credentials(Duration::ZERO)).contains("NotARealKey")
    );

    for (body, member) in [
        (json!({ "expires_in": "soon" }), json!("expires_in")),
        (json!({ "expires": "1h" }), json!("expires")),
        (json!({}), Value::Null),
    ] {
        let (status, answer) = world.post("credentials", &body);
        assert_eq!(
            (status, &answer["member"]),
            (StatusCode::BAD_REQUEST, &member)
        );
    }
}
