//! Running `mps`, alone or against an emulator in a process of its own.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use serde_json::{Value, json};

pub(crate) use crate::bounded::{eventually, eventually_or};
use crate::{
    bounded::{self, Lines},
    redaction, schemas,
};

/// The documentation's own request of a video.
pub(crate) fn documented_request() -> PathBuf {
    example("CreateAigcVideoTask")
}

/// The documentation's own request of an action.
pub(crate) fn example(action: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../spec/examples")
        .join(action)
        .join("documentation.request.json")
}

/// The output and exit code of one run of `mps`; -1 after a signal.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) exit: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// Waits for the end of a command.
    pub(crate) fn of(process: Child) -> Self {
        Self::from_output(output_of(process))
    }

    pub(crate) fn from_output(output: Output) -> Self {
        Self {
            exit: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap()
    }

    /// The error object: the last line of stderr.
    pub(crate) fn error(&self) -> Value {
        serde_json::from_str(self.stderr.lines().last().unwrap()).unwrap()
    }
}

/// `mps` in an empty environment and an empty home.
pub(crate) fn mps(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mps"));
    command
        .env_clear()
        .env("HOME", folder)
        .current_dir(folder)
        .stdin(Stdio::null());
    command
}

/// Accepts a connection of a process. Fails at once with its output if it has ended.
#[track_caller]
pub(crate) fn accept_from(listener: &TcpListener, process: &mut Child) -> TcpStream {
    bounded::accept_from(listener, process).unwrap()
}

/// Waits for the end of a process, and returns its output.
#[track_caller]
pub(crate) fn output_of(process: Child) -> Output {
    bounded::output_of(process).unwrap()
}

/// Sends a signal, such as `-INT`, to a process.
pub(crate) fn signal(process: &Child, signal: &str) {
    let mut kill = Command::new("kill");
    let sent = bounded::status(kill.args([signal, &process.id().to_string()]));
    assert!(sent.unwrap().success());
}

/// Spawns a command with its output captured.
pub(crate) fn spawn(command: &mut Command) -> Child {
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Waits for the end of a command on a terminal, and returns its exit code.
#[track_caller]
pub(crate) fn exit_code(process: &mut dyn portable_pty::Child, screen: impl Fn() -> String) -> u32 {
    eventually_or(|| {
        let end = process.try_wait().unwrap();
        end.map(|end| end.exit_code()).ok_or_else(&screen)
    })
}

/// Makes a named pipe.
pub(crate) fn make_pipe(path: &Path) {
    let mode = Mode::RUSR | Mode::WUSR;
    mknodat(CWD, path, FileType::Fifo, mode, 0).unwrap();
}

/// Runs `mps` without credentials.
pub(crate) fn offline(arguments: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    run(mps(folder.path()).args(arguments))
}

/// Runs it to its end, which must not show any of its secrets.
pub(crate) fn run(command: &mut Command) -> Run {
    let run = Run::from_output(bounded::output(command).unwrap());
    redaction::check(command, &run);
    schemas::check(&run);
    run
}

/// A running `mps emulator`, ended when dropped.
pub(crate) struct Emulator {
    process: Child,
    pub(crate) endpoint: String,
    secret_id: String,
    pub(crate) secret_key: String,
    pub(crate) folder: tempfile::TempDir,
}

impl Emulator {
    /// Starts one whose tasks run for `render_time`.
    pub(crate) fn start(render_time: &str) -> Self {
        Self::with(
            tempfile::tempdir().unwrap(),
            &["--queue-time", "0s", "--render-time", render_time],
        )
    }

    /// Starts one in a folder, with these flags.
    pub(crate) fn with(folder: tempfile::TempDir, flags: &[&str]) -> Self {
        let mut process = mps(folder.path())
            .args(["emulator", "--quiet"])
            .args(flags)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = Lines::of(process.stdout.take().unwrap());
        let ready: Value = serde_json::from_str(&stdout.line().unwrap()).unwrap();
        let text = |name: &str| ready[name].as_str().unwrap().to_owned();
        Self {
            process,
            endpoint: text("endpoint"),
            secret_id: text("secret_id"),
            secret_key: text("secret_key"),
            folder,
        }
    }

    /// `mps` with this emulator's endpoint and keys, without a ledger: most tests create the same task
    /// several times.
    pub(crate) fn mps(&self, arguments: &[&str]) -> Command {
        let mut command = self.recorded(arguments);
        command.env("MPS_LEDGER", "off");
        command
    }

    /// `mps` with this emulator's endpoint and keys, and with its ledger in the emulator's folder.
    pub(crate) fn recorded(&self, arguments: &[&str]) -> Command {
        let mut command = mps(self.folder.path());
        command
            .args(["--endpoint", &self.endpoint])
            .args(arguments)
            .env("TENCENTCLOUD_SECRET_ID", &self.secret_id)
            .env("TENCENTCLOUD_SECRET_KEY", &self.secret_key);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        run(&mut self.mps(arguments))
    }

    /// Runs a command that records in the ledger, with its output as JSON.
    pub(crate) fn record(&self, arguments: &[&str]) -> Run {
        run(&mut self.recorded(&[&["--output", "json"], arguments].concat()))
    }

    /// Returns the state folder, which has the ledger.
    pub(crate) fn state(&self) -> PathBuf {
        self.folder.path().join(".local/state/mps")
    }

    /// Every request it received, as `GET /_emulator/v1/requests` lists it.
    pub(crate) fn requests(&self) -> Vec<Value> {
        let log = get(&self.endpoint, "/_emulator/v1/requests");
        let list = log.get("requests").cloned().unwrap_or(log);
        list.as_array().unwrap().clone()
    }

    pub(crate) fn keys(&self) -> [String; 2] {
        [self.secret_id.clone(), self.secret_key.clone()]
    }

    pub(crate) fn bill(&self) -> Value {
        self.control("bill")
    }

    /// Returns the number of creates that it has billed.
    pub(crate) fn creates(&self) -> u64 {
        self.bill()["creates"].as_u64().unwrap()
    }

    /// Returns a resource of the control API.
    pub(crate) fn control(&self, name: &str) -> Value {
        get(&self.endpoint, &format!("/_emulator/v1/{name}"))
    }

    /// Adds a rule of faults.
    pub(crate) fn add_fault(&self, rule: &Value) {
        let rules = self.tell("faults", rule);
        assert!(rules["faults"].is_array(), "{rule}: {rules}");
    }

    /// Holds the answers to an action until the faults are cleared.
    pub(crate) fn hold(&self, action: &str) {
        self.add_fault(&json!({"kind": "delay", "delay": "1h", "action": action}));
    }

    /// Moves the clock of the service.
    pub(crate) fn advance(&self, time: &str) {
        self.tell("clock", &json!({"advance": time}));
    }

    /// Removes all rules of faults.
    pub(crate) fn clear_faults(&self) {
        exchange(&self.endpoint, "DELETE", "/_emulator/v1/faults", "");
    }

    /// Posts a body to the control API and returns the response.
    pub(crate) fn tell(&self, name: &str, body: &Value) -> Value {
        let (path, body) = (format!("/_emulator/v1/{name}"), body.to_string());
        exchange(&self.endpoint, "POST", &path, &body)
    }

    /// Asks it to stop, as Ctrl-C does, and waits until it has; its folder.
    pub(crate) fn stop(self) -> tempfile::TempDir {
        self.stop_by("-INT")
    }

    /// Asks it to stop by this signal, and waits until it has; its folder.
    pub(crate) fn stop_by(mut self, name: &str) -> tempfile::TempDir {
        signal(&self.process, name);
        assert!(bounded::wait(&mut self.process).unwrap().success());
        self.leave_folder()
    }

    /// Ends it at once and in no order, as `kill -9` does; its folder.
    pub(crate) fn kill(mut self) -> tempfile::TempDir {
        assert!(!bounded::kill(&mut self.process).unwrap().success());
        self.leave_folder()
    }

    fn leave_folder(&mut self) -> tempfile::TempDir {
        std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap())
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _gone_already = bounded::kill(&mut self.process);
    }
}

/// A call without a signature.
pub(crate) fn post(endpoint: &str, body: &str) -> Value {
    exchange(endpoint, "POST", "/", body)
}

fn get(endpoint: &str, path: &str) -> Value {
    exchange(endpoint, "GET", path, "")
}

fn exchange(endpoint: &str, method: &str, path: &str, body: &str) -> Value {
    let host = endpoint.strip_prefix("http://").unwrap();
    let mut stream = bounded::connect(host).unwrap();
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap()
}
