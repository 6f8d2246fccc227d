//! The program as a person runs it: built, started, and gone when the test is over.

use std::{
    env,
    ffi::OsStr,
    io::{self, BufRead, BufReader, Error, Read, Write},
    net::TcpStream,
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
};

use serde_json::Value;

/// The variables that would send a request to a proxy.
pub const PROXY_VARIABLES: [&str; 6] = [
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
];

/// Builds `mps` in the profile and the target directory of the test that asks; its path.
///
/// Cargo tells only a package's own tests where its programs are, and does not build those of
/// other packages for a test.
///
/// # Errors
/// Cargo cannot be run, or does not build the program; what it says goes to stderr.
pub fn mps() -> io::Result<PathBuf> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build
        .args(["build", "--package=mps-cli", "--bin=mps", "--quiet"])
        .arg("--message-format=json")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit());
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    if let Some(target) = target_directory() {
        build.arg("--target-dir").arg(target);
    }
    let output = build.output()?;
    let artifacts = output.stdout.lines().map_while(Result::ok);
    let program = artifacts.filter_map(|line| executable(&line)).last();
    program.ok_or_else(|| Error::other("cargo did not build mps"))
}

/// A test lies in `deps` of its profile in the target directory.
fn target_directory() -> Option<PathBuf> {
    let test = env::current_exe().ok()?;
    test.ancestors().nth(3).map(PathBuf::from)
}

/// The program that a message of cargo says was built.
fn executable(message: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    message.get("executable")?.as_str().map(PathBuf::from)
}

/// A running `mps emulator`, ended when dropped.
#[derive(Debug)]
pub struct EmulatorProcess {
    child: Child,
    /// Held open, so that whatever the program still writes has a place to go.
    _stdout: BufReader<ChildStdout>,
    /// Host and port.
    pub address: String,
    /// The secret id it knows.
    pub secret_id: String,
    /// The secret key that goes with it.
    pub secret_key: String,
}

impl EmulatorProcess {
    /// Runs `mps emulator` with more arguments, and waits until it says that it is ready.
    ///
    /// # Errors
    /// The program cannot be run, or says something other than where and for whom it listens.
    pub fn start(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> io::Result<Self> {
        let mut child = Command::new(mps()?)
            .args(["emulator", "--quiet"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().map(BufReader::new);
        let mut stdout = stdout.ok_or_else(|| Error::other("mps has no stdout"))?;
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        let ready: Value = serde_json::from_str(&line)?;
        Ok(Self {
            child,
            _stdout: stdout,
            address: text(&ready, "endpoint")?.replace("http://", ""),
            secret_id: text(&ready, "secret_id")?,
            secret_key: text(&ready, "secret_key")?,
        })
    }

    /// What the control API shows under `name`, such as `requests`.
    ///
    /// # Errors
    /// The emulator is gone, or its answer is not JSON.
    pub fn control(&self, name: &str) -> io::Result<Value> {
        let mut stream = TcpStream::connect(&self.address)?;
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

fn text(object: &Value, name: &str) -> io::Result<String> {
    let text = object.get(name).and_then(Value::as_str);
    let missing = || Error::other(format!("the emulator's first line has no {name}: {object}"));
    text.map(str::to_owned).ok_or_else(missing)
}

impl Drop for EmulatorProcess {
    fn drop(&mut self) {
        // It may have ended by itself; either way there is nobody to tell.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
