//! The config file: its place, owner and mistakes, and which of several settings counts.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::support::{Emulator, Run, make_pipe, mps, run};

/// Writes the config file of a home folder, for its owner only.
fn write(home: &Path, text: impl AsRef<[u8]>) -> PathBuf {
    let file = home.join(".config/mps/config.toml");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, text).unwrap();
    set_mode(&file, 0o600);
    file
}

fn set_mode(file: &Path, mode: u32) {
    fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
}

fn run_in(home: &Path, arguments: &[&str]) -> Run {
    run(mps(home).args(arguments))
}

/// Runs `mps models Kling` with a config file.
fn models_with(text: impl AsRef<[u8]>) -> Run {
    let home = tempfile::tempdir().unwrap();
    write(home.path(), text);
    run_in(home.path(), &["models", "Kling"])
}

/// Returns value and origin of a setting.
fn explained(command: &mut Command, name: &str) -> (String, String) {
    let run = run(command.args(["config", "explain", "--output", "json"]));
    assert_eq!(run.exit, 0, "{run:?}");
    let explained = run.json();
    assert_eq!(explained["schema"], "mps.config/1");
    let options = explained["options"].as_array().unwrap();
    let option = options.iter().find(|option| option["name"] == name);
    let text = |member: &str| option.unwrap()[member].as_str().unwrap().to_owned();
    (text("value"), text("origin"))
}

#[test]
fn a_flag_overrides_the_environment_and_that_the_config_file() {
    let home = tempfile::tempdir().unwrap();
    let of = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = mps(home.path());
        explained(
            command.args(arguments).envs(variables.iter().copied()),
            "site",
        )
    };
    let both = |value: &str, origin: &str| (value.to_owned(), origin.to_owned());
    assert_eq!(
        of(&[], &[]),
        both("that of the endpoint, else intl", "default")
    );
    write(home.path(), "site = \"cn\"");
    assert_eq!(of(&[], &[]), both("cn", "config"));
    let variables = [("MPS_SITE", "intl")];
    assert_eq!(of(&[], &variables), both("intl", "environment"));
    assert_eq!(of(&["--site", "cn"], &variables), both("cn", "flag"));
    assert_eq!(of(&[], &[("MPS_SITE", "")]), both("cn", "config"));
}

#[test]
fn the_file_is_read_from_one_place_only() {
    let home = tempfile::tempdir().unwrap();
    let elsewhere = home.path().join("elsewhere/mps");
    fs::create_dir_all(&elsewhere).unwrap();
    for place in [
        "config.toml",
        "mps.toml",
        ".mps/config.toml",
        "mps/config.toml",
    ] {
        let file = home.path().join(place);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "broken").unwrap();
    }
    assert_eq!(run_in(home.path(), &["models", "Kling"]).exit, 0);
    fs::write(elsewhere.join("config.toml"), "output = \"json\"").unwrap();
    let folder = elsewhere.parent().unwrap();
    let named = run(mps(home.path())
        .args(["models", "Kling"])
        .env("XDG_CONFIG_HOME", folder));
    assert!(named.stdout.starts_with('{'), "{named:?}");
    // A relative folder would be within the working folder.
    let relative = run(mps(home.path())
        .args(["models", "Kling"])
        .env("XDG_CONFIG_HOME", "elsewhere"));
    assert!(!relative.stdout.starts_with('{'), "{relative:?}");
}

#[test]
fn a_file_with_a_mistake_is_refused_with_its_place() {
    let huge = "# a comment of some length\n".repeat(400_000);
    for (text, message) in [
        ("site = ", ":1:8: this is not TOML"),
        ("siet = \"cn\"", ":1:1: there is no key siet"),
        ("\n\nsite = \"mars\"", ":3:1: site: invalid value 'mars'"),
        ("version = 2", "newer mps"),
        (huge.as_str(), "longer than 1 MB"),
    ] {
        let run = models_with(text);
        assert_eq!(run.exit, 2, "{run:?}");
        assert!(run.stderr.contains("config.toml"), "{run:?}");
        assert!(run.stderr.contains(message), "{run:?}");
        assert!(run.stderr.contains("hint"), "{run:?}");
    }
    let run = models_with(b"site = \"\xff\"");
    assert!(run.stderr.contains("not UTF-8"), "{run:?}");
    let run = models_with("siet = \"cn\"");
    assert!(run.stderr.contains("did you mean site?"), "{run:?}");
    assert_eq!(models_with("").exit, 0);
}

#[test]
fn something_that_is_no_file_is_refused_at_once() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join(".config/mps/config.toml");
    fs::create_dir_all(&file).unwrap();
    let run = run_in(home.path(), &["models", "Kling"]);
    assert_eq!(run.exit, 2, "{run:?}");
    assert!(run.stderr.contains("is a folder"), "{run:?}");
    fs::remove_dir(&file).unwrap();
    make_pipe(&file);
    let run = run_in(home.path(), &["models", "Kling"]);
    assert_eq!(run.exit, 2, "{run:?}");
    assert!(run.stderr.contains("is a pipe"), "{run:?}");
}

#[test]
fn a_file_that_others_can_write_to_is_refused_and_a_readable_password_is_warned_of() {
    let home = tempfile::tempdir().unwrap();
    let file = write(home.path(), "site = \"cn\"");
    let models = ["models", "Kling"];
    for mode in [0o620, 0o602, 0o666] {
        set_mode(&file, mode);
        let run = run_in(home.path(), &models);
        assert_eq!(run.exit, 2, "{run:?}");
        assert!(run.stderr.contains("chmod go-w -- "), "{run:?}");
    }
    set_mode(&file, 0o644);
    assert_eq!(run_in(home.path(), &models).stderr, "");
    let link = home.path().join("elsewhere.toml");
    fs::rename(&file, &link).unwrap();
    symlink(&link, &file).unwrap();
    fs::write(&link, "limiter = \"redis://:hunter2@h\"").unwrap();
    let run = run_in(home.path(), &models);
    assert_eq!(run.exit, 0, "{run:?}");
    assert!(run.stderr.contains("chmod 600 -- "), "{run:?}");
    set_mode(&link, 0o600);
    assert_eq!(run_in(home.path(), &models).stderr, "");
}

#[test]
fn explain_shows_every_value_and_no_secret_also_beside_a_mistake() {
    let home = tempfile::tempdir().unwrap();
    write(
        home.path(),
        "limiter = \"redis://:hunter2@h\"\n[defaults]\nout = \"clips\"\nmodel.video = \"Kling\"",
    );
    let mut command = mps(home.path());
    command
        .args(["-q", "config", "explain"])
        .env("TENCENTCLOUD_SECRET_KEY", "a-secret-key");
    let shown = run(&mut command);
    assert_eq!(shown.exit, 0, "{shown:?}");
    for part in [
        "redis://:***@h",
        "TENCENTCLOUD_SECRET_KEY",
        "defaults.model.video",
        "-q",
    ] {
        let part = if part == "-q" { "--quiet" } else { part };
        assert!(shown.stdout.contains(part), "{part}: {shown:?}");
    }
    assert!(!shown.stdout.contains("hunter2"), "{shown:?}");
    assert!(!shown.stdout.contains("a-secret-key"), "{shown:?}");

    write(home.path(), "siet = 1");
    let shown = run_in(home.path(), &["config", "explain", "--output", "json"]);
    assert_eq!(shown.exit, 2, "{shown:?}");
    let explained: Value = shown.json();
    assert_eq!(explained["exists"], true);
    assert_eq!(explained["used"], false);
    assert_eq!(shown.error()["kind"], "usage");
}

#[test]
fn defaults_of_commands_are_used_where_no_flag_is_given() {
    let emulator = Emulator::start("0s");
    let home = emulator.folder.path();
    write(
        home,
        "[defaults]\nout = \"clips\"\nname-template = \"{task_id}.{ext}\"\nmodel.video = \"Kling\"",
    );
    let run = emulator.run(&["video", "create", "--prompt", "a cat", "--dry-run"]);
    assert!(run.stdout.contains("\"Kling\""), "{run:?}");
    let run = emulator.run(&[
        "video",
        "create",
        "--prompt",
        "a cat",
        "--model",
        "Vidu",
        "--dry-run",
    ]);
    assert!(!run.stdout.contains("Kling"), "{run:?}");

    let created = emulator.run(&["video", "create", "--prompt", "a cat"]);
    assert_eq!(created.exit, 0, "{created:?}");
    assert!(!home.join("clips").exists());
    let id = created.stdout.trim_end();
    let saved = emulator.run(&["video", "download", id]);
    assert_eq!(saved.exit, 0, "{saved:?}");
    assert!(home.join(format!("clips/{id}.mp4")).exists(), "{saved:?}");
    let saved = emulator.run(&["video", "wait", id, "--out", "cat.mp4"]);
    assert_eq!(saved.exit, 0, "{saved:?}");
    assert!(home.join("cat.mp4").exists());
}

#[test]
fn a_download_without_a_place_says_how_to_name_one() {
    let home = tempfile::tempdir().unwrap();
    let run = run_in(home.path(), &["video", "download", "1"]);
    assert_eq!(run.exit, 2, "{run:?}");
    assert!(run.stderr.contains("--out DIR/"), "{run:?}");
}
