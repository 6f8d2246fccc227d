//! The phases of a command, and how a test gets a command into each.

use std::fs;

use rustix::{
    fs::{FlockOperation, flock},
    process::Signal,
};
use serde_json::json;

pub(crate) use crate::bounded::Lines;
use crate::support::{Emulator, eventually};

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
            Self::RetryPause => drop(lines.wait_for("trying again in")),
            Self::CreateInFlight => eventually(|| emulator.creates() == 1),
            Self::Wait => drop(lines.wait_for(": RUN")),
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
