//! The phases of a command, and how a test gets a command into each.

use std::{
    cell::RefCell,
    fs,
    io::{BufRead as _, BufReader, Read},
    sync::mpsc::{self, Receiver},
    thread,
};

use rustix::{
    fs::{FlockOperation, flock},
    process::Signal,
};
use serde_json::json;

use crate::support::{BOUND, Emulator, eventually};

/// A phase of a command, and the event by which the test sees that the command is in it.
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
            Self::CreateInFlight => {
                emulator.hold(CREATE);
                return emulator;
            }
            Self::Download => {
                json!({"kind": "drip", "pieces": 50, "delay": "1h", "action": "download"})
            }
        };
        emulator.add_fault(&rule);
        emulator
    }

    /// The arguments of the create.
    pub(crate) fn arguments() -> Vec<&'static str> {
        vec!["video", "create", "--prompt", "a cat", "--out", "cat.mp4"]
    }

    /// Holds what the command needs to leave the phase, where the emulator does not do so.
    pub(crate) fn obstacle(self, emulator: &Emulator) -> Option<fs::File> {
        if self != Self::PermitQueue {
            return None;
        }
        // The first create makes the file.
        let create = ["video", "create", "--prompt", "a"];
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
            Self::CreateInFlight => eventually(|| emulator.creates() == 1),
            Self::Wait => lines.wait_for(": RUN"),
            Self::Download => eventually(|| {
                let downloads = emulator.control("requests")["downloads"].clone();
                downloads.as_array().is_some_and(|list| !list.is_empty())
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

pub(crate) const CREATE: &str = "CreateAigcVideoTask";

/// Returns `true` once the process has installed its handlers of SIGINT and SIGTERM. Elsewhere than on
/// Linux it counts as ready at once, and the test may end the process before it is.
pub(crate) fn catches_signals(process: u32) -> bool {
    let Ok(status) = fs::read_to_string(format!("/proc/{process}/status")) else {
        return !cfg!(target_os = "linux");
    };
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let mask = u64::from_str_radix(mask.unwrap().trim(), 16).unwrap();
    let handlers = [Signal::INT, Signal::TERM].map(|signal| 1 << (signal.as_raw() - 1));
    handlers.iter().all(|handler| mask & handler != 0)
}

/// The lines of a stream, as they come.
pub(crate) struct Lines {
    lines: Receiver<String>,
    seen: RefCell<Vec<String>>,
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
            seen: RefCell::default(),
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
