//! Rules over the control API, and their traces in the log.

use bytes::Bytes;
use http::{Request, StatusCode};
use mps_emulator::{Fault, Outcome};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};

use crate::call::{CREATE, DESCRIBE, World, cat, code};

fn ask(world: &World, method: &str, body: &str) -> (StatusCode, Value) {
    let request = Request::builder()
        .method(method)
        .uri("/_emulator/v1/faults")
        .body(Bytes::from(body.to_owned()));
    let response = world.service.handle(request.unwrap());
    let body = serde_json::from_slice(response.body()).unwrap();
    (response.status(), body)
}

#[test]
fn rules_are_added_listed_with_their_counts_and_cleared() {
    let world = World::new();
    let rule = json!({ "action": CREATE, "kind": "throttle", "times": 2, "match": "cat" });
    assert_eq!(ask(&world, "POST", &rule.to_string()).0, 200);
    assert_eq!(code(&world.answer(CREATE, &cat())), "RequestLimitExceeded");
    assert_eq!(
        code(&world.answer(CREATE, &json!({ "Prompt": "a dog" }))),
        ""
    );

    let (status, listed) = ask(&world, "GET", "");
    assert_eq!(status, 200);
    let mut expected = rule.clone();
    expected["code"] = json!("RequestLimitExceeded");
    expected["struck"] = json!(1);
    assert_eq!(listed, json!({ "faults": [expected.clone()] }));
    assert_eq!(world.control("state")["faults"], json!([expected]));

    assert_eq!(
        ask(&world, "DELETE", ""),
        (StatusCode::OK, json!({ "faults": [] }))
    );
    assert_eq!(code(&world.answer(CREATE, &cat())), "");
}

#[test]
fn a_bad_rule_is_not_taken_and_says_why() {
    let world = World::new();
    for (body, member, part) in [
        ("{\"kind\":\"drop\"}", "kind", "known: refuse"),
        (
            "{\"kind\":\"nulls\",\"action\":\"Create\"}",
            "action",
            CREATE,
        ),
        (
            "{\"kind\":\"nulls\",\"probability\":2}",
            "probability",
            "from 0 to 1",
        ),
    ] {
        let (status, answer) = ask(&world, "POST", body);
        assert_eq!(
            (status.as_u16(), &answer["member"]),
            (400, &json!(member)),
            "{body}"
        );
        let error = answer["error"].as_str().unwrap();
        assert!(error.contains(part) && !error.contains('\n'), "{error}");
        assert!(
            ["value", "bound", "hint"]
                .iter()
                .all(|name| answer[*name].is_string())
        );
    }
    assert_eq!(ask(&world, "GET", "").1, json!({ "faults": [] }));
    assert_eq!(ask(&world, "PUT", "{}").0, 405);
}

#[test]
fn at_most_a_thousand_rules_are_kept() {
    let world = World::new();
    for _ in 0..1_000 {
        world.service.fail(Fault::nulls()).unwrap();
    }
    let full = world.service.fail(Fault::nulls()).unwrap_err();
    assert!(
        full.to_string().contains("clear the faults first"),
        "{full}"
    );
    world.service.reset();
    world.service.fail(Fault::nulls()).unwrap();
}

#[test]
fn request_records_have_outcome_and_fault() {
    for (fault, outcome, code, creates) in [
        (Fault::reply_lost(), Outcome::Executed, None, 1),
        (
            Fault::delay(std::time::Duration::from_secs(1)),
            Outcome::Executed,
            None,
            1,
        ),
        (Fault::nulls(), Outcome::Executed, None, 1),
        (Fault::html().executed(), Outcome::Executed, None, 1),
        (Fault::reset_before_read(), Outcome::Dropped, None, 0),
        (Fault::reset_after_read(), Outcome::Dropped, None, 0),
        (Fault::http(503), Outcome::Dropped, None, 0),
        (
            Fault::refuse("Made.Up"),
            Outcome::Refused,
            Some("Made.Up"),
            0,
        ),
        (
            Fault::token_expired(),
            Outcome::Refused,
            Some("AuthFailure.TokenFailure"),
            0,
        ),
        (
            Fault::skew(-600),
            Outcome::Refused,
            Some("AuthFailure.SignatureExpire"),
            0,
        ),
    ] {
        let world = World::new();
        world.service.fail(fault.clone().action(CREATE)).unwrap();
        let _ = world.service.handle(world.call(CREATE, &cat()).request());
        let requests = world.service.requests();
        let request = &requests[0];
        let found = (
            request.fault.as_deref(),
            request.outcome,
            request.code.as_deref(),
        );
        assert_eq!(found, (Some(fault.kind()), outcome, code));
        assert_eq!(world.service.bill().creates, creates, "{}", fault.kind());
        let shown = &world.control("requests")["requests"][0];
        assert_eq!(shown["fault"], fault.kind());
        assert_eq!(shown["outcome"], outcome.as_str());
    }
}

#[test]
fn delivery_faults_do_not_execute_a_refused_call() {
    let world = World::new();
    world.service.fail(Fault::reply_lost()).unwrap();
    let mut call = world.call(CREATE, &cat());
    call.secret_key = "guessed".into();
    let _ = world.service.handle(call.request());
    let request = &world.service.requests()[0];
    assert_eq!(
        (request.outcome, request.fault.as_deref()),
        (Outcome::Refused, Some("reply_lost"))
    );
    assert_eq!(world.service.bill().creates, 0);
}

#[test]
fn a_skew_accepts_clients_that_follow_the_shown_clock() {
    let world = World::new();
    world.service.fail(Fault::skew(3_600)).unwrap();
    let response = world.service.handle(world.call(CREATE, &cat()).request());
    // START is noon.
    assert_eq!(response.headers()["date"], "Sun, 15 Feb 2026 13:00:00 GMT");
    let follow = |seconds| world.code(&world.call(CREATE, &cat()).at(world.now() + seconds));
    assert_eq!(follow(3_600), "");
    assert_eq!(follow(3_600 + 301), "AuthFailure.SignatureExpire");
    world.service.clear_faults();
    assert_eq!(follow(3_600), "AuthFailure.SignatureExpire");
    assert_eq!(follow(0), "");
}

#[test]
fn answer_faults_change_only_their_own_members() {
    let world = World::new();
    let task = world.create(&cat());
    for fault in [
        Fault::done_without_url(),
        Fault::unknown_status().value("ODD"),
    ] {
        world.service.fail(fault.action(DESCRIBE)).unwrap();
    }
    // Not done yet, so there is no address to take away, and the second rule applies.
    let waiting = world.describe(&task);
    assert_eq!(waiting["Status"], "ODD");
    world.pass(3_000);
    let done = world.describe(&task);
    assert_eq!(
        (&done["Status"], done.get("VideoUrls")),
        (&json!("DONE"), None)
    );
    assert!(done["RequestId"].is_string());
    assert_eq!(world.service.fault_counts(), [1, 1]);
}

#[test]
fn a_status_is_found_wherever_the_specification_has_one() {
    let world = World::new();
    let task = world.start(
        "CreateAiDramaTask",
        &json!({ "Input": { "Script": "a short one", "Style": "chinese_ink_wash", "Ratio": "16:9", "Resolution": "720p" } }),
    );
    world
        .service
        .fail(Fault::unknown_status().value("ODD"))
        .unwrap();
    world.service.fail(Fault::nulls()).unwrap();
    let list = world.answer("DescribeAigcTaskList", &json!({}));
    assert!(list.to_string().contains("\"ODD\""), "{list}");
    assert_eq!(
        world.ask("DescribeAigcTaskStatus", &task)["TaskStatus"],
        "ODD"
    );
}

#[test]
fn probabilities_repeat_with_the_seed() {
    let run = || {
        let world = World::new();
        world
            .service
            .fail(Fault::throttle().probability(0.5))
            .unwrap();
        let hits: Vec<String> = (0..8)
            .map(|_| code(&world.answer(CREATE, &cat())))
            .collect();
        hits
    };
    let hits = run();
    assert_eq!(run(), hits);
    assert!(
        hits.iter().any(String::is_empty) && hits.iter().any(|code| !code.is_empty()),
        "{hits:?}"
    );
}

#[test]
fn rules_and_their_counts_are_part_of_a_snapshot() {
    let world = World::new();
    let fault = Fault::throttle().action(CREATE).times(2);
    world.service.fail(fault).unwrap();
    assert_ne!(code(&world.answer(CREATE, &cat())), "");
    let snapshot = world.service.snapshot().to_json();

    let later = World::new();
    let snapshot = mps_emulator::Snapshot::from_json(snapshot.as_bytes()).unwrap();
    later.service.restore(snapshot);
    assert_eq!(later.service.fault_counts(), [1]);
    let codes = [(); 2].map(|()| code(&later.answer(CREATE, &cat())));
    assert_eq!(codes, ["RequestLimitExceeded", ""]);
}

/// Members of rules, right and wrong ones.
fn rule() -> impl Strategy<Value = Value> {
    let names = select(vec![
        "kind",
        "action",
        "times",
        "probability",
        "match",
        "code",
        "message",
        "status",
        "delay",
        "offset",
        "pieces",
        "after",
        "value",
        "executed",
        "retry_after",
        "content_type",
        "x",
    ]);
    let texts = select(vec![
        "refuse",
        "delay",
        "http",
        "html",
        "truncate",
        "drip",
        "reply_lost",
        "skew",
        "throttle",
        "nulls",
        "download",
        CREATE,
        "1s",
        "-10m",
        "99999999999999999999y",
        "InternalError",
        "",
    ]);
    let values = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        texts.prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
    ];
    let members = vec((names.prop_map(str::to_owned), values), 0..6);
    members.prop_map(|members| Value::Object(members.into_iter().collect()))
}

proptest! {
    #[test]
    fn any_rule_is_taken_or_explained_and_any_call_under_it_is_answered(rule in rule()) {
        let world = World::new();
        let (status, answer) = ask(&world, "POST", &rule.to_string());
        prop_assert!(matches!(status.as_u16(), 200 | 400), "{} {}", status, rule);
        prop_assert_eq!(status == 400, answer["error"].is_string());
        let _ = world.service.handle(world.call(CREATE, &cat()).request());
        let _ = world.get("/results/1-AigcVideo-0/0.mp4");
        let executed = world.service.requests().iter().filter(|one| one.outcome == Outcome::Executed).count();
        prop_assert_eq!(world.service.bill().creates, executed as u64);
    }
}

#[test]
fn contradicting_answers_are_billed_and_have_both_parts() {
    let answer_to = |fault: Fault| {
        let world = World::new();
        world.service.fail(fault.action(CREATE)).unwrap();
        let response = world.service.handle(world.call(CREATE, &cat()).request());
        assert_eq!(world.service.bill().creates, 1);
        assert_eq!(world.service.requests()[0].outcome, Outcome::Executed);
        String::from_utf8(response.into_body().to_vec()).unwrap()
    };
    let envelope = |text: &str| serde_json::from_str::<Value>(text).unwrap()["Response"].take();

    let both = envelope(&answer_to(Fault::id_and_error()));
    assert!(!both["TaskId"].as_str().unwrap().is_empty());
    assert_eq!(both["Error"]["Code"], "RequestLimitExceeded");

    let empty = envelope(&answer_to(Fault::task_id("")));
    assert_eq!(empty["TaskId"], "");
    let strange = envelope(&answer_to(Fault::task_id("--endpoint=https://evil\n")));
    assert_eq!(strange["TaskId"], "--endpoint=https://evil\n");

    let two = answer_to(Fault::two_responses().code("InternalError"));
    assert_eq!(two.matches("\"Response\":").count(), 2);
    let (first, _) = two.split_once(",\"Response\":").unwrap();
    assert!(envelope(&format!("{first}}}"))["TaskId"].is_string());
    assert_eq!(envelope(&two)["Error"]["Code"], "InternalError");
}
