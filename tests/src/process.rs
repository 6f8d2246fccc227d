//! The program `mps` as a process: built, started, and ended with the test.

use std::{
    env,
    ffi::OsStr,
    fs,
    io::{self, BufRead, Error, Read, Write},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use serde_json::Value;

use crate::bounded::{self, Lines};

/// The environment variables that route requests through a proxy.
pub const PROXY_VARIABLES: [&str; 6] = [
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
];

/// Builds `mps` in the profile and the target directory of the calling test and returns its path.
///
/// Cargo sets the paths of programs only for tests of their own package, and does not build programs
/// of other packages for a test.
///
/// # Errors
/// Fails if Cargo cannot be run, or with its messages if it does not build the program.
pub fn mps() -> io::Result<PathBuf> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build
        .args(["build", "--package=mps-cli", "--bin=mps", "--quiet"])
        .arg("--message-format=json")
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    if let Some(target) = target_directory() {
        build.arg("--target-dir").arg(target);
    }
    let output = bounded::long_output(&mut build)?;
    let artifacts = output.stdout.lines().map_while(Result::ok);
    let program = artifacts.filter_map(|line| executable(&line)).last();
    let messages = String::from_utf8_lossy(&output.stderr);
    program.ok_or_else(|| Error::other(format!("cargo did not build mps: {messages}")))
}

/// Returns the target directory: a test is at `TARGET/PROFILE/deps/NAME`.
fn target_directory() -> Option<PathBuf> {
    let test = env::current_exe().ok()?;
    test.ancestors().nth(3).map(PathBuf::from)
}

/// Returns the path of the program that a JSON message of Cargo reports as built.
fn executable(message: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    message.get("executable")?.as_str().map(PathBuf::from)
}

/// A running `mps emulator`. It is killed when dropped.
#[derive(Debug)]
pub struct EmulatorProcess {
    child: Child,
    /// Host and port, such as `127.0.0.1:8080`.
    pub address: String,
    /// The file of the authority to trust, with `--tls`.
    pub ca_file: Option<PathBuf>,
    /// The secret id that the emulator accepts.
    pub secret_id: String,
    /// The secret key of `secret_id`.
    pub secret_key: String,
}

impl EmulatorProcess {
    /// Runs `mps emulator` with additional arguments and waits until it prints its first line.
    ///
    /// # Errors
    /// Fails if the program cannot be run, or if its first line lacks the endpoint or the credentials.
    pub fn start(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> io::Result<Self> {
        let mut command = Command::new(mps()?);
        command.args(["emulator", "--quiet"]).args(arguments);
        Self::spawn(command)
    }

    /// Runs a command that becomes `mps emulator`, such as a shell that sets a limit first, and waits
    /// until it prints its first line.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn spawn(mut command: Command) -> io::Result<Self> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().map(Lines::of);
        let stdout = stdout.ok_or_else(|| Error::other("mps has no stdout"))?;
        let ready: Value = serde_json::from_str(&stdout.line()?)?;
        Ok(Self {
            child,
            address: without_scheme(&text(&ready, "endpoint")?),
            ca_file: ready
                .get("ca_file")
                .and_then(Value::as_str)
                .map(PathBuf::from),
            secret_id: text(&ready, "secret_id")?,
            secret_key: text(&ready, "secret_key")?,
        })
    }

    /// Returns a resource of the control API, such as `requests` or `bill`.
    ///
    /// # Errors
    /// Fails if the emulator has ended, or if its response is not JSON.
    pub fn control(&self, name: &str) -> io::Result<Value> {
        let mut stream = bounded::connect(&self.address)?;
        write!(
            stream,
            "GET /_emulator/v1/{name} HTTP/1.0\r\nHost: {}\r\n\r\n",
            self.address
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let body = answer.split_once("\r\n\r\n").map(|(_head, body)| body);
        Ok(serde_json::from_str(body.unwrap_or_default())?)
    }
}

fn without_scheme(endpoint: &str) -> String {
    let address = endpoint.split_once("://").map(|(_scheme, address)| address);
    address.unwrap_or(endpoint).to_owned()
}

fn text(object: &Value, name: &str) -> io::Result<String> {
    let text = object.get(name).and_then(Value::as_str);
    let missing = || Error::other(format!("the emulator's first line has no {name}: {object}"));
    text.map(str::to_owned).ok_or_else(missing)
}

impl Drop for EmulatorProcess {
    fn drop(&mut self) {
        // Fails if the process has already ended, which is fine.
        let _ = bounded::kill(&mut self.child);
        // A killed emulator cannot remove it.
        if let Some(file) = &self.ca_file {
            let _ = fs::remove_file(file);
        }
    }
}
