//! Chromium, driven by a script under `tests/browser`.
//!
//! `MPS_TEST_BROWSER_MODULES` names the `node_modules` that `tests/browser/install.sh` made, and
//! `MPS_TEST_CHROMIUM` the browser (default: the first of `chromium`, `google-chrome` and
//! `chromium-browser` on `PATH`). Without them, tests that need a browser are skipped on a developer's
//! machine and fail where `CI` is `true`.

use std::{
    env,
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{bounded, process::PROXY_VARIABLES};

const NAMES: [&str; 3] = ["chromium", "google-chrome", "chromium-browser"];

/// An installed browser with its driver.
#[derive(Clone, Debug)]
pub struct Browser {
    program: OsString,
    modules: OsString,
}

impl Browser {
    /// Returns the browser, or `None` with a notice if it or its driver is not installed.
    ///
    /// # Panics
    /// Panics instead where `CI` is `true`.
    #[must_use]
    pub fn installed() -> Option<Self> {
        let found = program().zip(env::var_os("MPS_TEST_BROWSER_MODULES"));
        let Some((program, modules)) = found else {
            let missing = "no browser: install `chromium`, and run `. tests/browser/install.sh`";
            assert_ne!(env::var("CI").as_deref(), Ok("true"), "{missing}");
            skip(missing);
            return None;
        };
        Some(Self { program, modules })
    }

    /// Runs a script with arguments and returns what it prints. `folder` is for its screenshots.
    ///
    /// # Errors
    /// Fails if the script cannot be run, or with its output if a check fails.
    pub fn run(&self, script: &str, folder: &Path, arguments: &[&str]) -> io::Result<String> {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser");
        let mut command = Command::new("node");
        for name in PROXY_VARIABLES {
            command.env_remove(name);
        }
        command
            .arg(scripts.join(script))
            .args(arguments)
            .env("NODE_PATH", &self.modules)
            .env("CHROMIUM", &self.program)
            .env("SCREENSHOTS", screenshots(folder)?);
        let output = bounded::long_output(&mut command)?;
        let log = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(log);
        }
        let error = String::from_utf8_lossy(&output.stderr);
        Err(io::Error::other(format!("{log}\n{error}")))
    }
}

/// Returns the folder for screenshots: that of the test, unless `MPS_TEST_SCREENSHOTS` names one to keep.
fn screenshots(folder: &Path) -> io::Result<PathBuf> {
    let kept = env::var_os("MPS_TEST_SCREENSHOTS").map(PathBuf::from);
    let folder = kept.unwrap_or_else(|| folder.join("screenshots"));
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn program() -> Option<OsString> {
    if let Some(named) = env::var_os("MPS_TEST_CHROMIUM") {
        return Some(named);
    }
    let path = env::var_os("PATH")?;
    let mut places = NAMES.iter().flat_map(|name| {
        let folders: Vec<_> = env::split_paths(&path).collect();
        folders.into_iter().map(move |folder| folder.join(name))
    });
    places.find(|place| place.is_file()).map(OsString::from)
}

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn skip(notice: &str) {
    eprintln!("skipped: {notice}");
}
