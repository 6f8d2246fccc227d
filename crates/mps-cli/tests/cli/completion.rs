//! Completion in a shell: its candidates, and that it neither waits nor complains.

use std::{fs, path::Path, process::Command};

use serde_json::Value;

use crate::support::{Emulator, Run, mps, run};

/// Returns the command that a script of bash runs for the last of these words.
fn complete(command: &mut Command, words: &[&str]) -> Run {
    let last = words.len();
    command
        .env("MPS_COMPLETE", "bash")
        .env("_CLAP_COMPLETE_INDEX", last.to_string())
        .env("_CLAP_IFS", "\n")
        .args(["--", "mps"])
        .args(words);
    run(command)
}

fn offered(folder: &Path, words: &[&str]) -> Vec<String> {
    let run = complete(&mut mps(folder), words);
    assert_eq!((run.exit, run.stderr.as_str()), (0, ""), "{run:?}");
    run.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn commands_options_models_and_actions_are_offered() {
    let folder = tempfile::tempdir().unwrap();
    for (words, expected) in [
        (&["vid"][..], "video"),
        (&["video", ""], "create"),
        (&["video", "create", "--mod"], "--model"),
        (&["video", "create", "--model", "Kl"], "Kling"),
        (&["image", "create", "--model", ""], "Hunyuan"),
        (&["--site", ""], "cn"),
        (&["call", "DescribeAigcV"], "DescribeAigcVideoTask"),
        (&["models", "Hai"], "Hailuo"),
        (&["completion", ""], "powershell"),
    ] {
        let offered = offered(folder.path(), words);
        assert!(
            offered.iter().any(|it| it == expected),
            "{words:?}: {offered:?}"
        );
    }
}

#[test]
fn tasks_of_the_local_ledger_are_offered_by_family_and_state() {
    let emulator = Emulator::start("0s");
    let create = emulator.record(&["video", "create", "--prompt", "a", "--key", "fox"]);
    let id = create.json()["task_id"].as_str().unwrap().to_owned();
    let endpoint = ["--endpoint", &emulator.endpoint];
    let offered = |words: &[&str]| {
        let mut command = emulator.recorded(&[]);
        let command_line = mps(emulator.folder.path());
        // The words come from the shell, not from the options of the helper.
        let mut command_line = command_line;
        for (name, value) in command.get_envs() {
            command_line.env(name, value.unwrap_or_default());
        }
        let _ = &mut command;
        let run = complete(&mut command_line, &[&endpoint[..], words].concat());
        assert_eq!((run.exit, run.stderr.as_str()), (0, ""), "{run:?}");
        run.stdout
    };
    assert!(offered(&["video", "wait", ""]).contains(&id));
    assert!(!offered(&["image", "wait", ""]).contains(&id));
    assert!(!offered(&["video", "download", ""]).contains(&id));
    let shown = offered(&["show", ""]);
    assert!(shown.contains(&id) && shown.contains("fox"), "{shown}");
    let wait = emulator.record(&["video", "wait", &id]);
    assert_eq!(wait.exit, 0, "{wait:?}");
    assert!(offered(&["video", "download", ""]).contains(&id));
}

#[test]
fn a_ledger_that_cannot_be_read_at_once_is_passed_over_in_silence() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    let garbage = home.join("garbage.db");
    fs::write(&garbage, "not a ledger").unwrap();
    let pipe = home.join("pipe.db");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    for ledger in [
        "none.db",
        "garbage.db",
        "pipe.db",
        "off",
        "postgres://nobody@192.0.2.1/db",
    ] {
        let offered = offered(home, &["--ledger", ledger, "show", ""]);
        assert!(!offered.is_empty(), "{ledger}: the options are offered");
        let flags = |it: &String| it.starts_with('-');
        assert!(offered.iter().all(flags), "{ledger}: {offered:?}");
    }
    // Nothing was made or changed.
    assert!(!home.join("none.db").exists());
    assert_eq!(fs::read_to_string(&garbage).unwrap(), "not a ledger");
}

#[test]
fn a_locked_ledger_does_not_delay_the_shell() {
    let emulator = Emulator::start("1h");
    let ledger = emulator.folder.path().join("locked.db");
    let ledger = ledger.to_str().unwrap();
    let create = emulator.record(&["--ledger", ledger, "video", "create", "--prompt", "a"]);
    assert_eq!(create.exit, 0, "{create:?}");
    let locks = fs::read_dir(emulator.folder.path()).unwrap();
    let locks = locks.map(|file| file.unwrap().path());
    let open: Vec<_> = locks
        .filter(|file| file.to_string_lossy().ends_with("-lock"))
        .map(|file| fs::File::open(file).unwrap())
        .collect();
    assert!(!open.is_empty());
    for file in &open {
        file.lock().unwrap();
    }
    let offered = offered(emulator.folder.path(), &["--ledger", ledger, "show", ""]);
    let id = create.json()["task_id"].as_str().unwrap().to_owned();
    assert!(offered.iter().any(|it| it.contains(&id)), "{offered:?}");
}

#[test]
fn each_shell_has_a_script_that_asks_this_program() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = run(mps(folder.path()).args(["completion", shell]));
        assert_eq!(script.exit, 0, "{script:?}");
        assert!(script.stdout.contains("MPS_COMPLETE"), "{script:?}");
        let object: Value =
            run(mps(folder.path()).args(["completion", shell, "--output", "json"])).json();
        assert_eq!(object["shell"], shell);
    }
    let unknown = run(mps(folder.path()).args(["completion", "tcsh"]));
    assert_eq!(unknown.exit, 2, "{unknown:?}");
}

/// bash itself sources the script and completes a word.
#[test]
fn bash_completes_by_the_script() {
    let folder = tempfile::tempdir().unwrap();
    let binary = Path::new(env!("CARGO_BIN_EXE_mps")).parent().unwrap();
    let script = r#"
        source <(mps completion bash) || exit 1
        COMP_WORDS=(mps vid); COMP_CWORD=1; COMP_TYPE=9
        _clap_complete_mps mps vid mps
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let output = Command::new("bash")
        .args(["-c", script])
        .env_clear()
        .env("HOME", folder.path())
        .env("PATH", format!("{}:/usr/bin:/bin", binary.display()))
        .output()
        .unwrap();
    let offered = String::from_utf8_lossy(&output.stdout);
    assert_eq!(offered.trim(), "video", "{output:?}");
}
