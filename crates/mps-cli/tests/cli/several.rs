//! Commands about several tasks, and results on stdout.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::{
    bounded,
    hostile::{Hostile, Texts},
    support::{Emulator, Run, spawn},
};

fn create(emulator: &Emulator, prompt: &str) -> String {
    let run = emulator.run(&["video", "create", "--prompt", prompt]);
    assert_eq!(run.exit, 0, "{run:?}");
    run.stdout.trim_end().to_owned()
}

fn objects(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn with_stdin(command: &mut Command, input: &str) -> Run {
    let mut process = spawn(command.stdin(Stdio::piped()));
    let stdin = process.stdin.as_mut().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    Run::of(process)
}

#[test]
fn each_task_has_an_object_and_the_most_important_exit_code_is_chosen() {
    let emulator = Emulator::start("0s");
    let done = create(&emulator, "a cat");
    let failed = create(&emulator, "[emulator:fail=no luck]");
    let status = emulator.run(&["--output", "json", "video", "status", &done, &failed]);
    assert_eq!(status.exit, 0, "{status:?}");
    let statuses: Vec<_> = objects(&status.stdout)
        .iter()
        .map(|object| object["status"].clone())
        .collect();
    assert_eq!(statuses, ["DONE", "FAIL"]);

    let wait = [
        "--output", "json", "video", "wait", &done, &failed, "unknown",
    ];
    let wait = emulator.run(&wait);
    assert_eq!(wait.exit, 7, "the failed task before the unknown one");
    let results = objects(&wait.stdout);
    assert_eq!(results[0]["task_id"], done);
    let errors: Vec<_> = objects(&wait.stderr)
        .into_iter()
        .filter(|object| object["schema"] == "mps.error/1")
        .map(|object| object["task_id"].clone())
        .collect();
    assert_eq!(errors, [json!("unknown"), json!(failed)]);

    let unknown = emulator.run(&["video", "status", &done, "unknown"]);
    assert_eq!(unknown.exit, 2, "{unknown:?}");
}

#[test]
fn ids_can_come_from_stdin() {
    let emulator = Emulator::start("0s");
    let ids = [create(&emulator, "a"), create(&emulator, "b")];
    let mut wait = emulator.mps(&["--output", "json", "video", "wait", "--out", ".", "-"]);
    let lines = format!("{}\n\n{}\r\n{}\n", ids[0], ids[1], ids[0]);
    let run = with_stdin(&mut wait, &lines);
    assert_eq!(run.exit, 0, "{run:?}");
    assert_eq!(objects(&run.stdout).len(), 2);
    let again = ids.clone();
    for id in ids {
        assert!(emulator.folder.path().join(format!("{id}.mp4")).exists());
    }
    // Also beside ids of the command line.
    let mut wait = emulator.mps(&["video", "wait", &again[0], "-", "unknown"]);
    let run = with_stdin(&mut wait, &again[1]);
    assert_eq!((run.exit, run.stdout.lines().count()), (2, 2), "{run:?}");
    let nothing = with_stdin(&mut emulator.mps(&["video", "wait", "-"]), "\n");
    assert_eq!(nothing.exit, 2, "{nothing:?}");
}

#[test]
fn the_status_of_several_tasks_names_each_of_them() {
    let emulator = Emulator::start("0s");
    let ids = [create(&emulator, "one"), create(&emulator, "two")];
    let run = with_stdin(
        &mut emulator.mps(&["video", "status", "-"]),
        &ids.join("\n"),
    );
    assert_eq!(run.exit, 0, "{run:?}");
    assert_eq!(run.stdout.lines().count(), 2, "{run:?}");
    for id in &ids {
        assert!(run.stdout.contains(&format!("{id}: ")), "{run:?}");
    }
    let run = emulator.run(&["video", "status", &ids[0]]);
    assert!(!run.stdout.contains(&format!("{}: ", ids[0])), "{run:?}");
}

#[test]
fn a_task_can_be_named_by_a_stored_handle_or_by_its_result() {
    let emulator = Emulator::start("0s");
    let create = ["--output", "json", "video", "create", "--prompt", "a"];
    let created = emulator.run(&create);
    let id = created.json()["task_id"].as_str().unwrap().to_owned();
    let result = created.stdout.trim_end();
    let json = format!(r#"{{"v":1,"family":"video","id":"{id}","model":"Kling"}}"#);
    let text = format!("mps1:video:{id}?model=Kling");
    for verb in ["status", "wait"] {
        let run = emulator.run(&["--output", "json", "video", verb, &text]);
        assert_eq!(
            (run.exit, &run.json()["task_id"]),
            (0, &json!(id)),
            "{run:?}"
        );
    }
    let lines = [result, &json, &text, &id].join("\n");
    let mut download = emulator.mps(&["--output", "json", "video", "download", "--out", ".", "-"]);
    let run = with_stdin(&mut download, &lines);
    assert_eq!(run.exit, 0, "{run:?}");
    assert_eq!(objects(&run.stdout).len(), 1, "one task in four forms");

    let other = emulator.run(&["image", "status", &text]);
    assert_eq!(other.exit, 2, "{other:?}");
    assert!(other.stderr.contains("mps video"), "{other:?}");
}

#[test]
fn results_of_several_tasks_need_a_directory() {
    let emulator = Emulator::start("0s");
    for out in ["a.mp4", "-", "{index}.{ext}", "a{{task_id}}.mp4"] {
        let run = emulator.run(&["video", "download", "--out", out, "1", "2"]);
        assert_eq!(run.exit, 2, "{run:?}");
        assert!(run.stderr.contains("--out DIR"), "{run:?}");
    }
    assert_eq!(emulator.requests().len(), 0);
}

#[test]
fn media_on_stdout_is_alone_there_and_the_result_is_the_last_line_of_stderr() {
    let emulator = Emulator::start("0s");
    let id = create(&emulator, "a cat");
    let saved = emulator.run(&[
        "--output", "json", "video", "download", "--out", "a.mp4", &id,
    ]);
    let media = std::fs::read(emulator.folder.path().join("a.mp4")).unwrap();
    for arguments in [
        &["video", "download", "--out", "-", &id][..],
        &["video", "wait", "--out", "-", &id],
    ] {
        let output = bounded::output(&mut emulator.mps(arguments)).unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{stderr}");
        assert!(output.stdout == media, "{arguments:?}");
        let result: Value = serde_json::from_str(stderr.lines().last().unwrap()).unwrap();
        assert_eq!(result["schema"], "mps.video/1");
        assert_eq!(
            result["files"][0]["sha256"],
            saved.json()["files"][0]["sha256"]
        );
        assert_eq!(result["files"][0]["kind"], "video");
    }

    let two = [
        "image", "create", "--model", "Hunyuan", "--prompt", "a", "--count", "2",
    ];
    let two = emulator.run(&two);
    let two = two.stdout.trim_end();
    let run = emulator.run(&["image", "wait", "--out", "-", two]);
    assert_eq!((run.exit, run.stdout.as_str()), (2, ""), "{run:?}");
}

#[test]
fn the_timeout_bounds_wait_and_download_together() {
    let emulator = Emulator::start("0s");
    emulator.add_fault(&json!({"kind": "drip", "pieces": 1000, "action": "download"}));
    let create = ["--output", "json", "video", "create", "--prompt", "a"];
    let run = emulator.run(&[&create[..], &["--out", "a.mp4", "--timeout", "10s"]].concat());
    let error = run.error();
    assert_eq!((run.exit, &error["created"]), (10, &json!(true)), "{run:?}");
    let resume = error["resume"].as_array().unwrap();
    assert!(resume.contains(&json!("download")), "{run:?}");
}

#[test]
fn events_are_objects_with_the_task_and_the_time() {
    let emulator = Emulator::start("0s");
    let create = [
        "--output", "json", "-vv", "video", "create", "--prompt", "a", "--out", "a.mp4",
    ];
    let run = emulator.run(&create);
    assert_eq!(run.exit, 0, "{run:?}");
    let lines = objects(&run.stderr);
    let events: Vec<_> = lines
        .iter()
        .filter(|line| line["schema"] == "mps.event/1")
        .collect();
    let id = &run.json()["task_id"];
    for name in ["created", "status", "download", "saved"] {
        let event = events.iter().find(|event| event["event"] == name);
        let event = event.unwrap_or_else(|| panic!("{name}: {run:?}"));
        assert_eq!(&event["task_id"], id);
        assert!(event["elapsed_ms"].is_u64());
    }
    let log = lines.iter().find(|line| line["schema"] == "mps.log/1");
    assert!(log.is_some_and(|log| log["message"].is_string()), "{run:?}");
    let first = |line: &str| line.starts_with(r#"{"schema":"#);
    assert!(run.stderr.lines().all(first), "{run:?}");
    let known = ["mps.event/1", "mps.log/1"].map(Value::from);
    assert!(lines.iter().all(|line| known.contains(&line["schema"])));
}

#[test]
fn each_error_of_several_tasks_names_its_task_in_the_order_of_the_command_line() {
    let emulator = Emulator::start("0s");
    let ids = ["unknown-1", "unknown-2", "unknown-3"];
    for verb in ["status", "wait"] {
        let run = emulator.run(&[&["video", verb][..], &ids].concat());
        assert_eq!(run.exit, 2, "{run:?}");
        let lines = run.stderr.lines();
        let errors: Vec<_> = lines.filter(|line| line.starts_with("error: ")).collect();
        assert_eq!(errors.len(), ids.len(), "{run:?}");
        for (error, id) in errors.iter().zip(ids) {
            assert!(error.starts_with(&format!("error: task {id}: ")), "{run:?}");
        }
    }
}

#[test]
fn an_empty_id_is_refused_before_anything_is_sent() {
    let emulator = Emulator::start("0s");
    let run = emulator.run(&["video", "wait", ""]);
    assert_eq!(run.exit, 2, "{run:?}");
    assert_eq!(emulator.requests().len(), 0);
}

#[test]
fn an_unknown_status_and_an_unknown_kind_of_file_are_warnings() {
    let emulator = Emulator::start("0s");
    emulator.add_fault(&json!({"kind": "unknown_status", "times": 2}));
    let create = ["video", "create", "--prompt", "a", "--wait"];
    let run = emulator.run(&create);
    assert_eq!(run.exit, 0, "{run:?}");
    let warnings = run.stderr.matches("this version does not know").count();
    assert_eq!(warnings, 1, "{run:?}");

    let hostile = Hostile::answering(Texts {
        urls: vec!["/a.mp4".to_owned()],
        content: b"\x01\x02 neither a video nor text".to_vec(),
        ..Texts::default()
    });
    let download = ["video", "download", "--out", "a.mp4", "1"];
    let output = bounded::output(&mut hostile.mps(&download)).unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert!(stderr.contains("a.mp4 is of no kind"), "{stderr}");
}
