//! Results that name a paid task survive a stdout, or a stderr, that cannot be written.

use std::{
    fs::File,
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::{
    bounded,
    support::{Emulator, Run, example, spawn},
};

/// The command forms that create: their arguments, and the family of the task.
fn creates() -> Vec<(Vec<String>, &'static str)> {
    let drama = example("CreateAiDramaTask");
    let drama = drama.to_str().unwrap();
    let body = r#"{"Prompt":"a cat"}"#;
    let forms: [(&[&str], &str); 5] = [
        (&["video", "create", "--prompt", "a"], "video"),
        (
            &["image", "create", "--model", "Hunyuan", "--prompt", "a"],
            "image",
        ),
        (
            &["audio", "create", "--model", "Mureka", "--prompt", "a"],
            "audio",
        ),
        (
            &["scenario", "create", "ai-drama", "--request", drama],
            "scenario",
        ),
        (&["call", "CreateAigcVideoTask", "--json", body], "video"),
    ];
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    forms.map(|(words, family)| (owned(words), family)).into()
}

/// The id of the task that was created last.
fn last_task(emulator: &Emulator) -> String {
    let bill = emulator.bill();
    let items = bill["items"].as_array().unwrap();
    items.last().unwrap()["task_id"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// Runs a command whose stdout has no space.
fn with_full_stdout(command: &mut Command) -> Run {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let command = command.stdout(full).stderr(Stdio::piped());
    Run::of(command.spawn().unwrap())
}

/// Runs a command with a redirection of a shell.
fn redirected(emulator: &Emulator, arguments: &[&str], redirection: &str) -> Run {
    let mps = emulator.mps(arguments);
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!(r#""$0" "$@" {redirection}"#)])
        .arg(mps.get_program())
        .args(mps.get_args())
        .envs(
            mps.get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .current_dir(emulator.folder.path());
    Run::from_output(bounded::output(&mut command).unwrap())
}

fn check_lost_receipt(run: &Run, id: &str, family: &str, quoted: &str) {
    let error: Value = serde_json::from_str(run.stderr.lines().last().unwrap()).unwrap();
    assert_eq!((run.exit, &error["task_id"]), (1, &id.into()), "{run:?}");
    assert_eq!(error["created"], true);
    let resume = error["resume"].as_array().unwrap();
    assert_eq!(resume.last().unwrap(), id);
    let line = format!("{family} wait -- {quoted}");
    assert!(error["hint"].as_str().unwrap().ends_with(&line), "{run:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_receipt_that_cannot_be_written_to_stdout_is_on_stderr() {
    let emulator = Emulator::start("1h");
    for (arguments, family) in creates() {
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let arguments = [&["--output", "json"], &arguments[..]].concat();
        for redirection in [">/dev/full", ">&-"] {
            let run = redirected(&emulator, &arguments, redirection);
            let id = last_task(&emulator);
            check_lost_receipt(&run, &id, family, &id);
        }
        let mut command = emulator.mps(&arguments);
        let mut process = spawn(&mut command);
        // A reader that has gone before anything is written.
        drop(process.stdout.take());
        let run = Run::of(process);
        let id = last_task(&emulator);
        check_lost_receipt(&run, &id, family, &id);
    }
}

/// Both streams of a command whose task is still running.
#[test]
#[cfg(target_os = "linux")]
fn without_stderr_the_task_is_named_on_stdout() {
    let emulator = Emulator::start("1h");
    let create = [
        "video",
        "create",
        "--prompt",
        "a",
        "--wait",
        "--timeout",
        "1ms",
    ];
    for redirection in ["2>/dev/full", "2>&-"] {
        let run = redirected(&emulator, &create, redirection);
        let line = format!("video wait -- {}\n", last_task(&emulator));
        assert_eq!(run.exit, 5, "{run:?}");
        assert!(run.stdout.ends_with(&line), "{run:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_result_that_cannot_be_written_after_the_download_says_so() {
    let emulator = Emulator::start("0s");
    let create = ["video", "create", "--prompt", "a", "--out", "a.mp4"];
    let mut command = emulator.mps(&create);
    let run = with_full_stdout(&mut command);
    let line = format!("video download --out a.mp4 -- {}\n", last_task(&emulator));
    assert_eq!(run.exit, 1, "{run:?}");
    assert!(run.stderr.ends_with(&line), "{run:?}");
    assert!(emulator.folder.path().join("a.mp4").exists());
}

#[test]
#[cfg(target_os = "linux")]
fn a_listing_ends_quietly_when_its_reader_has_gone() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = crate::support::mps(folder.path());
    let mut process = spawn(command.arg("models"));
    drop(process.stdout.take());
    let run = Run::of(process);
    assert_eq!((run.exit, run.stderr.as_str()), (0, ""));
}

#[test]
#[cfg(target_os = "linux")]
fn a_discarded_stdout_is_no_error() {
    let emulator = Emulator::start("1h");
    let create = ["video", "create", "--prompt", "a"];
    let run = redirected(&emulator, &create, ">/dev/null");
    assert_eq!((run.exit, run.stderr.as_str()), (0, ""), "{run:?}");
}

#[test]
fn a_hostile_task_id_stays_one_argument_of_one_line() {
    let emulator = Emulator::start("1h");
    for (id, quoted, shown) in [
        (
            "--endpoint=https://evil.example",
            "--endpoint=https://evil.example",
            "--endpoint=https://evil.example",
        ),
        ("a\nb", r"$'a\x0ab'", r"a\nb"),
        ("\u{1b}[31m'", r"$'\x1b[31m\''", r"\u{1b}[31m'"),
    ] {
        let fault = serde_json::json!({"kind": "task_id", "value": id, "times": 1});
        emulator.add_fault(&fault);
        let created = emulator.run(&["video", "create", "--prompt", "a"]);
        assert_eq!(
            (created.exit, created.stdout.trim_end()),
            (0, shown),
            "{created:?}"
        );

        emulator.add_fault(&fault);
        let run = redirected(
            &emulator,
            &["--output", "json", "video", "create", "--prompt", "a"],
            ">/dev/full",
        );
        check_lost_receipt(&run, id, "video", quoted);
    }
}

#[test]
fn a_receipt_that_cannot_be_written_names_the_file_that_was_saved() {
    let emulator = Emulator::start("0s");
    let mut command = emulator.mps(&["video", "create", "--prompt", "a", "--out", "cat.mp4"]);
    let run = with_full_stdout(&mut command);
    assert_eq!(run.exit, 1, "{run:?}");
    assert!(run.stderr.contains("it is saved as cat.mp4"), "{run:?}");
}
