//! Runs every example of the crates against an emulator, as a reader would: as a program, in a folder of
//! its own, with keys and endpoint in its environment.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeSet,
    env, fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use mps_emulator::Emulator;
use mps_tests::{bounded, postgres::PostgresServer};
use tempfile::TempDir;
use tokio::task::spawn_blocking;

/// A run of an example. `TASK` in an argument or in the input is the handle that `clip` printed.
struct Run {
    name: &'static str,
    arguments: &'static [&'static str],
    input: &'static str,
    /// Parts of what it prints, in their order.
    prints: &'static [&'static str],
    /// Creates that the run adds to the bill.
    creates: u64,
    /// A file that it saves.
    saves: Option<&'static str>,
}

const RUNS: &[Run] = &[
    Run {
        name: "clip",
        arguments: &["a fox in the snow", "fox.mp4"],
        input: "",
        prints: &["mps1:video:", "\nfox.mp4: "],
        creates: 1,
        saves: Some("fox.mp4"),
    },
    Run {
        name: "watch",
        arguments: &[],
        input: "TASK\n",
        prints: &["clips/", "-1.mp4\n"],
        creates: 0,
        saves: None,
    },
    Run {
        name: "own_transport",
        arguments: &["TASK"],
        input: "",
        prints: &["DONE\n"],
        creates: 0,
        saves: None,
    },
    Run {
        name: "image_audio_bucket",
        arguments: &[],
        input: "",
        prints: &[
            "media/",
            ".png\n",
            "media/",
            ".mp3\n",
            "clips-1250000000: Some(\"spring/",
        ],
        creates: 3,
        saves: None,
    },
    Run {
        name: "batch",
        arguments: &[],
        input: "",
        prints: &["3 fetched, 15 of 3,000 s\n"],
        creates: 3,
        saves: Some("clips/row-2.mp4"),
    },
    // Again: nothing is left to do.
    Run {
        name: "batch",
        arguments: &[],
        input: "",
        prints: &["3 fetched, 15 of 3,000 s\n"],
        creates: 0,
        saves: Some("clips/row-2.mp4"),
    },
];

/// Examples that are run elsewhere: two hosts below, tests in virtual time by Cargo, a service with
/// restarts in `mps-jobs/tests/processes`.
const ELSEWHERE: [&str; 3] = ["two_hosts", "virtual_time", "web_service"];

/// An emulator and a folder for the programs.
struct World {
    emulator: Emulator,
    folder: TempDir,
}

impl World {
    async fn start() -> Self {
        let (waiting, running) = (Duration::from_millis(50), Duration::from_millis(50));
        let emulator = Emulator::builder().task_times(waiting, running).start();
        let folder = TempDir::new().unwrap();
        let row = |row| format!("{{\"id\": \"row-{row}\", \"prompt\": \"clip {row}\"}}\n");
        let rows: String = (0..3).map(row).collect();
        fs::write(folder.path().join("prompts.jsonl"), rows).unwrap();
        Self {
            emulator: emulator.await.unwrap(),
            folder,
        }
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(program(name));
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("TENCENTCLOUD_SECRET_ID", self.emulator.secret_id())
            .env("TENCENTCLOUD_SECRET_KEY", self.emulator.secret_key())
            .env("MPS_ENDPOINT", self.emulator.endpoint())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn creates(&self) -> u64 {
        let bill = self.emulator.bill();
        assert_eq!(bill.duplicates, 0);
        bill.creates
    }
}

/// Returns the path of an example, which `cargo test --workspace` builds.
fn program(name: &str) -> PathBuf {
    let test = env::current_exe().unwrap();
    let profile = test.ancestors().nth(2).unwrap();
    let path = profile.join("examples").join(name);
    assert!(
        path.exists(),
        "build it first: cargo build --workspace --all-features --examples"
    );
    path
}

/// Runs a program and returns what it prints.
async fn printed(mut command: Command, input: String) -> String {
    let run = spawn_blocking(move || {
        let mut child = command.spawn().unwrap();
        let stdin = child.stdin.as_mut().unwrap();
        stdin.write_all(input.as_bytes()).unwrap();
        bounded::output_of(child).unwrap()
    });
    let output = run.await.unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// Checks that a text has parts in their order.
fn has_parts(text: &str, parts: &[&str]) -> bool {
    let mut rest = text;
    parts.iter().all(|part| {
        let found = rest.split_once(part);
        rest = found.map_or("", |(_, after)| after);
        found.is_some()
    })
}

#[tokio::test]
async fn every_example_does_what_it_says() {
    let world = World::start().await;
    let mut task = String::new();
    for run in RUNS {
        let before = world.creates();
        let mut command = world.command(run.name);
        command.args(run.arguments.iter().map(|word| word.replace("TASK", &task)));
        let printed = printed(command, run.input.replace("TASK", &task)).await;
        assert!(has_parts(&printed, run.prints), "{}: {printed}", run.name);
        assert_eq!(world.creates() - before, run.creates, "{}", run.name);
        if let Some(file) = run.saves {
            assert!(
                world.folder.path().join(file).exists(),
                "{}: {file}",
                run.name
            );
        }
        if run.name == "clip" {
            printed.lines().next().unwrap().clone_into(&mut task);
        }
    }
}

#[tokio::test]
async fn two_hosts_make_each_clip_once() {
    let Some(server) = PostgresServer::start().unwrap() else {
        return;
    };
    let world = World::start().await;
    let host = || {
        let mut command = world.command("two_hosts");
        command.env("LEDGER", server.url());
        printed(command, String::new())
    };
    let (one, other) = tokio::join!(host(), host());
    for report in [one, other] {
        assert!(report.starts_with("6 fetched, 30 of 300 s"), "{report}");
    }
    assert_eq!(world.creates(), 6);
    for animal in ["fox", "owl", "elk", "hare", "lynx", "wolf"] {
        let file = world.folder.path().join(format!("clips/{animal}.mp4"));
        assert!(file.exists(), "{animal}");
    }
}

/// Returns the example files of a crate.
fn files(package: &str) -> Vec<PathBuf> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let folder = crates.join(package).join("examples");
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn every_example_is_run_and_short() {
    let most = |name: &str| match name {
        "batch" => 25,
        "virtual_time" => 80,
        _ => 60,
    };
    let mut found = BTreeSet::new();
    for path in [files("mps-aigc"), files("mps-jobs")].concat() {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let source = fs::read_to_string(&path).unwrap();
        let is_code = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with("//");
        let lines = source.lines().filter(is_code).count();
        assert!(lines <= most(&name), "{name} has {lines} lines of code");
        found.insert(name);
    }
    let run = RUNS.iter().map(|run| run.name).chain(ELSEWHERE);
    let run: BTreeSet<_> = run.map(str::to_owned).collect();
    assert_eq!(found, run);
}
