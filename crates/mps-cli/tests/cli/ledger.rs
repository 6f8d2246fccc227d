//! Creates in the ledger: keys, the guard against repeats, and the first record.

use std::fs;

use serde_json::json;

use crate::{
    ledger_support::{create, lose_reply, only_task, tasks},
    support::Emulator,
};

#[test]
fn a_repeat_of_a_create_in_doubt_is_refused_unless_it_is_meant() {
    let emulator = Emulator::start("0s");
    lose_reply(&emulator);
    let lost = create(&emulator, &[]);
    assert_eq!(lost.exit, 9, "{lost:?}");
    let key = lost.error()["key"].as_str().unwrap().to_owned();
    assert_eq!(emulator.creates(), 1);

    let repeat = create(&emulator, &[]);
    let error = repeat.error();
    assert_eq!(
        (repeat.exit, &error["kind"], &error["key"]),
        (12, &json!("repeat"), &json!(key)),
        "{repeat:?}"
    );
    let resume = error["resume"].as_array().unwrap();
    assert_eq!(resume.last().unwrap(), &json!(key), "{error}");
    assert_eq!(emulator.creates(), 1);
    let call = [
        "call",
        "CreateAigcVideoTask",
        "--json",
        r#"{"Prompt":"a cat"}"#,
    ];
    assert_eq!(emulator.record(&call).exit, 12);

    let other = emulator.record(&["video", "create", "--prompt", "a dog"]);
    assert_eq!(other.exit, 0, "{other:?}");
    let again = create(&emulator, &["--again"]);
    assert_eq!(again.exit, 0, "{again:?}");
    assert_eq!(emulator.creates(), 3);
}

#[test]
fn a_create_that_is_done_or_failed_or_refused_is_no_obstacle() {
    let emulator = Emulator::start("1h");
    let first = create(&emulator, &[]);
    assert_eq!(first.exit, 0, "{first:?}");
    let id = first.json()["task_id"].clone();
    let repeat = create(&emulator, &[]);
    assert_eq!(repeat.exit, 12, "{repeat:?}");
    assert_eq!(repeat.error()["task_id"], id);
    // Without an answer about the status it stays refused.
    emulator.add_fault(&json!({
        "kind": "refuse", "code": "InternalError", "action": "DescribeAigcVideoTask"
    }));
    assert_eq!(create(&emulator, &["--deadline", "2s"]).exit, 12);
    emulator.clear_faults();

    emulator.advance("2h");
    let second = create(&emulator, &[]);
    assert_eq!(second.exit, 0, "{second:?}");
    assert_eq!(tasks(&emulator, &[])[1]["state"], "done");
    assert_eq!(emulator.creates(), 2);

    let emulator = Emulator::start("0s");
    let rule = json!({"kind": "refuse", "code": "InvalidParameterValue", "times": 1});
    emulator.add_fault(&rule);
    assert_eq!(create(&emulator, &[]).exit, 2);
    assert_eq!(only_task(&emulator)["state"], "refused");
    assert_eq!(create(&emulator, &[]).exit, 0);
    assert_eq!(emulator.creates(), 1);
}

#[test]
fn the_same_key_is_the_same_task_and_one_bill() {
    let emulator = Emulator::start("0s");
    let first = create(&emulator, &["--key", "cat-1"]);
    assert_eq!(
        (first.exit, &first.json()["key"]),
        (0, &json!("cat-1")),
        "{first:?}"
    );
    let id = first.json()["task_id"].clone();
    // Its state, its result, its file, and its file again.
    for (more, member) in [
        (&[][..], "status"),
        (&["--wait"], "urls"),
        (&["--out", "cat.mp4"], "files"),
        (&["--out", "cat.mp4"], "files"),
        (&["--out", "."], "files"),
        (&["--wait"], "files"),
        (&["--out", "copy.mp4"], "files"),
    ] {
        let run = create(&emulator, &[&["--key", "cat-1"], more].concat());
        assert_eq!(run.exit, 0, "{more:?}: {run:?}");
        let result = run.json();
        assert_eq!((&result["task_id"], &result["key"]), (&id, &json!("cat-1")));
        assert!(
            result[member].is_string() || result[member].is_array(),
            "{more:?}: {result}"
        );
    }
    let call = [
        "call",
        "CreateAigcVideoTask",
        "--json",
        r#"{"Prompt":"a cat"}"#,
        "--key",
        "cat-1",
    ];
    let call = emulator.record(&call);
    assert_eq!(call.json()["response"]["TaskId"], id, "{call:?}");
    assert_eq!(emulator.creates(), 1);
    let task = only_task(&emulator);
    assert_eq!((&task["state"], &task["task_id"]), (&json!("fetched"), &id));

    let taken = emulator.folder.path().join("taken.mp4");
    fs::write(taken, "of somebody").unwrap();
    let run = create(&emulator, &["--key", "cat-1", "--out", "taken.mp4"]);
    assert_eq!(run.exit, 2, "{run:?}");
}

#[test]
fn a_key_with_another_content_names_what_differs_and_no_value() {
    let emulator = Emulator::start("0s");
    assert_eq!(create(&emulator, &["--key", "k"]).exit, 0);
    let run = emulator.record(&[
        "video",
        "create",
        "--prompt",
        "a secret",
        "--duration",
        "6",
        "--key",
        "k",
    ]);
    assert_eq!(run.exit, 2, "{run:?}");
    let message = run.error()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("Duration, Prompt"), "{message}");
    assert!(!run.stderr.contains("secret"), "{run:?}");
    assert_eq!(emulator.creates(), 1);
}

#[test]
fn a_key_whose_create_ended_without_a_task_reports_or_repeats_its_outcome() {
    let emulator = Emulator::start("0s");
    lose_reply(&emulator);
    assert_eq!(create(&emulator, &["--key", "lost"]).exit, 9);
    let doubt = create(&emulator, &["--key", "lost"]);
    assert_eq!(doubt.exit, 9, "{doubt:?}");
    let page = doubt.error()["doubt"].to_string();
    assert!(
        page.contains("resolve") && page.contains("--task-id"),
        "{page}"
    );
    assert_eq!(emulator.creates(), 1);
    let given_up = emulator.record(&["resolve", "lost", "--abandon"]);
    assert_eq!(given_up.exit, 0, "{given_up:?}");
    let abandoned = create(&emulator, &["--key", "lost"]);
    assert_eq!(
        (abandoned.exit, emulator.creates()),
        (7, 1),
        "{abandoned:?}"
    );

    for code in ["InvalidParameterValue", "FailedOperation.UserArrears"] {
        let rule = json!({"kind": "refuse", "code": code, "times": 1});
        emulator.add_fault(&rule);
        assert_ne!(create(&emulator, &["--key", code]).exit, 0);
        let sent = create(&emulator, &["--key", code]);
        assert_eq!(sent.exit, 0, "{sent:?}");
    }
    assert_eq!(emulator.creates(), 3);
}

#[test]
fn a_key_whose_task_failed_ends_as_it_did() {
    let emulator = Emulator::start("0s");
    let create = [
        "video",
        "create",
        "--prompt",
        "a cat [emulator:fail]",
        "--key",
        "k",
        "--wait",
    ];
    let failed = emulator.record(&create);
    assert_eq!(failed.exit, 7, "{failed:?}");
    let paid = emulator.creates();
    let again = emulator.record(&create);
    assert_eq!((again.exit, emulator.creates()), (7, paid), "{again:?}");
    assert_eq!(again.error()["task_id"], failed.error()["task_id"]);
    assert_eq!(only_task(&emulator)["state"], "failed");
}

#[test]
fn an_expired_result_is_reported_under_its_key() {
    let emulator = Emulator::start("0s");
    assert_eq!(create(&emulator, &["--key", "k", "--wait"]).exit, 0);
    emulator.advance("13h");
    let expired = create(&emulator, &["--key", "k", "--out", "late.mp4"]);
    assert_eq!((expired.exit, emulator.creates()), (10, 1), "{expired:?}");
    assert_eq!(only_task(&emulator)["state"], "expired");
    assert_eq!(create(&emulator, &["--key", "k"]).exit, 10);
}

#[test]
fn the_first_record_says_where_it_is_and_how_to_turn_it_off() {
    let emulator = Emulator::start("0s");
    let first = create(&emulator, &[]);
    assert!(first.stderr.contains("--ledger off"), "{first:?}");
    assert!(first.stderr.contains("emulator-"), "{first:?}");
    let second = emulator.record(&["video", "create", "--prompt", "a dog"]);
    assert!(!second.stderr.contains("--ledger off"), "{second:?}");
    let off = create(&emulator, &["--ledger", "off", "--key", "k"]);
    assert_eq!(off.exit, 2, "{off:?}");
    let off = create(&emulator, &["--ledger", "off"]);
    assert_eq!(off.exit, 0, "{off:?}");
    assert!(off.json()["key"].is_null(), "{off:?}");
}

#[test]
fn the_emulator_within_a_command_records_nothing_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let create = [
        "--emulator",
        "--output=json",
        "video",
        "create",
        "--prompt",
        "a cat",
    ];
    for _ in 0..2 {
        let run = crate::support::run(crate::support::mps(folder.path()).args(create));
        assert_eq!(run.exit, 0, "{run:?}");
    }
    assert!(!folder.path().join(".local").exists());
}
