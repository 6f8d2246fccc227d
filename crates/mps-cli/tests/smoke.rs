//! The command on every system: the same few steps that a person takes first, and what a system lacks.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;

#[path = "../../../tests/src/bounded.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "public in the package of the tests, where more of it is used"
)]
mod bounded;

/// `mps` in a home of its own, with nothing of the environment but what the system needs to start it.
fn mps(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mps"));
    command
        .args(arguments)
        .env_clear()
        .env("TENCENTCLOUD_SECRET_ID", "AKIDsmoke")
        .env("TENCENTCLOUD_SECRET_KEY", "smoke")
        .env("HOME", home)
        .env("USERPROFILE", home)
        .env("LOCALAPPDATA", home.join("AppData").join("Local"))
        .current_dir(home)
        .stdin(Stdio::null());
    for kept in ["PATH", "SYSTEMROOT", "TEMP", "TMP", "WINEPREFIX"] {
        if let Some(value) = std::env::var_os(kept) {
            command.env(kept, value);
        }
    }
    command
}

fn run(home: &Path, arguments: &[&str]) -> Output {
    bounded::output(&mut mps(home, arguments)).unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The folder that `docs/platforms.md` names for this system.
fn state_folder(home: &Path) -> PathBuf {
    let base = if cfg!(windows) {
        home.join("AppData").join("Local")
    } else if cfg!(target_os = "macos") {
        home.join("Library").join("Application Support")
    } else {
        home.join(".local").join("state")
    };
    base.join("mps")
}

#[test]
fn version_help_and_usage_errors_have_their_exit_codes() {
    let home = tempfile::tempdir().unwrap();
    for (arguments, exit, expected) in [
        (&["version"][..], 0, env!("CARGO_PKG_VERSION")),
        (&["--help"], 0, "video"),
        (&["video", "create", "--help"], 0, "--prompt"),
        (&["models", "Kling"], 0, "Kling"),
        (&["vidoe"], 2, ""),
    ] {
        let output = run(home.path(), arguments);
        assert_eq!(
            output.status.code(),
            Some(exit),
            "{arguments:?}: {output:?}"
        );
        assert!(text(&output.stdout).contains(expected), "{arguments:?}");
    }
}

#[test]
fn the_emulator_makes_a_clip() {
    let home = tempfile::tempdir().unwrap();
    let create = ["--emulator", "--output", "json", "video", "create"];
    let options = [
        "--prompt",
        "a fox in the snow",
        "--wait",
        "--out",
        "fox.mp4",
    ];
    let output = run(home.path(), &[&create[..], &options[..]].concat());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(result["schema"], "mps.video/1");
    let written = std::fs::read(home.path().join("fox.mp4")).unwrap();
    assert_eq!(written.get(4..8), Some(&b"ftyp"[..]));
    assert_eq!(result["files"][0]["bytes"], written.len());
}

#[test]
fn a_create_is_recorded_in_the_state_folder_of_the_system() {
    let home = tempfile::tempdir().unwrap();
    // A port of this machine that refuses every connection: nothing is sent, and the intent remains.
    let endpoint = ["--endpoint", "http://127.0.0.1:1", "--output", "json"];
    let create = [
        "--limiter",
        "process",
        "video",
        "create",
        "--prompt",
        "a fox",
        "--key",
        "fox",
    ];
    let output = run(home.path(), &[&endpoint[..], &create[..]].concat());
    assert_eq!(output.status.code(), Some(6), "{output:?}");
    let ledgers = std::fs::read_dir(state_folder(home.path())).unwrap();
    let mut names = ledgers.map(|entry| entry.unwrap().path());
    assert!(names.any(|path| path.extension().is_some_and(|it| it == "db")));
    let listed = run(home.path(), &[&endpoint[..], &["tasks"]].concat());
    assert!(text(&listed.stdout).contains("\"fox\""), "{listed:?}");
}

/// A limit for the whole machine needs a clock that its processes share.
#[test]
fn a_limit_that_the_system_lacks_is_an_error_if_named_and_else_a_warning() {
    let home = tempfile::tempdir().unwrap();
    let common = ["--endpoint", "http://127.0.0.1:1"];
    let create = ["video", "create", "--prompt", "a fox"];
    let machine = [&common[..], &["--limiter", "machine"], &create].concat();
    let named = run(home.path(), &machine);
    let default = run(home.path(), &[&common[..], &create].concat());
    let stderr = text(&default.stderr);
    if cfg!(unix) {
        assert_eq!(named.status.code(), Some(6), "{named:?}");
        assert!(!stderr.contains("this process only"), "{stderr}");
    } else {
        assert_eq!(named.status.code(), Some(2), "{named:?}");
        assert!(
            text(&named.stderr).contains("--limiter process"),
            "{named:?}"
        );
        assert!(stderr.contains("this process only"), "{stderr}");
    }
}
