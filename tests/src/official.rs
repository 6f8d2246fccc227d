//! The vendor's published SDKs, each driven by a script under `tests/sdks`.

use std::{
    env,
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::{
    bounded,
    process::{PROXY_VARIABLES, mps},
};

/// An installed SDK.
#[derive(Clone, Debug)]
pub struct Sdk {
    interpreter: OsString,
    /// Empty if the interpreter is the program itself.
    script: PathBuf,
    /// Additional environment variables of the interpreter.
    environment: Vec<(&'static str, OsString)>,
}

/// Credentials and the address of the service to call.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// Host and port of the service, such as `127.0.0.1:8080`.
    pub address: &'a str,
    /// The secret id to sign with.
    pub secret_id: &'a str,
    /// The secret key to sign with.
    pub secret_key: &'a str,
}

impl Sdk {
    /// Returns the SDK for Python, or `None` unless `MPS_TEST_PYTHON` names an interpreter with
    /// `sdks/python/requirements.txt` installed.
    #[must_use]
    pub fn python() -> Option<Self> {
        let interpreter = required(
            "MPS_TEST_PYTHON",
            "a Python interpreter that has tests/sdks/python/requirements.txt",
        )?;
        Some(Self {
            interpreter,
            script: script("python/official_sdk.py"),
            environment: Vec::new(),
        })
    }

    /// Returns the SDK for Node.js, or `None` unless `MPS_TEST_NODE_MODULES` names the
    /// `node_modules` of `sdks/node/package.json`. `node` is taken from `PATH`.
    #[must_use]
    pub fn node() -> Option<Self> {
        let modules = required(
            "MPS_TEST_NODE_MODULES",
            "the `node_modules` that npm made from tests/sdks/node/package.json",
        )?;
        Some(Self {
            interpreter: "node".into(),
            script: script("node/official_sdk.js"),
            environment: vec![("NODE_PATH", modules)],
        })
    }

    /// Returns the SDK for Go, or `None` unless `MPS_TEST_GO` names the program built from `sdks/go`. It
    /// has the verb `cost` only.
    #[must_use]
    #[expect(clippy::print_stderr, reason = "a skipped row prints a notice")]
    pub fn go() -> Option<Self> {
        let Some(program) = env::var_os("MPS_TEST_GO") else {
            eprintln!(
                "skipped: MPS_TEST_GO is not set; it names the program built from tests/sdks/go"
            );
            return None;
        };
        Some(Self {
            interpreter: program,
            script: PathBuf::new(),
            environment: Vec::new(),
        })
    }

    /// Returns the SDK with another environment variable for its script.
    #[must_use]
    pub fn with(mut self, variable: &'static str, value: impl Into<OsString>) -> Self {
        self.environment.push((variable, value.into()));
        self
    }

    /// Runs a verb of the SDK's script and returns the JSON that it prints. A refusal by the service is
    /// such a result, with its code.
    ///
    /// # Errors
    /// Fails if the interpreter cannot be run, or if the script fails for another reason than a refusal.
    pub fn run(&self, caller: Caller<'_>, verb: &str, argument: &str) -> io::Result<Value> {
        let mut command = Command::new(&self.interpreter);
        for name in PROXY_VARIABLES {
            command.env_remove(name);
        }
        if !self.script.as_os_str().is_empty() {
            command.arg(&self.script);
        }
        command
            .args([verb, argument])
            .envs(self.environment.iter().cloned())
            .env("EMULATOR", caller.address)
            .env("TENCENTCLOUD_SECRET_ID", caller.secret_id)
            .env("TENCENTCLOUD_SECRET_KEY", caller.secret_key);
        let output = bounded::output(&mut command)?;
        if !output.status.success() {
            let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(io::Error::other(stderr));
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

/// The vendor's command line, installed and unmodified.
#[derive(Clone, Debug)]
pub struct Tccli(OsString);

impl Tccli {
    /// Returns the command line, or `None` unless `MPS_TEST_TCCLI` names the program of
    /// `sdks/tccli/requirements.txt`.
    #[must_use]
    pub fn installed() -> Option<Self> {
        let purpose = "the `tccli` of tests/sdks/tccli/requirements.txt";
        required("MPS_TEST_TCCLI", purpose).map(Self)
    }

    /// Calls an action over HTTPS with members of the request as options, and returns the answer.
    ///
    /// # Errors
    /// Fails if the program cannot be run, or if it does not print an answer.
    pub fn call(
        &self,
        caller: Caller<'_>,
        ca_file: &Path,
        action: &str,
        members: &[(&str, &str)],
    ) -> io::Result<Value> {
        // The program writes a configuration to the home folder.
        let home = tempfile::tempdir()?;
        let mut command = Command::new(&self.0);
        for name in PROXY_VARIABLES {
            command.env_remove(name);
        }
        command
            .args(["mps", action, "--cli-unfold-argument"])
            .args(["--endpoint", caller.address]);
        for (name, value) in members {
            command.arg(format!("--{name}")).arg(value);
        }
        command
            .env("HOME", home.path())
            .env("PYTHONPATH", script("tccli"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("REQUESTS_CA_BUNDLE", ca_file)
            .env("TENCENTCLOUD_REGION", "ap-guangzhou")
            .env("TENCENTCLOUD_SECRET_ID", caller.secret_id)
            .env("TENCENTCLOUD_SECRET_KEY", caller.secret_key);
        let output = bounded::output(&mut command)?;
        let printed = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        serde_json::from_slice(&output.stdout)
            .map_err(|_| io::Error::other(printed(&output.stdout) + &printed(&output.stderr)))
    }
}

/// An agent: the official client of the Model Context Protocol, installed and unmodified.
#[derive(Clone, Debug)]
pub struct Agent(OsString);

impl Agent {
    /// Returns the agent, or `None` unless `MPS_TEST_MCP_PYTHON` names an interpreter with
    /// `sdks/mcp/requirements.txt` installed.
    #[must_use]
    pub fn installed() -> Option<Self> {
        let purpose = "a Python interpreter that has tests/sdks/mcp/requirements.txt";
        required("MPS_TEST_MCP_PYTHON", purpose).map(Self)
    }

    /// Runs a scenario of `sdks/mcp/agent.py` with `mps mcp`, whose daily cap is `max_seconds`, in an
    /// empty home, and returns the JSON that it prints.
    ///
    /// # Errors
    /// Fails if a program cannot be run, or if the scenario does not come to its end.
    pub fn run(&self, caller: Caller<'_>, scenario: &str, max_seconds: u32) -> io::Result<Value> {
        let home = tempfile::tempdir()?;
        let mut command = Command::new(&self.0);
        for name in PROXY_VARIABLES {
            command.env_remove(name);
        }
        command
            .arg(script("mcp/agent.py"))
            .arg(scenario)
            .arg(mps()?)
            .args(["--endpoint", &format!("http://{}", caller.address)])
            .args(["mcp", "--max-seconds", &max_seconds.to_string()])
            .arg("--out")
            .arg(home.path().join("clips"))
            .env("HOME", home.path())
            .env("XDG_STATE_HOME", home.path())
            .env("EMULATOR", caller.address)
            .env("TENCENTCLOUD_SECRET_ID", caller.secret_id)
            .env("TENCENTCLOUD_SECRET_KEY", caller.secret_key);
        let output = bounded::output(&mut command)?;
        if !output.status.success() {
            let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(io::Error::other(stderr));
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

fn script(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("sdks")
        .join(path)
}

/// Returns a variable that a test needs. Without it the test is skipped with a notice; where `CI` is
/// `true` it fails instead, so that CI runs every test.
#[expect(clippy::print_stderr, reason = "a skipped test prints a notice")]
fn required(variable: &str, purpose: &str) -> Option<OsString> {
    let value = env::var_os(variable);
    if value.is_none() {
        let is_ci = env::var_os("CI").is_some_and(|ci| ci == "true");
        assert!(!is_ci, "{variable} is not set; it names {purpose}");
        eprintln!("skipped: {variable} is not set; it names {purpose}");
    }
    value
}
