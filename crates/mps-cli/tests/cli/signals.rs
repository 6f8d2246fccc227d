//! Signals in every phase of a command, each checked against the bill.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use rustix::{
    fs::{FlockOperation, flock},
    process::{Pid, Signal, kill_process},
};
use serde_json::{Value, json};

use crate::{
    redaction,
    support::{Emulator, Run, eventually},
};

/// The longest wait for an event of a process, far more than it needs.
const BOUND: Duration = Duration::from_secs(20);

/// A phase of a command, and what the test waits for to know that the command is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    PermitQueue,
    RetryPause,
    CreateInFlight,
    Wait,
    Download,
}

pub(crate) const PHASES: [Phase; 5] = [
    Phase::PermitQueue,
    Phase::RetryPause,
    Phase::CreateInFlight,
    Phase::Wait,
    Phase::Download,
];

impl Phase {
    /// Starts an emulator in which a create gets stuck in this phase.
    pub(crate) fn emulator(self) -> Emulator {
        let emulator = Emulator::start(if self == Self::Wait { "1h" } else { "0s" });
        let rule = match self {
            Self::PermitQueue | Self::Wait => return emulator,
            Self::RetryPause => json!({"kind": "throttle", "action": CREATE}),
            Self::CreateInFlight => json!({"kind": "delay", "delay": "3s", "action": CREATE}),
            Self::Download => json!({"kind": "drip", "pieces": 100, "action": "download"}),
        };
        emulator.add_fault(&rule);
        emulator
    }

    /// The arguments of the create.
    pub(crate) fn arguments(self) -> Vec<&'static str> {
        let limiter = match self {
            Self::PermitQueue => "machine",
            _ => "process",
        };
        let mut arguments = vec!["--limiter", limiter, "video", "create", "--prompt", "a cat"];
        arguments.extend(["--out", "cat.mp4"]);
        arguments
    }

    /// Holds what the command needs to leave the phase, where the emulator does not do so.
    pub(crate) fn obstacle(self, emulator: &Emulator) -> Option<fs::File> {
        if self != Self::PermitQueue {
            return None;
        }
        // The first create makes the file.
        let create = ["--limiter", "machine", "video", "create", "--prompt", "a"];
        assert_eq!(emulator.run(&create).exit, 0);
        let folder = emulator.folder.path().join(".local/state/mps/limits");
        let mut files = fs::read_dir(folder).unwrap().map(Result::unwrap);
        let is_create = |file: &fs::DirEntry| file.file_name().to_string_lossy().contains(CREATE);
        let file = fs::File::open(files.find(is_create).unwrap().path()).unwrap();
        flock(&file, FlockOperation::LockExclusive).unwrap();
        Some(file)
    }

    /// Waits until the command is in the phase.
    pub(crate) fn wait_for(self, emulator: &Emulator, process: u32, lines: &Lines) {
        match self {
            Self::PermitQueue => eventually(|| catches_signals(process)),
            Self::RetryPause => lines.wait_for("trying again in"),
            Self::CreateInFlight => eventually(|| emulator.bill()["creates"] == 1),
            Self::Wait => lines.wait_for(": RUN"),
            Self::Download => eventually(|| {
                let downloads = emulator.control("requests")["downloads"].clone();
                downloads.as_array().is_some_and(|list| !list.is_empty())
                    || has_partial_file(emulator.folder.path())
            }),
        }
    }

    /// Returns the number of tasks that the command has paid for in the phase.
    pub(crate) fn billed(self) -> u64 {
        match self {
            Self::PermitQueue | Self::RetryPause => 0,
            Self::CreateInFlight | Self::Wait | Self::Download => 1,
        }
    }
}

const CREATE: &str = "CreateAigcVideoTask";

fn has_partial_file(folder: &Path) -> bool {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    names
        .filter(|entry| entry.file_name().to_string_lossy().contains("cat.mp4"))
        .any(|entry| entry.metadata().is_ok_and(|metadata| metadata.len() > 0))
}

/// Returns `true` once the process has installed a handler of SIGINT. Elsewhere than on Linux it counts as ready
/// at once, and the test may end the process before it is.
fn catches_signals(process: u32) -> bool {
    let Ok(status) = fs::read_to_string(format!("/proc/{process}/status")) else {
        return !cfg!(target_os = "linux");
    };
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let mask = u64::from_str_radix(mask.unwrap().trim(), 16).unwrap();
    mask & (1 << 1) != 0
}

/// The lines of a stream, as they come.
pub(crate) struct Lines {
    lines: Receiver<String>,
    seen: std::cell::RefCell<Vec<String>>,
}

impl Lines {
    pub(crate) fn of(stream: impl Read + Send + 'static) -> Self {
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stream).lines() {
                let Ok(line) = line else { return };
                // Fails when the test has ended.
                let _ended = sender.send(line);
            }
        });
        Self {
            lines,
            seen: std::cell::RefCell::default(),
        }
    }

    /// Waits until a line contains a text.
    pub(crate) fn wait_for(&self, text: &str) {
        loop {
            let line = self.lines.recv_timeout(BOUND);
            assert!(line.is_ok(), "no {text:?} in {:?}", self.seen.borrow());
            let line = line.unwrap();
            let is_found = line.contains(text);
            self.seen.borrow_mut().push(line);
            if is_found {
                return;
            }
        }
    }

    /// Returns all lines up to the end of the stream.
    pub(crate) fn rest(self) -> String {
        let mut seen = self.seen.into_inner();
        seen.extend(self.lines.iter());
        seen.join("\n")
    }
}

fn send(process: &Child, signal: Signal) {
    kill_process(Pid::from_child(process), signal).unwrap();
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
        Self::with(phase, phase.emulator(), &phase.arguments())
    }

    fn with(phase: Phase, emulator: Emulator, arguments: &[&str]) -> Self {
        let obstacle = phase.obstacle(&emulator);
        let billed_before = creates(&emulator);
        let mut command = emulator.mps(arguments);
        let mut process = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
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
        let output = self.process.wait_with_output().unwrap();
        let run = Run {
            exit: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: self.stderr.rest(),
        };
        redaction::check(&self.command, &run);
        (run, creates(&self.emulator) - self.billed_before)
    }
}

pub(crate) fn creates(emulator: &Emulator) -> u64 {
    emulator.bill()["creates"].as_u64().unwrap()
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
    let resume = format!("--limiter process video {verb} --out cat.mp4 -- ");
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
        assert_eq!(process.wait().unwrap().code(), Some(143), "{arguments:?}");
        drop(stderr);
    }
}

/// A command that waits for its input, or for its keys, is blocked in a read.
#[test]
fn a_command_that_is_blocked_in_a_read_stops() {
    let emulator = Emulator::start("1h");
    let fifo = emulator.folder.path().join("fifo");
    let made = Command::new("mkfifo").arg(&fifo).status().unwrap();
    assert!(made.success());
    let request = ["video", "create", "--request", "fifo"];
    let prompt = ["video", "create", "--prompt", "a cat"];
    for (arguments, has_keys) in [(&request, true), (&prompt, false)] {
        let mut command = emulator.mps(arguments);
        if !has_keys {
            command
                .env_remove("TENCENTCLOUD_SECRET_ID")
                .env_remove("TENCENTCLOUD_SECRET_KEY")
                .env("TENCENTCLOUD_CREDENTIALS_FILE", &fifo);
        }
        let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
        let stderr = Lines::of(process.stderr.take().unwrap());
        eventually(|| catches_signals(process.id()));
        send(&process, Signal::TERM);
        assert_eq!(process.wait().unwrap().code(), Some(143), "{arguments:?}");
        let stderr = stderr.rest();
        assert!(stderr.contains("nothing was created"), "{stderr}");
    }
    assert_eq!(creates(&emulator), 0);
}

/// `nohup mps ...` goes on when its terminal is closed.
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
    assert_eq!(process.wait().unwrap().code(), Some(143));
}
