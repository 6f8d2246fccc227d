//! Manifests and batches, for their tests.

use std::{
    fs,
    path::Path,
    process::{Child, Command},
};

use serde_json::{Value, json};

use crate::{
    bounded::Lines,
    support::{Emulator, Run, run, spawn},
};

/// The prompt of every row begins with it. No output may show it.
const PROMPT: &str = "a quiet lighthouse";

/// Writes a manifest of rows `row-1`, `row-2` and so on into the emulator's folder.
pub(crate) fn manifest(emulator: &Emulator, name: &str, rows: impl IntoIterator<Item = usize>) {
    let lines = rows.into_iter().map(|row| line(row, ""));
    write(emulator, name, &lines.collect::<Vec<_>>());
}

pub(crate) fn write(emulator: &Emulator, name: &str, lines: &[String]) {
    let path = emulator.folder.path().join(name);
    fs::write(path, lines.join("\n")).unwrap();
}

/// Returns a row; `more` is added to its prompt.
pub(crate) fn line(row: usize, more: &str) -> String {
    let prompt = format!("{PROMPT} {row} {more}");
    json!({"id": format!("row-{row}"), "ModelName": "Kling", "Prompt": prompt, "Duration": 5})
        .to_string()
}

/// `mps batch` of a verb, with its ledger in the emulator's folder.
pub(crate) fn command(emulator: &Emulator, arguments: &[&str]) -> Command {
    emulator.recorded(&[&["--output", "json", "batch"], arguments].concat())
}

/// Runs a verb of `mps batch` to its end.
pub(crate) fn batch(emulator: &Emulator, arguments: &[&str]) -> Run {
    checked(run(&mut command(emulator, arguments)))
}

/// Returns a run, which must not show a prompt.
pub(crate) fn checked(run: Run) -> Run {
    for text in [&run.stdout, &run.stderr] {
        assert!(!text.contains(PROMPT), "{run:?}");
    }
    run
}

/// A run of a manifest into the folder `clips` that a test watches.
pub(crate) struct Running {
    pub(crate) process: Child,
    pub(crate) stderr: Lines,
}

impl Running {
    pub(crate) fn start(emulator: &Emulator, file: &str) -> Self {
        Self::start_with(emulator, file, &[])
    }

    pub(crate) fn start_with(emulator: &Emulator, file: &str, more: &[&str]) -> Self {
        let arguments = [&["run", file, "--out", "clips"], more].concat();
        let mut process = spawn(&mut command(emulator, &arguments));
        let stderr = Lines::of(process.stderr.take().unwrap());
        Self { process, stderr }
    }

    /// Waits until the command has ended.
    pub(crate) fn end(self) -> Run {
        let run = Run::of(self.process);
        Run {
            stderr: self.stderr.rest(),
            ..run
        }
    }
}

/// Runs a manifest into the folder `clips`.
pub(crate) fn run_batch(emulator: &Emulator, file: &str, more: &[&str]) -> Run {
    batch(emulator, &[&["run", file, "--out", "clips"], more].concat())
}

/// Returns counts of `mps.batch/1`.
pub(crate) fn counts<const N: usize>(run: &Run, states: [&str; N]) -> [u64; N] {
    let result = run.json();
    assert_eq!(result["schema"], "mps.batch/1", "{run:?}");
    states.map(|state| result[state].as_u64().unwrap())
}

/// Returns the names of the finished videos in a folder.
pub(crate) fn videos(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let is_video = |name: &String| {
        let extension = Path::new(name).extension();
        extension.is_some_and(|it| it == "mp4") && !name.starts_with('.')
    };
    let mut names: Vec<_> = names.filter(is_video).collect();
    names.sort();
    names
}

pub(crate) fn creates(emulator: &Emulator) -> [u64; 2] {
    let bill = emulator.bill();
    ["creates", "duplicates"].map(|name| bill[name].as_u64().unwrap())
}

/// Returns the events of a name among the lines of stderr.
pub(crate) fn events(run: &Run, name: &str) -> Vec<Value> {
    let lines = run.stderr.lines().map(serde_json::from_str::<Value>);
    let events = lines.map(Result::unwrap);
    events.filter(|event| event["event"] == name).collect()
}
