//! Commands of `mps` against an emulator, each a process.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{
    fs,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use mps_core::clock::{Clock as _, SystemClock};

use serde_json::Value;

use crate::{
    bounded::{self, within},
    process::{EmulatorProcess, mps},
};

/// The pause between two looks at a process.
const LOOK: Duration = Duration::from_millis(5);

/// A running emulator, the program for it, and a folder for both.
#[derive(Debug)]
pub struct World {
    emulator: EmulatorProcess,
    program: PathBuf,
    /// The home of all commands.
    pub folder: tempfile::TempDir,
}

/// The end of a command.
#[derive(Debug)]
pub struct End {
    /// The exit code, or `None` after a signal.
    pub exit: Option<i32>,
    /// Its output.
    pub stdout: String,
    /// Its messages.
    pub stderr: String,
}

impl World {
    /// Starts an emulator with more arguments.
    #[must_use]
    pub fn start(flags: &[&str]) -> Self {
        Self {
            emulator: EmulatorProcess::start(flags).unwrap(),
            program: mps().unwrap(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// Returns host and port of the emulator.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.emulator.address
    }

    /// Returns `mps` with this emulator's endpoint and keys.
    #[must_use]
    pub fn mps(&self, arguments: &[&str]) -> Command {
        self.mps_at(self.address(), arguments)
    }

    /// Returns `mps` with this emulator's keys and another endpoint.
    #[must_use]
    pub fn mps_at(&self, address: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .env_clear()
            .env("HOME", self.folder.path())
            .env("TENCENTCLOUD_SECRET_ID", &self.emulator.secret_id)
            .env("TENCENTCLOUD_SECRET_KEY", &self.emulator.secret_key)
            .args(["--output", "json", "--endpoint"])
            .arg(format!("http://{address}"))
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Creates a task and returns its id.
    #[must_use]
    pub fn create(&self, prompt: &str) -> String {
        let end = ended(
            self.mps(&["video", "create", "--prompt", prompt])
                .spawn()
                .unwrap(),
        );
        assert_eq!(end.exit, Some(0), "{end:?}");
        let created: Value = serde_json::from_str(&end.stdout).unwrap();
        created["task_id"].as_str().unwrap().to_owned()
    }

    /// Returns a resource of the control API.
    #[must_use]
    pub fn control(&self, name: &str) -> Value {
        self.emulator.control(name).unwrap()
    }

    /// Posts to the control API.
    pub fn post(&self, name: &str, body: &Value) {
        let (address, body) = (&self.emulator.address, body.to_string());
        let mut stream = bounded::connect(address).unwrap();
        write!(
            stream,
            "POST /_emulator/v1/{name} HTTP/1.0\r\nHost: {address}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.contains(" 200 "), "{name} {body}: {answer}");
    }

    /// Returns a file below the folder.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// Waits for the end of a command.
#[must_use]
pub fn ended(child: Child) -> End {
    let output = bounded::output_of(child).unwrap();
    End {
        exit: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Waits until something is so while a command runs.
///
/// # Cancel safety
/// Reads only.
pub async fn until_beside(child: &mut Child, mut is_so: impl FnMut() -> bool) {
    let mut end = None;
    until(|| {
        end = child.try_wait().unwrap();
        is_so() || end.is_some()
    })
    .await;
    if end.is_some() && !is_so() {
        let printed = bounded::printed(child);
        assert!(is_so(), "the command ended early: {end:?}{printed}");
    }
}

/// Ends a command as `kill -9` does.
pub fn kill(mut child: Child) {
    bounded::kill(&mut child).unwrap();
}

/// Returns the names of the files in a folder that are no temporary ones.
#[must_use]
pub fn visible_files(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| !name.starts_with('.')).collect();
    names.sort();
    names
}

/// Waits until something is so.
///
/// # Cancel safety
/// Reads only.
pub async fn until(mut is_so: impl FnMut() -> bool) {
    let clock = SystemClock::new();
    let looks = async {
        while !is_so() {
            clock.sleep(LOOK).await;
        }
    };
    within("event", looks).await;
}

/// Returns the length of the longest temporary file in a folder: what a download has written so far.
#[must_use]
pub fn partial_length(folder: &Path) -> u64 {
    let lengths = || -> io::Result<Option<u64>> {
        let files = fs::read_dir(folder)?.filter_map(Result::ok);
        let hidden = files.filter(|file| file.file_name().to_string_lossy().starts_with('.'));
        // A file may be renamed meanwhile.
        Ok(hidden
            .filter_map(|file| Some(file.metadata().ok()?.len()))
            .max())
    };
    lengths().unwrap().unwrap_or_default()
}
