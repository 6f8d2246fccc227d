//! The examples in the help of each command: as many as a person needs, and each of them works.

use std::{
    env, fs,
    path::Path,
    process::{Command, Stdio},
    thread,
};

use serde_json::json;

use crate::{
    bounded::{self, Lines},
    support::{Emulator, Run, documented_request, example, mps, run},
};

/// A price table of the user.
const PRICES: &str = r#"
    date = "2026-11-01"
    source = "https://prices.example"
    currency = "USD"

    [[price]]
    model = "Kling"
    per_second = "0.05"
"#;

/// Parts of examples that are not run: programs and servers that need not be there, rows that have not
/// failed, and runs of minutes, which have tests of their own.
const NOT_RUN: [&str; 6] = [
    "claude ",
    "| jq ",
    "watch ",
    "--id row-7",
    "postgres://",
    "batch chaos",
];

/// Returns the help of a command.
fn help(path: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let words = path.split(' ').filter(|word| !word.is_empty());
    let run = run(mps(folder.path())
        .args(words)
        .arg("--help")
        .env("COLUMNS", "100"));
    assert_eq!(run.exit, 0, "{run:?}");
    run.stdout
}

/// Returns the indented lines after a title, until one that is not indented.
fn section<'a>(help: &'a str, title: &str) -> Vec<&'a str> {
    let lines = help.lines().skip_while(|line| *line != title).skip(1);
    lines.take_while(|line| line.starts_with("  ")).collect()
}

/// Returns the paths of all commands, and whether each has commands below it.
fn commands() -> Vec<(String, bool)> {
    let mut found = Vec::new();
    let mut open = vec![String::new()];
    while let Some(path) = open.pop() {
        let help = help(&path);
        let below = section(&help, "Commands:").into_iter();
        // Further lines of a description are indented more.
        let below = below.filter(|line| !line.starts_with("   "));
        let names = below.filter_map(|line| line.split_whitespace().next());
        let names: Vec<_> = names.filter(|name| *name != "help").collect();
        found.push((path.clone(), !names.is_empty()));
        let paths = names.iter().map(|name| format!("{path} {name}"));
        open.extend(paths.map(|path| path.trim_start().to_owned()));
    }
    found
}

fn examples(path: &str) -> Vec<String> {
    let help = help(path);
    let lines = section(&help, "Examples:").into_iter();
    // A comment explains the line below it.
    let lines = lines.map(str::trim).filter(|line| !line.starts_with("# "));
    lines.map(str::to_owned).collect()
}

/// A home folder with the files that examples name, and a task.
pub(crate) struct Home {
    folder: tempfile::TempDir,
    task: String,
}

impl Home {
    pub(crate) fn new(emulator: &Emulator, path: &str, line: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path();
        fs::copy(documented_request(), home.join("request.json")).unwrap();
        fs::copy(example("CreateAigcAudioTask"), home.join("audio.json")).unwrap();
        fs::copy(example("CreateAiDramaTask"), home.join("drama.json")).unwrap();
        fs::write(home.join("prompt.txt"), "a cat in the snow").unwrap();
        if line.contains("./cat.png") {
            fs::write(home.join("cat.png"), b"\x89PNG\r\n\x1a\n").unwrap();
        }
        let row = json!({
            "id": "fox", "out": "fox.mp4", "ModelName": "Kling", "Prompt": "a fox", "Duration": 5,
        });
        fs::write(home.join("clips.jsonl"), format!("{row}\n")).unwrap();
        fs::write(home.join("prompts.jsonl"), format!("{row}\n")).unwrap();
        let csv = "id,ModelName,Prompt,Duration\nfox,Kling,a fox,5\n";
        fs::write(home.join("prompts.csv"), csv).unwrap();
        fs::write(home.join("prices.toml"), PRICES).unwrap();
        let mut made = Self {
            folder,
            task: String::new(),
        };
        if ["status", "retry", "rescue", "export", "gallery"]
            .iter()
            .any(|verb| path == format!("batch {verb}"))
        {
            made.run_batch(emulator, path);
        }
        let of_a_task = ["$ID", "cat-1", "--last", "ids.txt"];
        if of_a_task.iter().any(|part| line.contains(part)) {
            made.create(emulator, path);
        }
        let ids = made.folder.path().join("ids.txt");
        fs::write(ids, format!("{}\n", made.task)).unwrap();
        made
    }

    /// Creates the task that an example is about; for `resolve` one in doubt, for `forget` one that has
    /// ended.
    fn create(&mut self, emulator: &Emulator, path: &str) {
        let family = path.split(' ').next().unwrap();
        let create = match family {
            "image" => "image create --prompt dog --key cat-1",
            "audio" => "audio create --request audio.json --key cat-1",
            "scenario" => "scenario create ai-drama --request drama.json --key cat-1",
            _ => "video create --prompt dog --key cat-1",
        };
        if path == "resolve" {
            let created = self.shell(emulator, "mps --ledger off video create --prompt fox");
            created.stdout.trim().clone_into(&mut self.task);
            let rule = json!({"kind": "reply_lost", "times": 1, "action": "CreateAigcVideoTask"});
            emulator.add_fault(&rule);
            let run = self.shell(emulator, &format!("mps {create}"));
            assert_eq!(run.exit, 9, "{run:?}");
            return;
        }
        let ended = if path == "tasks forget" {
            " --out dog.mp4"
        } else {
            ""
        };
        let run = self.shell(emulator, &format!("mps -q --output json {create}{ended}"));
        assert_eq!(run.exit, 0, "{path}: {run:?}");
        self.task = run.json()["task_id"].as_str().unwrap().into();
    }

    /// Runs the batch that an example is about.
    fn run_batch(&self, emulator: &Emulator, path: &str) {
        let name = if path == "batch gallery" {
            "spring-2026"
        } else {
            "spring"
        };
        let line = format!("mps -q batch run clips.jsonl --out clips --name {name}");
        let run = self.shell(emulator, &line);
        assert_eq!(run.exit, 0, "{path}: {run:?}");
    }

    /// Runs a line as a shell does.
    pub(crate) fn shell(&self, emulator: &Emulator, line: &str) -> Run {
        run(&mut self.command(emulator, line))
    }

    fn command(&self, emulator: &Emulator, line: &str) -> Command {
        let binary = Path::new(env!("CARGO_BIN_EXE_mps")).parent().unwrap();
        let mut command = Command::new("sh");
        let [id, key] = emulator.keys();
        command
            .args(["-c", line])
            .env_clear()
            .env("HOME", self.folder.path())
            .env("PATH", format!("{}:/usr/bin:/bin", binary.display()))
            .env("MPS_ENDPOINT", &emulator.endpoint)
            .env("MPS_LEDGER", self.folder.path().join("tasks.db"))
            // One rate limit for all examples: a new one begins with a pause.
            .env("XDG_STATE_HOME", emulator.folder.path())
            .env("TENCENTCLOUD_SECRET_ID", id)
            .env("TENCENTCLOUD_SECRET_KEY", key)
            .env("ID", &self.task)
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }
}

/// Runs an example that does not end by itself until it says that it is ready.
fn run_server(home: &Home, emulator: &Emulator, line: &str) {
    // In place of the shell, so that the process is the one to end.
    let mut command = home.command(emulator, &format!("exec {line}"));
    command.env_remove("MPS_ENDPOINT");
    let mut process = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let first = Lines::of(process.stdout.take().unwrap()).line();
    bounded::kill(&mut process).unwrap();
    let is_ready = first.as_ref().is_ok_and(|first| first.contains("endpoint"));
    assert!(is_ready, "{line}: {first:?}");
}

fn check(emulator: &Emulator, path: &str, line: &str) {
    // A task of the emulator is done at once.
    let line = &line.replace("sleep 10", ":");
    let home = Home::new(emulator, path, line);
    if path == "emulator" {
        return run_server(&home, emulator, line);
    }
    let run = home.shell(emulator, line);
    // A step is not done the first time.
    let is_step = line.starts_with("mps batch step") && run.exit == 5;
    assert!(run.exit == 0 || is_step, "{line}: {run:?}");
}

#[test]
fn every_command_has_three_to_five_examples_that_work() {
    let emulator = Emulator::start("0s");
    let commands = commands();
    assert!(commands.len() > 25, "{commands:?}");
    let mut missing = Vec::new();
    let mut all = Vec::new();
    for (path, _) in &commands {
        let examples = examples(path);
        if !(3..=5).contains(&examples.len()) {
            missing.push(format!("{path}: {}", examples.len()));
        }
        for line in examples {
            if NOT_RUN.iter().any(|part| line.contains(part)) {
                continue;
            }
            assert!(line.contains("mps "), "{path}: {line}");
            all.push((path.clone(), line));
        }
    }
    assert_eq!(missing, [""; 0], "see src/help/examples.rs");
    let (emulator, resolves): (_, Vec<_>) = (&emulator, {
        let resolves = all.iter().filter(|(path, _)| path == "resolve");
        resolves.cloned().collect()
    });
    // One after the other: the fault is for the next create of anybody.
    for (path, line) in &resolves {
        check(emulator, path, line);
    }
    all.retain(|(path, _)| path != "resolve");
    thread::scope(|scope| {
        for part in all.chunks(all.len().div_ceil(4)) {
            scope.spawn(move || {
                for (path, line) in part {
                    check(emulator, path, line);
                }
            });
        }
    });
}
