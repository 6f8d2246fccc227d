//! Output names under competition: between processes, with files of others, and after a kill.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::json;

use crate::{
    bounded::{self, Lines},
    support::{Emulator, Run, eventually, make_pipe, run, spawn},
};

const RUNS: usize = 50;

/// Runs two commands at the same time; returns the one that succeeded. The other must refuse.
fn one_of(emulator: &Emulator, commands: [&[&str]; 2]) -> (usize, Run) {
    let processes = commands.map(|arguments| spawn(&mut emulator.mps(arguments)));
    let mut runs = processes.map(Run::of).into_iter().enumerate();
    let (first, second) = (runs.next().unwrap(), runs.next().unwrap());
    let (winner, loser) = match (first.1.exit, second.1.exit) {
        (0, _) => (first, second),
        _ => (second, first),
    };
    assert_eq!(
        (winner.1.exit, loser.1.exit),
        (0, 2),
        "{winner:?} {loser:?}"
    );
    let refused = ["is reserved", "exists already"];
    let refused = refused.iter().any(|text| loser.1.stderr.contains(text));
    assert!(refused, "{loser:?}");
    winner
}

fn create(emulator: &Emulator, seconds: &str) -> String {
    let run = emulator.run(&[
        "video",
        "create",
        "--prompt",
        "a cat",
        "--duration",
        seconds,
    ]);
    assert_eq!(run.exit, 0, "{run:?}");
    run.stdout.trim_end().to_owned()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name.contains(".mp4")).collect();
    names.sort();
    names
}

#[test]
fn one_of_two_processes_that_create_for_one_name_refuses_before_paying() {
    let emulator = Emulator::start("0s");
    for number in 0..RUNS {
        let name = format!("{number}.mp4");
        let prompts = [format!("cat {number}"), format!("dog {number}")];
        let commands = prompts
            .each_ref()
            .map(|prompt| ["video", "create", "--prompt", prompt, "--out", &name]);
        let before = emulator.creates();
        one_of(&emulator, [&commands[0], &commands[1]]);
        let after = emulator.creates();
        assert_eq!(after, before + 1);
    }
    assert_eq!(emulator.bill()["duplicates"], 0);
    let names = names(emulator.folder.path());
    assert_eq!(names.len(), RUNS, "no temporary file is left: {names:?}");
}

#[test]
fn one_of_two_processes_that_download_to_one_name_refuses_and_the_file_is_whole() {
    let emulator = Emulator::start("0s");
    let folder = emulator.folder.path().to_owned();
    // Of different lengths, so that a mixture shows.
    let tasks = [create(&emulator, "5"), create(&emulator, "10")];
    let whole = tasks.each_ref().map(|task| {
        let run = emulator.run(&["video", "download", task, "--out", "whole.mp4"]);
        assert_eq!(run.exit, 0, "{run:?}");
        let content = fs::read(folder.join("whole.mp4")).unwrap();
        fs::remove_file(folder.join("whole.mp4")).unwrap();
        content
    });
    assert_ne!(whole[0], whole[1]);
    for (first, second) in [(0, 1), (0, 0)] {
        for _ in 0..RUNS {
            let pair = [first, second];
            let commands = pair.map(|index| {
                let task = tasks[index].as_str();
                ["video", "download", task, "--out", "clip.mp4"]
            });
            let (winner, _) = one_of(&emulator, [&commands[0], &commands[1]]);
            assert_eq!(names(&folder), ["clip.mp4"]);
            let saved = fs::read(folder.join("clip.mp4")).unwrap();
            assert!(saved == whole[pair[winner]], "a mixture of two results");
            fs::remove_file(folder.join("clip.mp4")).unwrap();
        }
    }
}

#[test]
fn a_download_of_something_else_than_the_result_saves_nothing_and_exits_with_10() {
    let emulator = Emulator::start("0s");
    let task = create(&emulator, "5");
    emulator.add_fault(&json!({"kind": "wrong_body"}));
    let download = ["video", "download", &task, "--out", "clip.mp4"];
    let run = emulator.run(&[&["--output", "json"][..], &download].concat());
    let error = run.error();
    assert_eq!(run.exit, 10, "{run:?}");
    assert_eq!(error["kind"], "wrong_content", "{error}");
    assert!(
        run.stderr.contains("the host sent JSON, 35 bytes"),
        "{run:?}"
    );
    assert!(names(emulator.folder.path()).is_empty());
    emulator.clear_faults();
    assert_eq!(emulator.run(&download).exit, 0);
    assert_eq!(names(emulator.folder.path()), ["clip.mp4"]);
}

#[test]
fn a_name_that_is_taken_during_the_wait_is_kept_and_the_result_saved_beside_it() {
    let emulator = Emulator::start("1h");
    let late = emulator.folder.path().join("late.mp4");
    let mut command = emulator.mps(&["--output", "json", "video", "create", "--prompt", "a cat"]);
    command.args(["--out", "late.mp4"]);
    let mut process = spawn(&mut command);
    let lines = Lines::of(process.stderr.take().unwrap());
    lines.wait_for(r#""event":"created""#);
    assert!(!late.exists(), "nothing is at the name before the end");
    fs::write(&late, "mine").unwrap();
    emulator.advance("1h");
    lines.wait_for(r#""instead_of":"late.mp4""#);
    let run = Run::of(process);
    assert_eq!(run.exit, 0, "{run:?}");
    let beside = PathBuf::from(run.json()["files"][0]["path"].as_str().unwrap());
    assert_eq!(beside.file_name().unwrap(), "late-2.mp4");
    assert_eq!(fs::read_to_string(late).unwrap(), "mine");
    assert_eq!(names(emulator.folder.path()), ["late-2.mp4", "late.mp4"]);
}

#[test]
fn a_file_that_a_killed_process_left_behind_is_taken_over() {
    let emulator = Emulator::start("0s");
    let task = create(&emulator, "5");
    emulator.add_fault(&json!({
        "kind": "drip", "pieces": 50, "delay": "1h", "action": "download"
    }));
    let command = ["video", "download", &task, "--out", "clip.mp4"];
    let mut process = spawn(&mut emulator.mps(&command));
    eventually(|| !names(emulator.folder.path()).is_empty());
    bounded::kill(&mut process).unwrap();
    assert_eq!(names(emulator.folder.path()), [".clip.mp4.mps-part"]);
    emulator.clear_faults();
    let run = emulator.run(&command);
    assert_eq!(run.exit, 0, "{run:?}");
    assert_eq!(names(emulator.folder.path()), ["clip.mp4"]);
}

#[test]
fn links_and_fifos_of_others_beside_the_name_stay_untouched() {
    let emulator = Emulator::start("0s");
    let folder = emulator.folder.path();
    let task = create(&emulator, "5");
    fs::write(folder.join("mine"), "mine").unwrap();
    for name in ["a.mp4.part", "b.mp4.part", "c.mp4.part"] {
        let at = folder.join(name);
        match name {
            "a.mp4.part" => std::os::unix::fs::symlink(folder.join("mine"), &at).unwrap(),
            "b.mp4.part" => fs::hard_link(folder.join("mine"), &at).unwrap(),
            _ => make_pipe(&at),
        }
        let out = name.trim_end_matches(".part");
        let run = emulator.run(&["video", "download", &task, "--out", out]);
        assert_eq!(run.exit, 0, "{run:?}");
        assert!(fs::symlink_metadata(&at).is_ok(), "{name}");
        assert_eq!(fs::read_to_string(folder.join("mine")).unwrap(), "mine");
    }
}

/// Needs a namespace with a file system of its own, which not every machine lets a user make.
#[cfg(target_os = "linux")]
#[test]
fn a_full_file_system_is_refused_before_paying() {
    let emulator = Emulator::start("0s");
    let folder = emulator.folder.path();
    fs::create_dir(folder.join("full")).unwrap();
    let inside = "mount -t tmpfs -o size=64k tmpfs full && exec \"$@\"";
    let namespace = [
        "--user",
        "--map-root-user",
        "--mount",
        "sh",
        "-c",
        inside,
        "sh",
    ];
    let mut probe = Command::new("unshare");
    let probe = probe.args(namespace).arg("true").current_dir(folder);
    let possible = bounded::output(probe).is_ok_and(|output| output.status.success());
    if !possible {
        println!("skipped: no namespace with a file system of its own");
        return;
    }
    let create = emulator.mps(&["--output", "json", "video", "create", "--prompt", "a cat"]);
    let mut command = Command::new("unshare");
    command.args(namespace).arg(create.get_program());
    command
        .args(create.get_args())
        .args(["--out", "full/a.mp4"]);
    command.env_clear().current_dir(folder);
    for (name, value) in create.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    let run = run(&mut command);
    assert_eq!(run.exit, 2, "{run:?}");
    assert_eq!(run.error()["kind"], "no_space", "{run:?}");
    assert_eq!(emulator.creates(), 0);
}

#[test]
fn a_download_into_a_folder_refuses_a_name_that_is_taken_as_one_to_a_file_does() {
    let emulator = Emulator::start("0s");
    let task = create(&emulator, "5");
    for verb in ["download", "wait"] {
        let arguments = ["--output", "json", "video", verb, "--out", ".", &task];
        let first = emulator.run(&arguments);
        assert_eq!(first.exit, 0, "{first:?}");
        let again = emulator.run(&arguments);
        let error = again.error();
        assert_eq!((again.exit, &error["kind"]), (2, &json!("already_exists")));
        assert_eq!(error["task_id"], json!(task));
        let [name] = &names(emulator.folder.path())[..] else {
            panic!("{again:?}");
        };
        fs::remove_file(emulator.folder.path().join(name)).unwrap();
    }
}
