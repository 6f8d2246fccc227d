//! The commands that read the ledger, decide about it, and record what they learn.

use std::fs;

use serde_json::json;

use crate::{
    ledger_support::{create, lose_reply, only_task, tasks},
    support::Emulator,
};

#[test]
fn wait_status_and_download_record_what_they_learn() {
    let emulator = Emulator::start("0s");
    let created = create(&emulator, &[]).json();
    let id = created["task_id"].as_str().unwrap();
    assert_eq!(only_task(&emulator)["state"], "created");
    let status = emulator.record(&["video", "status", "--", id]);
    assert_eq!(status.json()["key"], created["key"], "{status:?}");
    let done = only_task(&emulator);
    assert_eq!(done["state"], "done");
    assert!(done["expires_at"].is_string(), "{done}");
    let saved = emulator.record(&["video", "download", "--out", "cat.mp4", "--", id]);
    assert_eq!(saved.exit, 0, "{saved:?}");
    let fetched = only_task(&emulator);
    assert_eq!(fetched["state"], "fetched");
    let file = &fetched["files"][0];
    let path = emulator
        .folder
        .path()
        .canonicalize()
        .unwrap()
        .join("cat.mp4");
    assert_eq!(
        file["path"]
            .as_str()
            .map(fs::canonicalize)
            .unwrap()
            .unwrap(),
        path
    );
    assert_eq!(file["sha256"], saved.json()["files"][0]["sha256"]);
    assert_eq!(fetched["schema"], "mps.task/1");
    assert_eq!(fetched["family"], "video");
}

#[test]
fn wait_last_takes_the_newest_task_whose_result_is_not_fetched() {
    let emulator = Emulator::start("0s");
    let none = emulator.record(&["video", "wait", "--last"]);
    assert_eq!(none.exit, 2, "{none:?}");
    for prompt in ["a", "b"] {
        let run = emulator.record(&["video", "create", "--prompt", prompt]);
        assert_eq!(run.exit, 0, "{run:?}");
    }
    let newest = tasks(&emulator, &[])[0]["task_id"].clone();
    let oldest = tasks(&emulator, &[])[1]["task_id"].clone();
    for expected in [newest, oldest] {
        let run = emulator.record(&["video", "wait", "--last", "--out", "clips/"]);
        assert_eq!(
            (run.exit, &run.json()["task_id"]),
            (0, &expected),
            "{run:?}"
        );
    }
    assert_eq!(emulator.record(&["image", "wait", "--last"]).exit, 2);
    assert_eq!(emulator.record(&["video", "wait", "--last"]).exit, 2);
}

#[test]
fn an_attempt_in_doubt_is_resolved_each_way() {
    let emulator = Emulator::start("0s");
    for key in ["found", "sent", "gone"] {
        lose_reply(&emulator);
        let prompt = format!("a cat named {key}");
        let lost = emulator.record(&["video", "create", "--prompt", &prompt, "--key", key]);
        assert_eq!(lost.exit, 9, "{lost:?}");
    }
    assert_eq!(tasks(&emulator, &["--in-doubt"]).len(), 3);
    let shown = emulator.record(&["show", "found"]);
    assert_eq!(shown.exit, 0, "{shown:?}");
    let doubt = shown.json()["doubt"].to_string();
    assert!(
        doubt.contains("support") && doubt.contains("body_sha256"),
        "{doubt}"
    );

    let id = emulator.bill()["items"][0]["task_id"]
        .as_str()
        .unwrap()
        .to_owned();
    // An id that the service does not have cannot be taken back, so it is not recorded.
    let other = id.replace("AigcVideo", "AigcImage");
    for unknown in ["nonsense", other.as_str()] {
        let refused = emulator.record(&["resolve", "found", "--task-id", unknown]);
        assert_eq!(refused.exit, 2, "{refused:?}");
    }
    assert_eq!(tasks(&emulator, &["--in-doubt"]).len(), 3);
    let found = emulator.record(&["resolve", "found", "--task-id", &id]);
    assert_eq!(
        (found.exit, &found.json()["task_id"]),
        (0, &json!(id)),
        "{found:?}"
    );
    assert_eq!(emulator.creates(), 3);
    let sent = emulator.record(&["resolve", "sent", "--recreate"]);
    assert_eq!(sent.exit, 0, "{sent:?}");
    assert_eq!(
        (&sent.json()["key"], emulator.creates()),
        (&json!("sent"), 4)
    );
    assert!(sent.json()["task_id"].is_string());
    let gone = emulator.record(&["resolve", "gone", "--abandon"]);
    assert_eq!(gone.exit, 0, "{gone:?}");
    assert_eq!(tasks(&emulator, &["--in-doubt"]).len(), 0);
    for key in ["found", "sent", "gone", "unknown"] {
        let late = emulator.record(&["resolve", key, "--abandon"]);
        assert_eq!(late.exit, 2, "{late:?}");
    }
    assert_eq!(emulator.creates(), 4);
}

#[test]
fn tasks_are_exported_and_forgotten_when_they_have_ended() {
    let emulator = Emulator::start("0s");
    assert_eq!(create(&emulator, &["--key", "a", "--out", "a.mp4"]).exit, 0);
    let open = emulator.record(&["video", "create", "--prompt", "a dog", "--key", "b"]);
    assert_eq!(open.exit, 0, "{open:?}");
    let export = emulator.record(&["tasks", "export"]);
    assert!(export.stdout.contains("a cat"), "{export:?}");
    let file = emulator.record(&["tasks", "export", "all.jsonl"]);
    assert_eq!(file.exit, 0, "{file:?}");
    let written = fs::read_to_string(emulator.folder.path().join("all.jsonl")).unwrap();
    assert_eq!(written.lines().count(), 2);
    assert_eq!(emulator.record(&["tasks", "export", "all.jsonl"]).exit, 2);

    let forgotten = emulator.record(&["tasks", "forget", "a"]);
    assert_eq!(forgotten.exit, 0, "{forgotten:?}");
    let refused = emulator.record(&["tasks", "forget", "b"]);
    assert_eq!(refused.exit, 2, "{refused:?}");
    let export = emulator.record(&["tasks", "export"]);
    assert!(!export.stdout.contains("a cat"), "{export:?}");
    assert!(export.stdout.contains("a dog"), "{export:?}");
    assert_eq!(emulator.record(&["tasks", "forget", "unknown"]).exit, 2);
}

#[test]
fn refresh_asks_for_the_tasks_that_are_not_done() {
    let emulator = Emulator::start("0s");
    assert_eq!(create(&emulator, &[]).exit, 0);
    assert_eq!(tasks(&emulator, &["--undone"])[0]["state"], "created");
    assert_eq!(tasks(&emulator, &["--refresh"])[0]["state"], "done");
    assert!(tasks(&emulator, &["--undone"]).is_empty());
    assert_eq!(tasks(&emulator, &["--expiring"]).len(), 1);
    assert!(tasks(&emulator, &["--failed"]).is_empty());
}

#[test]
fn a_recorded_result_that_has_expired_is_named_with_its_age() {
    let emulator = Emulator::start("0s");
    let created = emulator.record(&["video", "create", "--prompt", "a cat", "--wait"]);
    assert_eq!(created.exit, 0, "{created:?}");
    let id = created.json()["task_id"].as_str().unwrap().to_owned();
    emulator.advance("13h");
    let download = emulator.record(&["video", "download", &id, "--out", "late.mp4"]);
    let error = download.error();
    assert_eq!(
        (download.exit, &error["kind"]),
        (10, &json!("expired")),
        "{download:?}"
    );
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("13 hours after"), "{message}");
}
