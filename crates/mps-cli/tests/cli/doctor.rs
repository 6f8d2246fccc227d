//! `mps doctor`: each finding with its fix, and the exit code of the worst one.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Emulator, Run, mps, run};

/// Returns the check with this name.
fn check(run: &Run, name: &str) -> Value {
    let diagnosis = run.json();
    let checks = diagnosis["checks"].as_array().unwrap();
    let found = checks.iter().find(|check| check["name"] == name);
    assert!(found.is_some(), "{name}: {diagnosis}");
    found.unwrap().clone()
}

fn doctor(emulator: &Emulator, arguments: &[&str]) -> Run {
    emulator.record(&[arguments, &["doctor"]].concat())
}

#[test]
fn all_is_well_with_a_running_emulator_and_nothing_is_billed() {
    let emulator = Emulator::start("0s");
    let run = doctor(&emulator, &[]);
    assert_eq!(run.exit, 0, "{run:?}");
    assert_eq!(run.json()["ok"], true);
    for name in [
        "credentials",
        "clock",
        "endpoint",
        "site",
        "limiter",
        "ledger",
        "space",
        "proxy",
        "config",
    ] {
        let check = check(&run, name);
        assert!(check["message"].is_string(), "{check}");
        assert!(check["state"] != "error", "{check}");
    }
    assert_eq!(emulator.creates(), 0);
    let human = emulator.run(&["doctor"]);
    assert_eq!((human.exit, human.stderr.as_str()), (0, ""), "{human:?}");
    assert!(human.stdout.starts_with("ok "), "{human:?}");
}

#[test]
fn a_key_that_is_refused_is_exit_3() {
    let emulator = Emulator::start("0s");
    let mut command = emulator.recorded(&["--output", "json", "doctor"]);
    let run = run(command.env("TENCENTCLOUD_SECRET_KEY", "wrong"));
    assert_eq!(run.exit, 3, "{run:?}");
    let check = check(&run, "credentials");
    assert_eq!(
        (&check["state"], &check["exit"]),
        (&json!("error"), &json!(3))
    );
    assert!(check["fix"].is_string(), "{check}");
    let error = run.error();
    assert_eq!(error["kind"], "doctor", "{error}");
}

#[test]
fn missing_credentials_are_exit_3_and_the_endpoint_is_still_looked_at() {
    let emulator = Emulator::start("0s");
    let folder = tempfile::tempdir().unwrap();
    let mut command = mps(folder.path());
    command.args([
        "--output",
        "json",
        "--endpoint",
        &emulator.endpoint,
        "doctor",
    ]);
    let run = run(&mut command);
    assert_eq!(run.exit, 3, "{run:?}");
    assert_eq!(check(&run, "credentials")["state"], "error");
    assert_eq!(check(&run, "endpoint")["state"], "ok");
}

#[test]
fn an_endpoint_that_is_not_there_is_exit_6() {
    let emulator = Emulator::start("0s");
    let endpoint = emulator.endpoint.clone();
    let mut command = emulator.recorded(&["--output", "json", "doctor"]);
    let _folder = emulator.kill();
    let run = run(&mut command);
    assert_eq!(run.exit, 6, "{run:?}");
    let check = check(&run, "endpoint");
    assert_eq!(check["exit"], 6, "{check}");
    let host = endpoint.strip_prefix("http://").unwrap();
    assert!(
        check["message"].as_str().unwrap().starts_with(host),
        "{check}"
    );
    assert!(
        check["fix"].as_str().unwrap().contains("mps emulator"),
        "{check}"
    );
}

#[test]
fn a_broken_config_file_and_a_wrong_site_are_exit_2() {
    let emulator = Emulator::start("0s");
    let file = emulator.folder.path().join(".config/mps/config.toml");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, "siet = 1").unwrap();
    let run = doctor(&emulator, &[]);
    assert_eq!(run.exit, 2, "{run:?}");
    assert_eq!(check(&run, "config")["exit"], 2);
    assert_eq!(check(&run, "credentials")["state"], "ok");
}

#[test]
fn doubtful_creates_and_several_keys_are_warned_of() {
    let emulator = Emulator::start("0s");
    emulator.add_fault(&json!({"kind": "reply_lost", "times": 1}));
    let ledger = emulator.folder.path().join("all.db");
    let ledger = ledger.to_str().unwrap();
    let create = ["--ledger", ledger, "video", "create", "--prompt", "a"];
    assert_eq!(emulator.record(&create).exit, 9);
    let run = doctor(&emulator, &["--ledger", ledger]);
    assert_eq!(run.exit, 0, "{run:?}");
    let check = check(&run, "ledger");
    assert_eq!(check["state"], "warning", "{check}");
    assert_eq!(check["fix"], "look at them: mps tasks --in-doubt");
}
