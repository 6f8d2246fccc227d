//! Commands on a terminal: Ctrl-C as a person types it, in every phase, checked against the bill.

use std::{io::Write, process::Command, thread};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

use crate::{
    phases::{Lines, PHASES, Phase},
    support::{Emulator, eventually, exit_code},
};

const CTRL_C: &[u8] = b"\x03";

/// A command whose streams are one terminal.
struct Terminal {
    process: Box<dyn Child + Send + Sync>,
    keyboard: Box<dyn Write + Send>,
    screen: Lines,
    // Its end would hang up the terminal.
    master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    fn run(command: &Command) -> Self {
        let pty = native_pty_system().openpty(PtySize::default()).unwrap();
        let mut builder = CommandBuilder::new(command.get_program());
        builder.args(command.get_args());
        builder.env_clear();
        for (name, value) in command.get_envs() {
            builder.env(name, value.unwrap_or_default());
        }
        builder.cwd(command.get_current_dir().unwrap());
        let process = pty.slave.spawn_command(builder).unwrap();
        Self {
            process,
            keyboard: pty.master.take_writer().unwrap(),
            screen: Lines::of(pty.master.try_clone_reader().unwrap()),
            master: pty.master,
        }
    }

    fn type_keys(&mut self, keys: &[u8]) {
        self.keyboard.write_all(keys).unwrap();
        self.keyboard.flush().unwrap();
    }

    fn send(&self, signal: Signal) {
        let process = i32::try_from(self.process.process_id().unwrap()).unwrap();
        kill_process(Pid::from_raw(process).unwrap(), signal).unwrap();
    }

    /// Waits for the end of the command: its exit code, and all it has shown.
    fn end(mut self) -> (u32, String) {
        let exit = exit_code(&mut *self.process, || format!("{:?}", self.screen));
        drop((self.keyboard, self.master));
        (exit, self.screen.rest())
    }
}

/// An interruption by a person or a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Interruption {
    CtrlC,
    CtrlCTwice,
    HangUp,
    Terminate,
}

fn check(phase: Phase, interruption: Interruption) {
    let emulator = phase.emulator();
    let _obstacle = phase.obstacle(&emulator);
    let before = emulator.creates();
    let mut terminal = Terminal::run(&emulator.mps(&Phase::arguments()));
    let process = terminal.process.process_id().unwrap();
    phase.wait_for(&emulator, process, &terminal.screen);
    let in_flight = phase == Phase::CreateInFlight;
    let code = match interruption {
        Interruption::HangUp => {
            terminal.send(Signal::HUP);
            129
        }
        Interruption::Terminate => {
            terminal.send(Signal::TERM);
            143
        }
        Interruption::CtrlC => {
            terminal.type_keys(CTRL_C);
            130
        }
        Interruption::CtrlCTwice if in_flight => {
            terminal.type_keys(CTRL_C);
            terminal.screen.wait_for("a create is on the wire");
            terminal.type_keys(CTRL_C);
            9
        }
        Interruption::CtrlCTwice => {
            terminal.type_keys(&[CTRL_C, CTRL_C].concat());
            130
        }
    };
    if in_flight && code != 9 {
        terminal.screen.wait_for("a create is on the wire");
        emulator.clear_faults();
    }
    let (exit, screen) = terminal.end();
    let context = format!("{phase:?} {interruption:?}: {screen}");
    assert_eq!(exit, code, "{context}");
    assert_eq!(emulator.creates() - before, phase.billed(), "{context}");
    let shown = match (phase.billed(), exit) {
        (0, _) => "nothing was created by this command",
        (_, 9) => "next steps:",
        _ => " --out cat.mp4 -- ",
    };
    assert!(screen.contains(shown), "{context}");
}

fn check_phases(interruption: Interruption) {
    thread::scope(|scope| {
        for phase in PHASES {
            scope.spawn(move || check(phase, interruption));
        }
    });
}

#[test]
fn ctrl_c_ends_every_phase() {
    check_phases(Interruption::CtrlC);
}

#[test]
fn ctrl_c_twice_ends_every_phase() {
    check_phases(Interruption::CtrlCTwice);
}

#[test]
fn sighup_ends_every_phase() {
    check_phases(Interruption::HangUp);
}

#[test]
fn sigterm_ends_every_phase() {
    check_phases(Interruption::Terminate);
}

/// A window that is closed: no stream can be written any more, and the task continues at the service.
#[test]
fn a_closed_terminal_ends_the_command() {
    let emulator = Emulator::start("1h");
    let wait = ["video", "create", "--prompt", "a cat", "--wait"];
    let pty = native_pty_system().openpty(PtySize::default()).unwrap();
    let command = emulator.mps(&wait);
    let mut builder = CommandBuilder::new(command.get_program());
    builder.args(command.get_args());
    builder.env_clear();
    for (name, value) in command.get_envs() {
        builder.env(name, value.unwrap_or_default());
    }
    let mut process = pty.slave.spawn_command(builder).unwrap();
    eventually(|| {
        let requests = emulator.requests();
        requests
            .iter()
            .any(|request| request["action"] == "DescribeAigcVideoTask")
    });
    drop((pty.slave, pty.master));
    assert_eq!(exit_code(&mut *process, String::new), 129);
}

#[test]
fn media_is_not_written_to_a_terminal() {
    let emulator = Emulator::start("0s");
    let create = ["video", "create", "--prompt", "a cat", "--out", "-"];
    let terminal = Terminal::run(&emulator.mps(&create));
    let (exit, screen) = terminal.end();
    assert_eq!(exit, 2, "{screen}");
    assert!(screen.contains("stdout is a terminal"), "{screen}");
    assert_eq!(emulator.requests().len(), 0);
}
