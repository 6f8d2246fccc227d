//! `mps batch status`, `rescue`, `retry`, `export` and `step`.

use std::fs;

use serde_json::{Value, json};

use crate::{
    batch_support::{
        batch, checked, command, counts, creates, line, manifest, run_batch, videos, write,
    },
    bounded,
    support::{Emulator, eventually_or, run},
};

fn lose_reply(emulator: &Emulator) {
    emulator.add_fault(&json!({"kind": "reply_lost", "times": 1, "action": "CreateAigcVideoTask"}));
}

#[test]
fn the_status_has_the_counts_and_the_lines_that_resolve_doubts() {
    let emulator = Emulator::start("0s");
    manifest(&emulator, "foxes.jsonl", 1..=3);
    lose_reply(&emulator);
    let ended = run_batch(&emulator, "foxes.jsonl", &[]);
    assert_eq!(ended.exit, 11, "{ended:?}");
    let status = batch(&emulator, &["status"]);
    assert_eq!(status.exit, 0, "{status:?}");
    assert_eq!(
        counts(&status, ["rows", "fetched", "in_doubt", "seconds"]),
        [3, 2, 1, 15]
    );
    let doubt = status.json()["doubts"][0].clone();
    let key = doubt["key"].as_str().unwrap();
    assert!(key.starts_with("foxes/row-"), "{doubt}");
    let words = doubt["resolve"][2].as_array().unwrap();
    let words: Vec<_> = words
        .iter()
        .skip(3)
        .map(|word| word.as_str().unwrap())
        .collect();
    assert_eq!(words, ["resolve", "--abandon", "--", key]);
    let resolved = emulator.record(&words);
    assert_eq!(resolved.exit, 0, "{resolved:?}");
    let status = batch(&emulator, &["status", "--name", "foxes"]);
    assert_eq!(counts(&status, ["in_doubt", "abandoned"]), [0, 1]);
    assert!(status.json().get("doubts").is_none());
}

#[test]
fn an_unknown_batch_is_a_usage_error_that_names_the_known_ones() {
    let emulator = Emulator::start("0s");
    manifest(&emulator, "foxes.jsonl", 1..=1);
    run_batch(&emulator, "foxes.jsonl", &[]);
    for verb in ["status", "rescue", "retry", "export"] {
        let run = batch(&emulator, &[verb, "--name", "owls"]);
        assert_eq!(run.exit, 2, "{run:?}");
        assert!(
            run.error()["hint"].as_str().unwrap().contains("foxes"),
            "{run:?}"
        );
    }
}

#[test]
fn a_rescue_fetches_what_is_done_and_creates_nothing() {
    let emulator = Emulator::start("0s");
    manifest(&emulator, "foxes.jsonl", 1..=3);
    emulator.add_fault(&json!({"kind": "http", "status": 404, "action": "download"}));
    // Its results cannot be fetched: it is ended once its tasks are done.
    let mut process = command(&emulator, &["run", "foxes.jsonl", "--out", "clips"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    eventually_or(|| {
        let status = batch(&emulator, &["status"]);
        match status.exit {
            0 if counts(&status, ["done"]) == [3] => Ok(()),
            _ => Err(format!("{status:?}")),
        }
    });
    bounded::kill(&mut process).unwrap();
    emulator.clear_faults();
    let rescued = batch(&emulator, &["rescue"]);
    assert_eq!(rescued.exit, 0, "{rescued:?}");
    assert_eq!(counts(&rescued, ["fetched", "done"]), [3, 0]);
    assert_eq!(videos(&emulator.folder.path().join("clips")).len(), 3);
    assert_eq!(creates(&emulator), [3, 0]);
}

#[test]
fn a_retry_plans_failed_rows_and_others_only_by_their_id() {
    let emulator = Emulator::start("0s");
    let lines = [line(1, ""), line(2, "[emulator:fail]")];
    write(&emulator, "foxes.jsonl", &lines);
    assert_eq!(run_batch(&emulator, "foxes.jsonl", &[]).exit, 11);
    let retried = batch(&emulator, &["retry"]);
    assert_eq!(
        (retried.exit, &retried.json()["planned"]),
        (0, &json!(1)),
        "{retried:?}"
    );
    let next = retried.json()["next"].clone();
    let last = next.as_array().unwrap().last().unwrap().clone();
    assert!(last.as_str().unwrap().ends_with("/foxes.jsonl"), "{next}");
    assert_eq!(run_batch(&emulator, "foxes.jsonl", &[]).exit, 11);
    assert_eq!(creates(&emulator), [3, 1], "the failed row was sent twice");

    let refused = batch(&emulator, &["retry", "--id", "row-2", "--id", "row-1"]);
    assert_eq!(refused.exit, 2, "{refused:?}");
    assert!(
        refused.error()["message"]
            .as_str()
            .unwrap()
            .contains("row-1 is fetched")
    );
    let status = batch(&emulator, &["status"]);
    assert_eq!(
        counts(&status, ["failed", "planned"]),
        [1, 0],
        "all or none"
    );
    let retried = batch(&emulator, &["retry", "--id", "row-2"]);
    assert_eq!(retried.json()["planned"], 1, "{retried:?}");
}

#[test]
fn an_export_has_every_row_and_no_prompt_unless_it_is_asked_for() {
    let emulator = Emulator::start("0s");
    let lines = [line(1, ""), line(2, "[emulator:fail]")];
    write(&emulator, "foxes.jsonl", &lines);
    run_batch(&emulator, "foxes.jsonl", &[]);
    // A row whose file is gone keeps its name.
    fs::remove_file(emulator.folder.path().join("clips/row-1.mp4")).unwrap();
    let exported = batch(&emulator, &["export"]);
    let rows: Vec<Value> = exported
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let states: Vec<_> = rows
        .iter()
        .map(|row| row["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["fetched", "failed"], "{exported:?}");
    assert!(
        rows[0]["files"][0]["path"]
            .as_str()
            .unwrap()
            .ends_with("clips/row-1.mp4")
    );
    assert!(rows[0]["task_id"].is_string() && rows[0]["seconds"] == 5);

    let csv = batch(&emulator, &["export", "rows.csv"]);
    assert_eq!((csv.exit, csv.stdout.as_str()), (0, ""), "{csv:?}");
    let path = emulator.folder.path().join("rows.csv");
    let text = fs::read_to_string(&path).unwrap();
    assert!(
        text.starts_with("key,state,action,model,task_id,"),
        "{text}"
    );
    assert!(!text.contains("lighthouse"), "{text}");
    let again = batch(&emulator, &["export", "rows.csv"]);
    assert_eq!(again.exit, 2, "a file is not replaced: {again:?}");

    let mut with_request = command(&emulator, &["export", "--with-request"]);
    let exported = run(&mut with_request);
    let row: Value = serde_json::from_str(exported.stdout.lines().next().unwrap()).unwrap();
    assert!(
        row["request"]["Prompt"]
            .as_str()
            .unwrap()
            .contains("lighthouse")
    );
}

#[test]
fn an_export_without_a_file_ends_quietly_when_its_reader_does() {
    let emulator = Emulator::start("0s");
    manifest(&emulator, "foxes.jsonl", 1..=1);
    run_batch(&emulator, "foxes.jsonl", &[]);
    let mps = command(&emulator, &["export", "--format", "csv"]);
    let run = checked(run(mps_into_head(&mps).as_mut()));
    assert_eq!((run.exit, run.stderr.as_str()), (0, ""), "{run:?}");
}

/// Returns the command in a pipe whose reader takes nothing.
fn mps_into_head(mps: &std::process::Command) -> Box<std::process::Command> {
    let mut shell = std::process::Command::new("sh");
    shell
        .args([
            "-c",
            r#"{ "$0" "$@"; echo "$?" >&3; } 3>code | true; exit "$(cat code)""#,
        ])
        .arg(mps.get_program())
        .args(mps.get_args())
        .envs(
            mps.get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .current_dir(mps.get_current_dir().unwrap());
    Box::new(shell)
}

#[test]
fn a_step_is_repeated_until_the_row_is_saved_and_pays_once() {
    let emulator = Emulator::start("1s");
    let freeze = |is_frozen: bool| emulator.tell("clock", &json!({"freeze": is_frozen}));
    freeze(true);
    manifest(&emulator, "foxes.jsonl", 1..=2);
    let step = ["step", "foxes.jsonl", "--key", "row-2", "--out", "clips"];
    let first = batch(&emulator, &step);
    assert_eq!(first.exit, 5, "{first:?}");
    let task = first.json()["task_id"].clone();
    assert!(
        task.is_string() && first.error()["created"] == true,
        "{first:?}"
    );
    freeze(false);
    let saved = eventually_or(|| {
        let step = batch(&emulator, &step);
        match step.exit {
            0 => Ok(step),
            5 => Err(format!("{step:?}")),
            exit => panic!("{exit}: {step:?}"),
        }
    });
    assert_eq!(saved.json()["task_id"], task);
    assert_eq!(saved.json()["key"], "row-2");
    assert_eq!(videos(&emulator.folder.path().join("clips")), ["row-2.mp4"]);
    assert_eq!(creates(&emulator), [1, 0]);
    let run = run_batch(&emulator, "foxes.jsonl", &[]);
    assert_eq!((run.exit, creates(&emulator)), (0, [2, 0]), "{run:?}");
}

#[test]
fn a_step_ends_with_the_code_of_its_row() {
    let emulator = Emulator::start("0s");
    let lines = [line(1, "[emulator:fail]"), line(2, ""), line(3, "")];
    write(&emulator, "foxes.jsonl", &lines);
    let step = |key: &str| {
        batch(
            &emulator,
            &["step", "foxes.jsonl", "--key", key, "--out", "clips"],
        )
    };
    assert_eq!(step("row-9").exit, 2);
    let failed = eventually_or(|| match step("row-1") {
        step if step.exit == 5 => Err(format!("{step:?}")),
        step => Ok(step),
    });
    assert_eq!(failed.exit, 7, "{failed:?}");
    lose_reply(&emulator);
    for _ in 0..2 {
        let doubtful = step("row-2");
        assert_eq!(doubtful.exit, 9, "{doubtful:?}");
        assert!(
            doubtful.error()["doubt"]["next_steps"].is_array(),
            "{doubtful:?}"
        );
    }
    emulator.add_fault(
        &json!({"kind": "refuse", "code": "InvalidParameterValue", "action": "CreateAigcVideoTask"}),
    );
    let refused = step("row-3");
    assert_eq!(refused.exit, 2, "{refused:?}");
    assert_eq!(creates(&emulator), [2, 0]);
}
