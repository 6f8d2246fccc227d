//! Ledgers that cannot be used: creates are refused before anything is paid, and reads go on.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::Value;

use crate::{
    bounded::{self, Lines},
    support::{Emulator, Run, eventually, output_of, run, spawn},
};

/// The ledger's own file, which one create has made.
fn ledger_file(emulator: &Emulator) -> PathBuf {
    let entries = fs::read_dir(emulator.state()).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut files = paths.filter(|path| path.extension().is_some_and(|it| it == "db"));
    files.next().unwrap()
}

/// An emulator with one recorded task, and its id.
fn with_task() -> (Emulator, String) {
    let emulator = Emulator::start("0s");
    let created = emulator.record(&["video", "create", "--prompt", "a cat"]);
    assert_eq!(created.exit, 0, "{created:?}");
    let id = created.json()["task_id"].as_str().unwrap().to_owned();
    (emulator, id)
}

/// Runs each command form on a broken ledger. `exit` is that of the ones that need it.
fn check(emulator: &Emulator, id: &str, exit: i32) {
    let before = emulator.creates();
    let body = r#"{"Prompt":"b"}"#;
    for needing in [
        &["video", "create", "--prompt", "b"][..],
        &["video", "create", "--prompt", "b", "--key", "k"],
        &["call", "CreateAigcVideoTask", "--json", body],
        &["resolve", "k", "--abandon"],
        &["tasks"],
        &["show", "k"],
        &["video", "wait", "--last"],
    ] {
        let refused = emulator.record(needing);
        assert_eq!(refused.exit, exit, "{needing:?}: {refused:?}");
        assert_eq!(refused.error()["created"], false, "{needing:?}");
        assert!(refused.error()["hint"].is_string(), "{refused:?}");
    }
    assert_eq!(emulator.creates(), before);
    for (number, verb) in ["status", "wait", "download"].into_iter().enumerate() {
        let out = format!("{number}.mp4");
        let out: &[&str] = if verb == "download" {
            &["--out", &out]
        } else {
            &[]
        };
        let going_on = emulator.record(&[&["video", verb], out, &["--", id]].concat());
        assert_eq!(going_on.exit, 0, "{verb}: {going_on:?}");
        let warned = going_on.stderr.contains(r#""event":"warning""#);
        assert!(warned, "{verb}: {going_on:?}");
    }
}

#[test]
fn a_ledger_of_garbage_is_a_usage_error_for_creates_and_a_warning_for_reads() {
    let (emulator, id) = with_task();
    let file = ledger_file(&emulator);
    for suffix in ["-wal", "-shm"] {
        let _absent = fs::remove_file(format!("{}{suffix}", file.display()));
    }
    fs::write(
        &file,
        "this is no database, but it is long enough to look at".repeat(100),
    )
    .unwrap();
    check(&emulator, &id, 2);
}

#[test]
fn a_ledger_of_a_newer_version_is_left_alone() {
    let (emulator, id) = with_task();
    let file = ledger_file(&emulator);
    let changed = rusqlite_script(
        &file,
        "PRAGMA user_version = 1000; UPDATE meta SET v = '1000' WHERE k = 'schema'",
    );
    if changed {
        check(&emulator, &id, 2);
    }
}

/// Runs SQL by a shell of SQLite's or of Python's; returns whether this machine has one.
fn rusqlite_script(file: &Path, sql: &str) -> bool {
    let program = "import sqlite3, sys; sqlite3.connect(sys.argv[1], isolation_level=None).executescript(sys.argv[2])";
    let mut python = Command::new("python3");
    let python = python.args(["-c", program]).arg(file).arg(sql);
    bounded::status(python).is_ok_and(|status| status.success())
}

/// A program that locks a ledger until it is killed; `None` without a Python to run it.
fn lock(file: &Path) -> Option<Child> {
    let program = "import sqlite3, sys
c = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=10)
c.execute('BEGIN EXCLUSIVE')
print('locked', flush=True)
sys.stdin.read()";
    let mut command = Command::new("python3");
    let command = command.args(["-c", program]).arg(file);
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut locker = command.spawn().ok()?;
    let stdout = Lines::of(locker.stdout.take().unwrap());
    assert_eq!(stdout.line().unwrap(), "locked");
    Some(locker)
}

#[test]
fn a_ledger_that_another_program_locks_is_waited_for_and_then_trouble() {
    let (emulator, id) = with_task();
    let Some(mut locker) = lock(&ledger_file(&emulator)) else {
        return;
    };
    let create = emulator.record(&["video", "create", "--prompt", "b"]);
    let status = emulator.record(&["video", "status", "--", &id]);
    let tasks = emulator.record(&["tasks"]);
    bounded::kill(&mut locker).unwrap();
    let exits = [&create, &status, &tasks].map(|run| run.exit);
    assert_eq!(exits, [6, 0, 6], "{create:?} {status:?} {tasks:?}");
    assert_eq!(create.error()["kind"], "ledger_busy");
    assert_eq!(emulator.creates(), 1);
}

/// The task is paid for by then: the receipt is printed as usual, and the exit code is 1.
#[test]
fn a_ledger_that_fails_after_the_send_changes_no_outcome() {
    let (emulator, _) = with_task();
    emulator.hold("CreateAigcVideoTask");
    let create = [
        "--output=json",
        "video",
        "create",
        "--prompt",
        "b",
        "--key",
        "late",
    ];
    let process = spawn(&mut emulator.recorded(&create));
    eventually(|| {
        emulator
            .record(&["show", "late"])
            .stdout
            .contains(r#""state":"sending""#)
    });
    let locker = lock(&ledger_file(&emulator));
    emulator.clear_faults();
    let output = output_of(process);
    let Some(mut locker) = locker else {
        return;
    };
    bounded::kill(&mut locker).unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    let receipt: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    let id = receipt["task_id"].as_str().unwrap();
    assert!(stderr.contains("the ledger does not have"), "{stderr}");
    assert!(stderr.contains(id), "{stderr}");
    assert_eq!(emulator.creates(), 2);
    // The seal has the id, which the next command finds.
    let again = emulator.record(&create[1..]);
    assert_eq!(again.exit, 0, "{again:?}");
    assert_eq!(
        (again.exit, &again.json()["task_id"]),
        (0, &receipt["task_id"]),
        "{again:?}"
    );
    assert_eq!(emulator.creates(), 2);
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[test]
fn without_a_place_creates_warn_once_and_a_named_ledger_is_a_usage_error() {
    let emulator = Emulator::start("0s");
    let homeless = |arguments: &[&str]| -> Run {
        let mut command = emulator.recorded(arguments);
        run(command.env_remove("HOME").env("MPS_LIMITER", ""))
    };
    let create = homeless(&["video", "create", "--prompt", "a"]);
    assert_eq!(create.exit, 0, "{create:?}");
    assert_eq!(create.stderr.matches("warning").count(), 1, "{create:?}");
    assert!(create.stderr.contains("not recorded"), "{create:?}");
    assert!(create.stderr.contains("this process only"), "{create:?}");
    let status = homeless(&["video", "status", "--", create.stdout.trim()]);
    assert_eq!((status.exit, status.stderr.as_str()), (0, ""), "{status:?}");
    for needing in [
        &["video", "create", "--prompt", "a", "--key", "k"][..],
        &["tasks"],
        &["show", "k"],
        &["resolve", "k", "--recreate"],
    ] {
        let refused = homeless(needing);
        assert_eq!(refused.exit, 2, "{refused:?}");
    }
    let named = emulator.record(&[
        "--ledger",
        "/dev/null/ledger.db",
        "video",
        "create",
        "--prompt",
        "b",
    ]);
    assert_eq!(named.exit, 2, "{named:?}");
    assert_eq!(emulator.creates(), 1);
}

#[test]
fn a_read_only_folder_is_no_place_unless_it_is_named() {
    if is_root() {
        // Root writes everywhere.
        return;
    }
    let emulator = Emulator::start("0s");
    let folder = emulator.folder.path().join("readonly");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o500)).unwrap();
    let create = ["video", "create", "--prompt", "a"];
    let mut command = emulator.recorded(&create);
    let unnamed = run(command
        .env("XDG_STATE_HOME", &folder)
        .env("MPS_LIMITER", "process"));
    assert_eq!(unnamed.exit, 0, "{unnamed:?}");
    assert!(unnamed.stderr.contains("not recorded"), "{unnamed:?}");
    let mut command = emulator.recorded(&create);
    let named = run(command.env("MPS_LEDGER", folder.join("ledger.db")));
    assert_eq!(named.exit, 2, "{named:?}");
    assert_eq!(emulator.creates(), 1);
}

#[test]
fn a_full_disk_refuses_creates_before_they_are_paid() {
    let emulator = Emulator::start("0s");
    let folder = emulator.folder.path().join("small");
    fs::create_dir(&folder).unwrap();
    let mount = |arguments: &[&str]| {
        let mut mount = Command::new("mount");
        let status = bounded::status(mount.args(arguments).arg(&folder));
        status.is_ok_and(|status| status.success())
    };
    if !is_root() || !mount(&["-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs"]) {
        return;
    }
    let _full = fs::write(folder.join("filler"), vec![0; 1 << 20]);
    let ledger = folder.join("ledger.db");
    let refused = emulator.record(&[
        "--ledger",
        ledger.to_str().unwrap(),
        "video",
        "create",
        "--prompt",
        "a",
    ]);
    bounded::status(Command::new("umount").arg(&folder)).unwrap();
    assert_eq!(refused.exit, 6, "{refused:?}");
    assert_eq!(emulator.creates(), 0);
}
