//! `mps emulator` and its flags.

use std::{
    fs,
    io::BufReader,
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use mps_core::clock::{Clock as _, SystemClock, timeout};
use serde_json::{Value, json};

use crate::{
    bounded::{self, Lines},
    support::{Emulator, Run, mps, output_of, post, run, signal, spawn},
};

#[test]
fn faults_limits_and_the_clock_are_set_by_flags() {
    let emulator = Emulator::with(
        tempfile::tempdir().unwrap(),
        &[
            "--fault",
            r#"{"kind":"reply_lost","times":1}"#,
            "--concurrency=7",
            "--rate-limit=token-bucket",
            "--clock-rate=60",
            "--freeze",
            "--permanent=AKIDFIRST:key",
            "--permanent=AKIDSECOND:key",
            "--log=requests.jsonl",
        ],
    );
    let state = emulator.control("state");
    assert_eq!(state["limits"]["concurrency"], 7);
    assert_eq!(state["limits"]["flavour"], "token-bucket");
    assert_eq!(state["accounts"], json!(["AKIDFIRST", "AKIDSECOND"]));
    let clock = emulator.control("clock");
    assert_eq!(
        (&clock["rate"], &clock["frozen"]),
        (&json!(60.0), &json!(true))
    );

    let create = emulator.run(&["video", "create", "--prompt", "a cat"]);
    assert_eq!(create.exit, 9, "{}", create.stderr);
    let bill = emulator.bill();
    assert_eq!(
        (&bill["creates"], &bill["duplicates"]),
        (&json!(1), &json!(0))
    );

    let log = log_file(&emulator);
    assert_eq!(log, emulator.requests());
    assert_eq!(
        (&log[0]["outcome"], &log[0]["fault"]),
        (&json!("executed"), &json!("reply_lost"))
    );
}

#[test]
fn the_state_file_survives_a_restart() {
    let flags = [
        "--state=state.json",
        "--log=requests.jsonl",
        "--queue-time=0s",
        "--render-time=0s",
    ];
    let quick = [&flags[..], &["--clock-rate=60"]].concat();
    let emulator = Emulator::with(tempfile::tempdir().unwrap(), &quick);
    let created = emulator.run(&["video", "create", "--prompt", "a cat", "--output", "json"]);
    let task_id = created.json()["task_id"].as_str().unwrap().to_owned();
    let (bill, keys) = (emulator.bill(), emulator.keys());

    let again = Emulator::with(emulator.stop(), &flags);
    assert_eq!(again.keys(), keys);
    assert_eq!(again.bill(), bill);
    assert_eq!(again.control("clock")["rate"], 60.0);
    let fetched = again.run(&["video", "download", &task_id, "--out", "cat.mp4"]);
    assert_eq!(fetched.exit, 0, "{}", fetched.stderr);
    assert_eq!(log_file(&again), again.requests(), "each is told of once");
    let downloads = again.control("requests")["downloads"].clone();
    assert_eq!(
        (&downloads[0]["action"], &downloads[0]["status"]),
        (&json!("download"), &json!(200))
    );
}

/// SIGTERM, which `kill`, containers and the test runners of other languages send.
#[test]
fn sigterm_stops_the_emulator_like_ctrl_c() {
    let flags = ["--state=state.json"];
    let emulator = Emulator::with(tempfile::tempdir().unwrap(), &flags);
    emulator.run(&["video", "create", "--prompt", "a cat"]);
    let bill = emulator.bill();
    let again = Emulator::with(emulator.stop_by("-TERM"), &flags);
    assert_eq!((&again.bill(), &bill["creates"]), (&bill, &json!(1)));
}

/// A program that starts it for its tests may look at nothing but the first line of stdout.
#[test]
fn a_client_that_reads_no_output_does_not_block_the_emulator() {
    let folder = tempfile::tempdir().unwrap();
    let (mut process, _stdout, endpoint) = started(folder.path(), &["--log=-"]);
    // A pipe buffers 64 KiB of them, some 500.
    for _ in 0..1_500 {
        post(&endpoint, "{}");
    }
    bounded::kill(&mut process).unwrap();
}

#[test]
#[cfg(target_os = "linux")]
fn an_unwritable_log_is_reported_once() {
    let folder = tempfile::tempdir().unwrap();
    let (mut process, _stdout, endpoint) = started(folder.path(), &["--log=/dev/full"]);
    for _ in 0..3 {
        post(&endpoint, "{}");
    }
    process.kill().unwrap();
    let said = output_of(process).stderr;
    let said = String::from_utf8(said).unwrap();
    let told = said.matches("error: cannot write to /dev/full: ").count();
    assert_eq!(told, 1, "{said}");
}

#[test]
fn a_state_that_cannot_be_saved_at_the_end_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("place");
    fs::create_dir(&place).unwrap();
    let flags = ["--quiet", "--state=place/state.json"];
    let (process, _stdout, _endpoint) = started(folder.path(), &flags);
    fs::remove_dir_all(&place).unwrap();
    signal(&process, "-INT");
    let run = Run::of(process);
    assert_eq!(run.exit, 1, "{run:?}");
    let error = "error: the state could not be saved: ";
    assert!(run.stderr.contains(error), "{run:?}");
}

/// An emulator of whose streams only the first line of stdout was read, and its endpoint.
fn started(folder: &Path, flags: &[&str]) -> (Child, BufReader<ChildStdout>, String) {
    let mut process = spawn(mps(folder).arg("emulator").args(flags));
    let stdout = BufReader::new(process.stdout.take().unwrap());
    let (line, stdout) = bounded::read_line(stdout).unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    let endpoint = ready["endpoint"].as_str().unwrap().to_owned();
    (process, stdout, endpoint)
}

/// Returns the lines of `--log=requests.jsonl`.
fn log_file(emulator: &Emulator) -> Vec<Value> {
    let log = fs::read_to_string(emulator.folder.path().join("requests.jsonl")).unwrap();
    log.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test]
async fn saved_tasks_survive_a_kill() {
    let flags = ["--state=state.json", "--queue-time=0s", "--render-time=0s"];
    let emulator = Emulator::with(tempfile::tempdir().unwrap(), &flags);
    let created = emulator.run(&["video", "create", "--prompt", "a cat", "--output", "json"]);
    let task_id = created.json()["task_id"].as_str().unwrap().to_owned();
    let (bill, keys) = (emulator.bill(), emulator.keys());
    wait_for(&task_id, &emulator.folder.path().join("state.json")).await;

    let folder = emulator.kill();
    let left = |name: &str| folder.path().join(name).exists();
    assert_eq!(
        left("state.json.lock"),
        cfg!(unix),
        "and still it stops nobody"
    );
    let again = Emulator::with(folder, &flags);
    assert_eq!(again.keys(), keys);
    assert_eq!(
        (
            &again.bill(),
            &bill["creates"],
            &bill["items"][0]["task_id"]
        ),
        (&bill, &json!(1), &json!(task_id))
    );
    let tasks = again.control("tasks");
    assert_eq!(tasks["tasks"][0]["task_id"], task_id);
    let fetched = again.run(&["video", "download", &task_id, "--out", "cat.mp4"]);
    assert_eq!(fetched.exit, 0, "{}", fetched.stderr);
}

#[test]
fn a_second_emulator_on_the_same_state_file_does_not_start() {
    let flags = ["--state=state.json"];
    let emulator = Emulator::with(tempfile::tempdir().unwrap(), &flags);
    let whole = emulator.folder.path().join("state.json");
    for name in ["state.json", "./state.json", whole.to_str().unwrap()] {
        let mut second = mps(emulator.folder.path());
        let second = run(second.args(["emulator", "--state", name]));
        assert_eq!((second.exit, second.stdout.as_str()), (2, ""), "{second:?}");
        let says = format!("another emulator keeps its state in {name}; stop it");
        assert!(second.stderr.contains(&says), "{}", second.stderr);
    }
    let folder = emulator.stop();
    let left = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 1, "the state alone");
    drop(Emulator::with(folder, &flags));
}

/// Waits until a file contains a text. An emulator saves a moment after a change.
async fn wait_for(text: &str, file: &Path) {
    let clock = SystemClock::new();
    let written = async {
        while !fs::read_to_string(file).is_ok_and(|state| state.contains(text)) {
            clock.sleep(Duration::from_millis(10)).await;
        }
    };
    let in_time = timeout(&clock, Duration::from_secs(60), written).await;
    assert!(in_time.is_some(), "{} was not saved", file.display());
}

/// The lines of the banner, run as they stand.
#[test]
fn the_commands_of_the_banner_work_in_another_shell() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = mps(folder.path())
        .args(["emulator", "--queue-time=0s", "--render-time=0s"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = Lines::of(process.stderr.take().unwrap());
    let lines = std::iter::repeat_with(|| lines.line().unwrap());
    let banner: Vec<String> = lines.take_while(|line| !line.contains("Ctrl-C")).collect();
    let starting = |word| {
        let lines = banner.iter().map(|line| line.trim());
        lines
            .filter(|line| line.starts_with(word))
            .collect::<Vec<_>>()
    };
    let command = starting("mps");
    let script = [starting("export"), command[..1].to_vec()].concat();

    let program = Path::new(env!("CARGO_BIN_EXE_mps")).parent().unwrap();
    let mut shell = Command::new("/bin/sh");
    shell
        .args(["-ec", &script.join("\n")])
        .current_dir(folder.path())
        .env_clear()
        .env("HOME", folder.path())
        .env("MPS_LIMITER", "process")
        .env("PATH", program);
    let made = run(&mut shell);
    bounded::kill(&mut process).unwrap();
    assert_eq!(made.exit, 0, "{}", made.stderr);
    assert!(folder.path().join("cat.mp4").exists());
    for sdk in ["Python:", "Node.js:", "Go:"] {
        assert!(!starting(sdk).is_empty(), "{banner:?}");
    }
}

#[test]
fn an_invalid_flag_is_refused_with_its_bound() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("half.json"), r#"{"schema":"mps.emul"#).unwrap();
    for (flag, part) in [
        ("--fault={\"kind\":\"drop\"}", "known: refuse"),
        ("--fault=drop", "expected"),
        ("--clock-rate=0", "at most 100000"),
        ("--permanent=AKID", "ID:KEY"),
        ("--rate-limit=loose", "sliding-window"),
        ("--state=half.json", "half.json"),
        ("--state=.", "directory"),
        ("--log=no/such/folder", "cannot write to no/such/folder"),
        ("--listen=0.0.0.0:0", "--allow-host NAME"),
        ("--allow-host=http://emulator.example", "without scheme"),
    ] {
        let run = run(mps(folder.path()).args(["emulator", flag]));
        assert_eq!(run.exit, 2, "{flag}: {}", run.stderr);
        assert!(run.stderr.contains(part), "{flag}: {}", run.stderr);
    }
    let kept = fs::read_to_string(folder.path().join("half.json")).unwrap();
    assert_eq!(kept, r#"{"schema":"mps.emul"#);
}

/// Returns the first line of an emulator with these flags, and its process.
fn ready(folder: &Path, flags: &[&str]) -> (Value, Child) {
    let mut process = mps(folder)
        .args(["emulator", "--quiet"])
        .args(flags)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let line = Lines::of(process.stdout.take().unwrap()).line().unwrap();
    (serde_json::from_str(&line).unwrap(), process)
}

#[test]
fn the_first_line_names_the_authority_whose_file_ends_with_the_emulator() {
    let folder = tempfile::tempdir().unwrap();
    let (line, mut process) = ready(folder.path(), &["--tls"]);
    assert!(line["endpoint"].as_str().unwrap().starts_with("https://"));
    let ca_file = Path::new(line["ca_file"].as_str().unwrap()).to_owned();
    assert!(ca_file.exists() && line.get("token").is_none());
    let pid = rustix::process::Pid::from_child(&process);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    bounded::wait(&mut process).unwrap();
    assert!(!ca_file.exists());
}

#[test]
fn the_first_line_has_a_token_where_other_machines_can_call() {
    let folder = tempfile::tempdir().unwrap();
    let flags = ["--listen=0.0.0.0:0", "--allow-host=emulator.example"];
    let (line, mut process) = ready(folder.path(), &flags);
    bounded::kill(&mut process).unwrap();
    let endpoint = line["endpoint"].as_str().unwrap();
    assert!(
        endpoint.starts_with("http://emulator.example:"),
        "{endpoint}"
    );
    assert_eq!(line["token"].as_str().unwrap().len(), 32);
}
