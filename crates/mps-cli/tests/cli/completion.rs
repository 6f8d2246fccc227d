//! Completion in a shell: its candidates, and that it neither waits nor complains.

use std::{fs, path::Path, process::Command};

use serde_json::Value;

use crate::{
    bounded,
    support::{Emulator, Run, eventually, make_pipe, mps, run},
};

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
    fs::write(folder.path().join("cat.png"), "").unwrap();
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
        (&["video", "create", "--image", "ca"], "cat.png"),
    ] {
        let offered = offered(folder.path(), words);
        assert!(
            offered.iter().any(|it| it == expected),
            "{words:?}: {offered:?}"
        );
    }
}

#[test]
fn common_options_are_offered_for_a_hyphen_only() {
    let folder = tempfile::tempdir().unwrap();
    let endpoint = "--endpoint".to_owned();
    for (words, expected) in [
        (&["video", ""][..], false),
        (&[""], false),
        (&["video", "-"], true),
        (&["video", "create", "--end"], true),
    ] {
        let offered = offered(folder.path(), words);
        assert_eq!(
            offered.contains(&endpoint),
            expected,
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
    // A busy machine may need more than the 50 ms that completion waits for the ledger.
    eventually(|| offered(&["video", "wait", ""]).contains(&id));
    assert!(!offered(&["image", "wait", ""]).contains(&id));
    assert!(!offered(&["video", "download", ""]).contains(&id));
    eventually(|| {
        let shown = offered(&["show", ""]);
        shown.contains(&id) && shown.contains("fox")
    });
    let wait = emulator.record(&["video", "wait", &id]);
    assert_eq!(wait.exit, 0, "{wait:?}");
    eventually(|| offered(&["video", "download", ""]).contains(&id));
}

#[test]
fn a_ledger_that_cannot_be_read_at_once_is_passed_over_in_silence() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    let garbage = home.join("garbage.db");
    fs::write(&garbage, "not a ledger").unwrap();
    let pipe = home.join("pipe.db");
    make_pipe(&pipe);
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
    let id = create.json()["task_id"].as_str().unwrap().to_owned();
    // A busy machine may need more than the 50 ms that completion waits for the ledger; a lock that it waited
    // for would never let it through.
    eventually(|| {
        let offered = offered(emulator.folder.path(), &["--ledger", ledger, "show", ""]);
        offered.iter().any(|it| it.contains(&id))
    });
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

/// Returns the folder of the command and those of the system, as a `PATH`.
fn path() -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_mps")).parent().unwrap();
    format!("{}:/usr/local/bin:/usr/bin:/bin", binary.display())
}

fn is_installed(program: &str) -> bool {
    path()
        .split(':')
        .any(|folder| Path::new(folder).join(program).exists())
}

/// Returns `true` if a shell is installed; its test has nothing to run otherwise. CI has it.
#[expect(clippy::print_stderr, reason = "a skipped test prints a notice")]
fn has_shell(shell: &str) -> bool {
    let is_there = is_installed(shell);
    if !is_there {
        let is_ci = std::env::var("CI").is_ok_and(|value| value == "true");
        assert!(!is_ci, "{shell} is not installed");
        eprintln!("skipped: {shell} is not installed");
    }
    is_there
}

/// Returns the output of a script in a shell.
fn in_shell(shell: &str, script: &str, folder: &Path) -> String {
    let mut command = Command::new(shell);
    command
        .args(["-c", script])
        .env_clear()
        .env("HOME", folder)
        .env("PATH", path())
        .current_dir(folder);
    let output = bounded::output(&mut command).unwrap();
    assert!(output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// bash itself sources the script and completes a word.
#[test]
fn bash_completes_by_the_script() {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"
        source <(mps completion bash) || exit 1
        COMP_WORDS=(mps vid); COMP_CWORD=1; COMP_TYPE=9
        _clap_complete_mps mps vid mps
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    assert_eq!(in_shell("bash", script, folder.path()).trim(), "video");
}

/// fish itself sources the script and completes words.
#[test]
fn fish_completes_by_the_script() {
    if !has_shell("fish") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("cat.png"), "").unwrap();
    let script = "
        mps completion fish | source
        for line in 'vid' 'video create --model Kl' 'video create --image ca' 'video st'
            complete --do-complete \"mps $line\"
        end
    ";
    let offered = in_shell("fish", script, folder.path());
    // A help text follows the word.
    let words: Vec<_> = offered
        .lines()
        .map(|line| line.split('\t').next().unwrap())
        .collect();
    assert_eq!(words, ["video", "Kling", "cat.png", "status"], "{offered}");
}

/// zsh itself, on a terminal of its own, sources the script and completes words.
#[test]
fn zsh_completes_by_the_script() {
    if !has_shell("zsh") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("cat.png"), "").unwrap();
    // `zpty` types into a second zsh, whose prompt says that it is ready.
    let script = r#"
        zmodload zsh/zpty || exit 1
        zpty shell zsh -f -i || exit 1
        zpty -w shell "autoload -U compinit; compinit -u; source <(mps completion zsh); PROMPT=rea''dy:"
        # Written apart above, so that the echo of the line is not taken for the prompt.
        zpty -r -m shell seen '*ready:*'
        for line expected in vid video 'video create --model Kl' Kling 'video create --image ca' cat.png 'video st' status; do
            zpty -w -n shell "mps $line"$'\t'
            # Ends when the word is there; a shell that never completes it is ended by the test.
            zpty -r -m shell seen "*$expected*" && print -r -- "$expected"
            zpty -w -n shell $'\x15'
        done
        zpty -d shell
    "#;
    let offered = in_shell("zsh", script, folder.path());
    assert_eq!(
        offered.lines().collect::<Vec<_>>(),
        ["video", "Kling", "cat.png", "status"]
    );
}
