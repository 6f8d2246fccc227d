//! Signals in every phase of a command, each checked against the bill.

use std::{
    fs,
    process::{Child, Command, Stdio},
    thread,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::{
    bounded,
    phases::{CREATE, Lines, PHASES, Phase, catches_signals},
    redaction,
    support::{Emulator, Run, accept_from, eventually, make_pipe, mps, spawn},
};

fn send(process: &Child, signal: Signal) {
    kill_process(Pid::from_child(process), signal).unwrap();
}

/// Returns the command with SIGHUP at its default, also where the tests themselves run under
/// `nohup`: the program leaves an ignored SIGHUP ignored.
fn with_default_hang_up(command: Command) -> Command {
    if !ignores_hang_up() {
        return command;
    }
    let mut reset = Command::new("env");
    reset
        .arg("--default-signal=HUP")
        .arg(command.get_program())
        .args(command.get_args())
        .env_clear()
        .envs(
            command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .stdin(Stdio::null());
    if let Some(folder) = command.get_current_dir() {
        reset.current_dir(folder);
    }
    reset
}

fn ignores_hang_up() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & 1 != 0)
}

/// One command that is in a phase.
struct Stuck {
    emulator: Emulator,
    command: Command,
    process: Child,
    stderr: Lines,
    billed_before: u64,
    _obstacle: Option<fs::File>,
}

impl Stuck {
    fn in_phase(phase: Phase) -> Self {
        Self::with(phase, phase.emulator(), &Phase::arguments())
    }

    fn with(phase: Phase, emulator: Emulator, arguments: &[&str]) -> Self {
        let obstacle = phase.obstacle(&emulator);
        let billed_before = emulator.creates();
        let mut command = with_default_hang_up(emulator.mps(arguments));
        let mut process = spawn(&mut command);
        let stderr = Lines::of(process.stderr.take().unwrap());
        phase.wait_for(&emulator, process.id(), &stderr);
        Self {
            emulator,
            command,
            process,
            stderr,
            billed_before,
            _obstacle: obstacle,
        }
    }

    /// Waits for the end of the command; returns its run and how many tasks it has paid for.
    fn end(self) -> (Run, u64) {
        let ended = Run::of(self.process);
        let run = Run {
            stderr: self.stderr.rest(),
            ..ended
        };
        redaction::check(&self.command, &run);
        (run, self.emulator.creates() - self.billed_before)
    }
}

const SIGNALS: [(Signal, &str, i32); 3] = [
    (Signal::INT, "SIGINT", 130),
    (Signal::TERM, "SIGTERM", 143),
    (Signal::HUP, "SIGHUP", 129),
];

#[test]
fn one_signal_ends_every_phase_with_its_code_and_loses_no_task() {
    thread::scope(|scope| {
        for phase in PHASES {
            scope.spawn(move || {
                for (signal, name, code) in SIGNALS {
                    let stuck = Stuck::in_phase(phase);
                    send(&stuck.process, signal);
                    if phase == Phase::CreateInFlight {
                        stuck.stderr.wait_for(&format!(
                            "{name}: a create is on the wire; waiting up to 60 s for its answer"
                        ));
                        stuck.emulator.clear_faults();
                    }
                    let (run, billed) = stuck.end();
                    check_end(phase, &run, code, billed);
                }
            });
        }
    });
}

fn check_end(phase: Phase, run: &Run, code: i32, billed: u64) {
    let context = format!("{phase:?}: {run:?}");
    assert_eq!((run.exit, billed), (code, phase.billed()), "{context}");
    if billed == 0 {
        let hint = "hint: nothing was created by this command";
        assert!(run.stderr.contains(hint), "{context}");
        return;
    }
    let verb = match phase {
        Phase::Download => "download",
        _ => "wait",
    };
    let resume = format!(" video {verb} --out cat.mp4 -- ");
    let id = run.stderr.rsplit_once(&resume).map(|(_, id)| id);
    assert!(id.is_some(), "{context}");
    let id = id.unwrap();
    assert!(id.contains("AigcVideo"), "{context}");
    if phase == Phase::CreateInFlight {
        assert_eq!(run.stdout.trim_end(), id, "the receipt: {context}");
    }
}

#[test]
fn a_second_signal_leaves_a_create_on_the_wire_in_doubt() {
    for (signal, name, _) in SIGNALS {
        let stuck = Stuck::in_phase(Phase::CreateInFlight);
        send(&stuck.process, signal);
        stuck.stderr.wait_for("a create is on the wire");
        send(&stuck.process, signal);
        let (run, billed) = stuck.end();
        assert_eq!((run.exit, billed), (9, 1), "{run:?}");
        for part in [
            &format!("error: {name} while the create was on the wire"),
            "the create may have been executed and billed:",
            "request id   none came",
            ": no answer\n",
            "next steps:\n  1. ",
            "video wait -- TASK_ID",
        ] {
            assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
        }
    }
}

#[test]
fn two_signals_in_a_row_end_every_other_phase_like_one() {
    for phase in [Phase::PermitQueue, Phase::RetryPause, Phase::Wait] {
        let stuck = Stuck::in_phase(phase);
        send(&stuck.process, Signal::INT);
        // The process may be gone already.
        let _gone = kill_process(Pid::from_child(&stuck.process), Signal::INT);
        let (run, billed) = stuck.end();
        assert_eq!((run.exit, billed), (130, phase.billed()), "{run:?}");
    }
}

#[test]
fn a_call_that_creates_is_finished_like_any_create() {
    let emulator = Phase::CreateInFlight.emulator();
    let call = ["call", CREATE, "--json", r#"{"Prompt":"a cat"}"#];
    let stuck = Stuck::with(Phase::CreateInFlight, emulator, &call);
    send(&stuck.process, Signal::TERM);
    stuck.stderr.wait_for("SIGTERM: a create is on the wire");
    stuck.emulator.clear_faults();
    let (run, billed) = stuck.end();
    assert_eq!((run.exit, billed), (143, 1), "{run:?}");
    let answer: Value = serde_json::from_str(&run.stdout).unwrap();
    let id = answer["TaskId"].as_str().unwrap();
    let resume = format!("video wait -- {id}");
    assert!(run.stderr.ends_with(&resume), "{run:?}");
}

#[test]
fn status_wait_and_download_stop_at_once() {
    let emulator = Emulator::start("1h");
    let created = emulator.run(&["video", "create", "--prompt", "a"]);
    let id = created.stdout.trim_end();
    emulator.add_fault(&json!({"kind": "delay", "delay": "1h", "action": "DescribeAigcVideoTask"}));
    for arguments in [
        &["video", "status", id][..],
        &["video", "wait", id],
        &["video", "download", "--out", "a.mp4", id],
    ] {
        let mut command = emulator.mps(arguments);
        let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
        let stderr = Lines::of(process.stderr.take().unwrap());
        eventually(|| catches_signals(process.id()));
        send(&process, Signal::TERM);
        let end = bounded::wait(&mut process).unwrap();
        assert_eq!(end.code(), Some(143), "{arguments:?}");
        drop(stderr);
    }
}

/// A command that waits for its input is blocked in a read.
#[test]
fn a_command_that_is_blocked_in_a_read_stops() {
    let emulator = Emulator::start("1h");
    let fifo = emulator.folder.path().join("fifo");
    make_pipe(&fifo);
    let request = ["video", "create", "--request", "fifo"];
    let mut command = emulator.mps(&request);
    let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
    let stderr = Lines::of(process.stderr.take().unwrap());
    eventually(|| catches_signals(process.id()));
    send(&process, Signal::TERM);
    let end = bounded::wait(&mut process).unwrap();
    assert_eq!(end.code(), Some(143));
    let stderr = stderr.rest();
    assert!(stderr.contains("nothing was created"), "{stderr}");
    assert_eq!(emulator.creates(), 0);
}

/// `nohup mps ...` continues when its terminal is closed.
#[cfg(target_os = "linux")]
#[test]
fn an_ignored_sighup_stays_ignored() {
    let emulator = Emulator::start("1h");
    let mps = emulator.mps(&["video", "create", "--prompt", "a cat", "--wait"]);
    let mut command = Command::new("sh");
    command
        .args(["-c", r#"trap '' HUP; exec "$0" "$@""#])
        .arg(mps.get_program())
        .args(mps.get_args())
        .envs(
            mps.get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .current_dir(emulator.folder.path());
    let mut process = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stderr = Lines::of(process.stderr.take().unwrap());
    stderr.wait_for(": RUN");
    send(&process, Signal::HUP);
    send(&process, Signal::TERM);
    let end = bounded::wait(&mut process).unwrap();
    assert_eq!(end.code(), Some(143));
}

/// No byte of a create leaves before its connection is established, which can take long.
#[test]
fn a_signal_while_a_connection_is_made_sends_nothing_and_says_so() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("https://{}", silent.local_addr().unwrap());
    let folder = tempfile::tempdir().unwrap();
    for (signal, _, code) in SIGNALS {
        for form in [
            &["video", "create", "--prompt", "a"][..],
            &["call", "CreateAigcImageTask", "--json={\"Prompt\":\"a\"}"],
        ] {
            let mut command = mps(folder.path());
            let keys = [
                ("TENCENTCLOUD_SECRET_ID", "AKIDEXAMPLE"),
                ("TENCENTCLOUD_SECRET_KEY", "k3yk3yk3y"),
            ];
            command
                .args(["--endpoint", &endpoint])
                .args(form)
                .envs(keys);
            let mut command = with_default_hang_up(command);
            let mut process = spawn(&mut command);
            // It stays without an answer until the end of the process.
            let _handshake = accept_from(&silent, &mut process);
            send(&process, signal);
            let run = Run::of(process);
            assert_eq!(run.exit, code, "{run:?}");
            assert!(run.stderr.contains("nothing was created"), "{run:?}");
            assert!(!run.stderr.contains("on the wire"), "{run:?}");
        }
    }
}
