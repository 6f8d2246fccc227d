//! Child processes: the examples, and workers of this program.

use std::{
    env,
    path::{Path, PathBuf},
    process::Stdio,
};

use mps_emulator::Emulator;
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use crate::bounded::within;

/// Returns the command of an example, which `cargo test` builds.
pub(crate) fn example(name: &str) -> Command {
    let tests = env::current_exe().unwrap();
    let folder = tests
        .parent()
        .and_then(Path::parent)
        .unwrap()
        .join("examples");
    let path: PathBuf = folder.join(name);
    assert!(
        path.exists(),
        "build it first: cargo build -p mps-jobs --example {name}"
    );
    Command::new(path)
}

/// Returns the command that runs one test of this program in another process.
pub(crate) fn worker(test: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", test, "--ignored", "--nocapture"]);
    command
}

/// Starts a program with the emulator's keys and endpoint, in a folder.
pub(crate) fn start(command: &mut Command, emulator: &Emulator, folder: &Path) -> Child {
    command
        .current_dir(folder)
        .env("TENCENTCLOUD_SECRET_ID", emulator.secret_id())
        .env("TENCENTCLOUD_SECRET_KEY", emulator.secret_key())
        .env("MPS_ENDPOINT", emulator.endpoint())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// Returns `true` if the program has ended by itself.
pub(crate) fn has_ended(child: &mut Child) -> bool {
    child.try_wait().unwrap().is_some()
}

/// Sends a signal, unless the program has ended by itself, and waits for the end.
pub(crate) async fn end(child: &mut Child, signal: Signal) -> bool {
    if let Some(id) = child.id() {
        kill_process(Pid::from_raw(id.cast_signed()).unwrap(), signal).unwrap();
    }
    let end = within("end of a program", child.wait()).await;
    end.unwrap().success()
}
