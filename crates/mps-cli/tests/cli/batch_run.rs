//! `mps batch run`.

use std::{fs, path::Path};

use serde_json::json;

use crate::{
    batch_support::{
        Running, batch, checked, counts, creates, events, line, manifest, run_batch, videos, write,
    },
    support::{Emulator, run},
};

#[test]
fn a_file_of_prompts_becomes_a_folder_of_videos_and_is_paid_once() {
    let emulator = Emulator::start("0s");
    manifest(&emulator, "foxes.jsonl", 1..=12);
    let clips = emulator.folder.path().join("clips");
    for _ in 0..2 {
        let run = run_batch(&emulator, "foxes.jsonl", &["--sidecar"]);
        assert_eq!(run.exit, 0, "{run:?}");
        assert_eq!(counts(&run, ["rows", "fetched", "seconds"]), [12, 12, 60]);
        assert_eq!(run.json()["name"], "foxes");
        assert_eq!(creates(&emulator), [12, 0]);
        assert_eq!(videos(&clips).len(), 12);
    }
    let sidecar = fs::read_to_string(clips.join("row-3.mp4.json")).unwrap();
    let sidecar: serde_json::Value = serde_json::from_str(&sidecar).unwrap();
    assert_eq!(sidecar["key"], "row-3");
}

#[test]
fn each_step_of_a_row_is_an_event() {
    let emulator = Emulator::start("0s");
    manifest(&emulator, "foxes.jsonl", 1..=2);
    let run = run_batch(&emulator, "foxes.jsonl", &[]);
    for (name, count) in [("validated", 1), ("created", 2), ("saved", 2)] {
        assert_eq!(events(&run, name).len(), count, "{name}: {run:?}");
    }
    let saved = events(&run, "saved");
    assert!(saved[0]["key"].as_str().unwrap().starts_with("row-"));
    assert!(saved[0]["task_id"].is_string() && saved[0]["files"][0].is_string());
}

#[test]
fn people_get_a_summary_and_the_reasons_of_failures() {
    let emulator = Emulator::start("0s");
    let lines = [line(1, ""), line(2, "[emulator:fail]")];
    write(&emulator, "foxes.jsonl", &lines);
    let arguments = ["batch", "run", "foxes.jsonl", "--out", "clips"];
    let run = checked(run(&mut emulator.recorded(&arguments)));
    assert_eq!(run.exit, 11, "{run:?}");
    assert!(run.stdout.starts_with("foxes: 1 of 2 fetched\n"), "{run:?}");
    for part in [
        "row-2: failed: ",
        "error: 1 of 2 rows of batch foxes is not fetched (1 failed)",
        "batch retry --name foxes",
    ] {
        assert!(run.stderr.contains(part), "{part}: {run:?}");
    }
}

#[test]
fn a_manifest_with_mistakes_is_refused_as_a_whole() {
    let emulator = Emulator::start("0s");
    let lines = [line(1, ""), line(2, ""), line(1, ""), "{broken".to_owned()];
    write(&emulator, "foxes.jsonl", &lines);
    let run = run_batch(&emulator, "foxes.jsonl", &[]);
    assert_eq!(run.exit, 2, "{run:?}");
    let findings = events(&run, "finding");
    assert_eq!(findings.len(), 2, "{run:?}");
    assert_eq!(creates(&emulator), [0, 0]);
    assert!(!emulator.folder.path().join("clips").exists());
    let status = batch(&emulator, &["status"]);
    assert_eq!(status.exit, 2, "no batch: {status:?}");
}

#[test]
fn names_that_collide_are_refused_with_both_lines_before_anything_starts() {
    let emulator = Emulator::start("0s");
    for (one, other) in [
        ("Fox.mp4", "fox.mp4"),
        ("caf\u{e9}.mp4", "cafe\u{301}.mp4"),
        ("row-1.{ext}", "row-1.mp4"),
        ("x.mp4", "x.mp4.json"),
    ] {
        let row = |nth, out: &str| line(nth, "").replacen('{', &format!(r#"{{"out":"{out}","#), 1);
        write(
            &emulator,
            "foxes.jsonl",
            &[row(1, one), line(2, ""), row(3, other)],
        );
        let run = run_batch(&emulator, "foxes.jsonl", &["--sidecar"]);
        assert_eq!(run.exit, 2, "{one} {other}: {run:?}");
        let findings = events(&run, "finding");
        let [finding] = findings.as_slice() else {
            panic!("{one} {other}: {run:?}");
        };
        assert_eq!(finding["finding"]["line"], 3, "{run:?}");
        let message = finding["finding"]["message"].as_str().unwrap();
        assert!(message.contains("line 1"), "{message}");
    }
    assert_eq!(creates(&emulator), [0, 0]);
    assert!(!emulator.folder.path().join("clips").exists());
}

#[test]
fn changed_rows_are_named_and_nothing_is_started() {
    let emulator = Emulator::start("0s");
    manifest(&emulator, "foxes.jsonl", 1..=2);
    assert_eq!(run_batch(&emulator, "foxes.jsonl", &[]).exit, 0);
    let lines = [line(1, ""), line(2, "at night"), line(3, "")];
    write(&emulator, "foxes.jsonl", &lines);
    let run = run_batch(&emulator, "foxes.jsonl", &[]);
    assert_eq!(run.exit, 2, "{run:?}");
    let message = run.error()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("line 2 (row-2)"), "{message}");
    assert_eq!(creates(&emulator), [2, 0]);

    let lines = [line(1, ""), line(2, ""), line(3, "")];
    write(&emulator, "foxes.jsonl", &lines);
    let run = run_batch(&emulator, "foxes.jsonl", &[]);
    assert_eq!((run.exit, counts(&run, ["fetched"])), (0, [3]), "{run:?}");
    assert_eq!(creates(&emulator), [3, 0]);
}

#[test]
fn a_name_that_another_file_has_asks_for_another_name() {
    let emulator = Emulator::start("0s");
    manifest(&emulator, "foxes.jsonl", 1..=1);
    assert_eq!(run_batch(&emulator, "foxes.jsonl", &[]).exit, 0);
    fs::create_dir(emulator.folder.path().join("other")).unwrap();
    manifest(&emulator, "other/foxes.jsonl", 2..=2);
    let run = run_batch(&emulator, "other/foxes.jsonl", &[]);
    assert_eq!(run.exit, 2, "{run:?}");
    assert!(run.error()["hint"].as_str().unwrap().contains("--name"));
    assert_eq!(creates(&emulator), [1, 0]);
    for (name, rows) in [("foxes", 2), ("owls", 1)] {
        let run = run_batch(&emulator, "other/foxes.jsonl", &["--name", name]);
        assert_eq!((run.exit, counts(&run, ["rows"])), (0, [rows]), "{run:?}");
    }
    assert_eq!(creates(&emulator), [3, 1], "another name is another bill");
}

#[test]
fn a_cap_below_one_row_is_refused_and_one_that_is_reached_stops_the_starts() {
    let emulator = Emulator::start("0s");
    manifest(&emulator, "foxes.jsonl", 1..=5);
    let run = run_batch(&emulator, "foxes.jsonl", &["--max-seconds", "4"]);
    assert_eq!((run.exit, creates(&emulator)), (12, [0, 0]), "{run:?}");
    assert!(
        run.error()["message"]
            .as_str()
            .unwrap()
            .contains("line 1 (row-1)")
    );

    let run = run_batch(&emulator, "foxes.jsonl", &["--max-seconds", "14"]);
    assert_eq!((run.exit, creates(&emulator)), (11, [2, 0]), "{run:?}");
    assert_eq!(
        counts(&run, ["fetched", "planned", "cap_seconds"]),
        [2, 3, 14]
    );
    assert_eq!(run.error()["kind"], "cap_reached");
    let run = run_batch(&emulator, "foxes.jsonl", &["--max-seconds", "25"]);
    assert_eq!((run.exit, creates(&emulator)), (0, [5, 0]), "{run:?}");
}

#[test]
fn a_cap_on_money_needs_prices() {
    let emulator = Emulator::start("0s");
    manifest(&emulator, "foxes.jsonl", 1..=3);
    let run = run_batch(&emulator, "foxes.jsonl", &["--max-spend", "1"]);
    assert_eq!((run.exit, creates(&emulator)), (2, [0, 0]), "{run:?}");

    let prices = "date = \"2026-11-01\"\nsource = \"a list\"\ncurrency = \"USD\"\n\
                  [[price]]\nmodel = \"Kling\"\nper_second = \"0.10\"\n";
    fs::write(emulator.folder.path().join("prices.toml"), prices).unwrap();
    let capped = ["--prices", "prices.toml", "--max-spend", "1"];
    let run = run_batch(&emulator, "foxes.jsonl", &capped);
    assert_eq!((run.exit, creates(&emulator)), (11, [2, 0]), "{run:?}");
    let result = run.json();
    assert_eq!(
        (&result["spent"], &result["cap"]),
        (&json!("1"), &json!("1"))
    );
}

#[test]
fn a_batch_belongs_to_the_account_and_endpoint_of_its_first_run() {
    let (one, two) = (Emulator::start("0s"), Emulator::start("0s"));
    manifest(&one, "foxes.jsonl", 1..=1);
    let ledger = one.folder.path().join("foxes.db");
    let run_at = |emulator: &Emulator, arguments: &[&str]| {
        let mut command = emulator.recorded(&[&["--output", "json", "batch"], arguments].concat());
        command
            .current_dir(one.folder.path())
            .env("MPS_LEDGER", &ledger);
        run(&mut command)
    };
    let arguments = ["run", "foxes.jsonl", "--out", "clips"];
    assert_eq!(run_at(&one, &arguments).exit, 0);
    for other in [
        &arguments[..],
        &["rescue"],
        &["step", "foxes.jsonl", "--key", "row-1", "--out", "clips"],
    ] {
        let refused = run_at(&two, other);
        assert_eq!(refused.exit, 2, "{refused:?}");
        assert_eq!(refused.error()["kind"], "wrong_account", "{refused:?}");
    }
    assert_eq!(creates(&two), [0, 0]);
}

#[test]
fn a_folder_that_cannot_be_written_is_refused_before_anything_starts() {
    let emulator = Emulator::start("0s");
    manifest(&emulator, "foxes.jsonl", 1..=1);
    let file = emulator.folder.path().join("clips");
    fs::write(file, "not a folder").unwrap();
    let run = run_batch(&emulator, "foxes.jsonl", &[]);
    assert_eq!((run.exit, creates(&emulator)), (2, [0, 0]), "{run:?}");
}

#[test]
fn a_batch_needs_a_ledger() {
    let emulator = Emulator::start("0s");
    manifest(&emulator, "foxes.jsonl", 1..=1);
    let run = emulator.run(&["batch", "run", "foxes.jsonl", "--out", "clips"]);
    assert_eq!((run.exit, creates(&emulator)), (2, [0, 0]), "{run:?}");
    assert!(run.stderr.contains("this needs a ledger"), "{run:?}");
}

#[test]
fn a_batch_runs_in_the_emulator_of_its_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("foxes.csv");
    fs::write(path, "id,ModelName,Prompt,Duration\nfox,Kling,a fox,5\n").unwrap();
    let mut command = crate::support::mps(folder.path());
    command.args(["--emulator", "batch", "run", "foxes.csv", "--out", "clips"]);
    let run = run(&mut command);
    assert_eq!(run.exit, 0, "{run:?}");
    assert_eq!(videos(&folder.path().join("clips")), ["fox.mp4"]);
    assert!(!Path::new(&folder.path().join(".local/state/mps/ledger.db")).exists());
}

#[test]
fn results_that_cannot_be_saved_are_named_at_once_and_saved_later() {
    let emulator = Emulator::start("0s");
    let row = json!({"id": "fox", "Prompt": "a fox", "Duration": 5, "out": "a/{key}.{ext}"});
    write(&emulator, "foxes.jsonl", &[row.to_string()]);
    let clips = emulator.folder.path().join("clips");
    fs::create_dir(&clips).unwrap();
    fs::write(clips.join("a"), "a file in the place of the folder").unwrap();
    let running = Running::start(&emulator, "foxes.jsonl");
    running.stderr.wait_for(r#""event":"unsaved""#);
    fs::remove_file(clips.join("a")).unwrap();
    let run = running.end();
    assert_eq!(run.exit, 0, "{run:?}");
    let unsaved = events(&run, "unsaved");
    assert_eq!(unsaved.len(), 1, "{run:?}");
    assert_eq!(unsaved[0]["key"], "fox");
    assert!(unsaved[0]["message"].is_string(), "{run:?}");
    assert!(clips.join("a/fox.mp4").exists());
    assert_eq!(creates(&emulator), [1, 0]);
}
