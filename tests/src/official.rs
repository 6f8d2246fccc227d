//! The vendor's own SDKs, as they are published, each driven by a script under `tests/sdks`.

use std::{env, ffi::OsString, io, path::PathBuf, process::Command};

use serde_json::Value;

use crate::process::PROXY_VARIABLES;

/// An SDK that can be run.
#[derive(Clone, Debug)]
pub struct Sdk {
    interpreter: OsString,
    script: PathBuf,
    /// Set for the interpreter.
    environment: Vec<(&'static str, OsString)>,
}

/// Who calls, and where.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// Host and port of the service.
    pub address: &'a str,
    /// The secret id to sign as.
    pub secret_id: &'a str,
    /// The secret key to sign with.
    pub secret_key: &'a str,
}

impl Sdk {
    /// The SDK for Python, if `MPS_TEST_PYTHON` names an interpreter that has
    /// `sdks/python/requirements.txt`.
    #[must_use]
    pub fn python() -> Option<Self> {
        let interpreter = wanted(
            "MPS_TEST_PYTHON",
            "a Python interpreter that has tests/sdks/python/requirements.txt",
        )?;
        Some(Self {
            interpreter,
            script: script("python/official_sdk.py"),
            environment: Vec::new(),
        })
    }

    /// The SDK for Node.js, if `MPS_TEST_NODE_MODULES` names a directory where
    /// `sdks/node/package.json` is installed. `node` is found on the path.
    #[must_use]
    pub fn node() -> Option<Self> {
        let modules = wanted(
            "MPS_TEST_NODE_MODULES",
            "the `node_modules` that npm made from tests/sdks/node/package.json",
        )?;
        Some(Self {
            interpreter: "node".into(),
            script: script("node/official_sdk.js"),
            environment: vec![("NODE_PATH", modules)],
        })
    }

    /// Lets the SDK do something and returns what it saw.
    ///
    /// # Errors
    /// The interpreter cannot be run, or the script fails otherwise than by being refused.
    pub fn run(&self, caller: Caller<'_>, verb: &str, argument: &str) -> io::Result<Value> {
        let mut command = Command::new(&self.interpreter);
        for name in PROXY_VARIABLES {
            command.env_remove(name);
        }
        let output = command
            .arg(&self.script)
            .args([verb, argument])
            .envs(self.environment.iter().cloned())
            .env("EMULATOR", caller.address)
            .env("TENCENTCLOUD_SECRET_ID", caller.secret_id)
            .env("TENCENTCLOUD_SECRET_KEY", caller.secret_key)
            .output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(io::Error::other(said));
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

fn script(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("sdks")
        .join(path)
}

/// A variable that a test needs. A developer may go without it, but where `CI` is `true` nothing
/// is left out.
#[expect(clippy::print_stderr, reason = "a test that does nothing says so")]
fn wanted(variable: &str, what: &str) -> Option<OsString> {
    let value = env::var_os(variable);
    if value.is_none() {
        let is_ci = env::var_os("CI").is_some_and(|ci| ci == "true");
        assert!(!is_ci, "{variable} is not set. It names {what}");
        eprintln!("skipped, since {variable} is not set. It names {what}");
    }
    value
}
