//! Two shells on one machine keep the account's limit together, and a file that cannot be used
//! stops both rather than none.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    process::{Child, Stdio},
};

use crate::{
    arrivals::first_too_early,
    bounded,
    support::{Emulator, Run, eventually, make_pipe, run},
};

/// The creates that the service permits in any second.
const LIMIT: usize = 10;

fn create(emulator: &Emulator) -> Run {
    let arguments = [
        "--quiet",
        "--limiter",
        "machine",
        "video",
        "create",
        "--prompt",
        "a cat",
    ];
    run(&mut emulator.mps(&arguments))
}

/// Returns an emulator with one create, which has made the limiter's file.
fn with_file() -> Emulator {
    let emulator = Emulator::start("1h");
    assert_eq!(create(&emulator).exit, 0);
    emulator
}

/// Checks that no create after that of [`with_file`] arrived earlier than a limit of all processes together permits.
fn check_limit(emulator: &Emulator) {
    let requests = emulator.requests();
    let arrivals = requests.iter().map(|it| it["at_us"].as_u64().unwrap());
    let mut arrivals: Vec<_> = arrivals.collect();
    arrivals.sort_unstable();
    let since_first: Vec<_> = arrivals[1..].iter().map(|at| at - arrivals[0]).collect();
    assert_eq!(first_too_early(&since_first, LIMIT), None, "{arrivals:?}");
}

#[test]
fn processes_at_the_same_time_share_one_limit() {
    let emulator = with_file();
    let count = 3 * LIMIT;
    for mut process in spawn_creates(&emulator, "machine", count) {
        assert!(bounded::wait(&mut process).unwrap().success());
    }
    assert_eq!(emulator.bill()["creates"], 1 + count);
    check_limit(&emulator);
}

#[test]
fn the_limit_file_is_in_the_state_folder_and_hides_the_account() {
    let emulator = Emulator::start("1h");
    assert_eq!(create(&emulator).exit, 0);
    let folder = emulator.folder.path().join(".local/state/mps/limits");
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(Result::unwrap).collect();
    let [file] = &files[..] else {
        panic!("{files:?}")
    };
    let name = file.file_name().into_string().unwrap();
    assert!(
        name.starts_with("CreateAigcVideoTask-") && name.len() < 40,
        "{name}"
    );
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn an_unusable_limit_file_ends_the_call_with_a_hint() {
    let emulator = Emulator::start("1h");
    fs::write(emulator.folder.path().join(".local"), "in the way").unwrap();
    let mut command = emulator.mps(&["--output", "json", "video", "create", "--prompt", "a cat"]);
    let refused = run(command.env("MPS_LIMITER", "machine"));
    let error = refused.error();
    assert_eq!(
        (refused.exit, error["kind"].as_str()),
        (6, Some("limiter")),
        "{refused:?}"
    );
    assert_eq!(error["dispatch"], "not_sent");
    assert!(
        error["hint"]
            .as_str()
            .unwrap()
            .contains("--limiter process"),
        "{error}"
    );
    assert_eq!(emulator.creates(), 0);

    let refused = homeless(&emulator, "machine", &["video", "status", "1"]);
    assert_eq!(refused.exit, 2, "{refused:?}");
    assert!(refused.stderr.contains("--limiter process"), "{refused:?}");
}

/// Starts creates that run at the same time, each in a process of its own.
fn spawn_creates(emulator: &Emulator, limiter: &str, count: usize) -> Vec<Child> {
    let spawn = |number: usize| {
        // Each has a content of its own, so that the bill tells repeats.
        let prompt = format!("cat {number}");
        let arguments = ["--limiter", limiter, "video", "create", "--prompt", &prompt];
        let mut command = emulator.mps(&arguments);
        let command = command.stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    };
    (0..count).map(spawn).collect()
}

#[test]
fn a_kill_in_a_busy_second_frees_nothing_of_the_limit() {
    let emulator = with_file();
    let mut killed = spawn_creates(&emulator, "machine", 2 * LIMIT);
    eventually(|| {
        let has_ended = |process: &mut Child| process.try_wait().unwrap().is_some();
        emulator.requests().len() > 5 || killed.iter_mut().all(has_ended)
    });
    for process in &mut killed {
        bounded::kill(process).unwrap();
    }
    for mut process in spawn_creates(&emulator, "machine", 2 * LIMIT) {
        assert!(bounded::wait(&mut process).unwrap().success());
    }
    check_limit(&emulator);
}

#[test]
fn forty_processes_with_separate_limiters_all_create_their_task_once() {
    let emulator = Emulator::start("1h");
    for mut process in spawn_creates(&emulator, "process", 40) {
        assert!(bounded::wait(&mut process).unwrap().success());
    }
    let bill = emulator.bill();
    assert_eq!(
        (&bill["creates"], &bill["duplicates"]),
        (&40.into(), &0.into())
    );
}

/// Runs a command without a folder for state.
fn homeless(emulator: &Emulator, limiter: &str, arguments: &[&str]) -> Run {
    let mut command = emulator.mps(arguments);
    command.env_remove("HOME").env("MPS_LIMITER", limiter);
    run(command.env("XDG_STATE_HOME", "not/absolute"))
}

#[test]
fn without_a_place_for_state_reads_work_and_creates_warn_unless_it_is_named() {
    let emulator = Emulator::start("0s");
    for family in ["video", "image", "audio"] {
        let create = [family, "create", "--prompt=a"];
        let created = homeless(&emulator, "", &create);
        assert_eq!(created.exit, 0, "{created:?}");
        let warned = created
            .stderr
            .matches("holds for this process only")
            .count();
        assert_eq!(warned, 1, "{created:?}");
        let id = created.stdout.trim();
        for read in [&["status", "--", id][..], &["wait", "--", id]] {
            let read = [&[family], read].concat();
            let read = homeless(&emulator, "", &read);
            assert_eq!(
                (read.exit, read.stderr.contains("warning")),
                (0, false),
                "{read:?}"
            );
        }
        let named = homeless(&emulator, "machine", &create);
        assert_eq!(named.exit, 2, "{named:?}");
    }
    assert_eq!(emulator.creates(), 3);
}

#[test]
fn reads_need_no_writable_home() {
    let emulator = Emulator::start("0s");
    let id = emulator.run(&["video", "create", "--prompt=a"]).stdout;
    let file = emulator.folder.path().join("a file");
    fs::write(&file, "not a folder").unwrap();
    for verb in ["status", "wait"] {
        let mut command = emulator.mps(&["video", verb, "--", id.trim()]);
        let read = run(command.env("HOME", &file).env("MPS_LIMITER", "machine"));
        assert_eq!(read.exit, 0, "{read:?}");
    }
}

/// Puts something in the place of the limit file.
type Obstacle = fn(&std::path::Path);

#[test]
fn a_limit_file_that_is_no_regular_file_is_an_error_and_hangs_no_command() {
    let link: Obstacle = |path| std::os::unix::fs::symlink("/dev/zero", path).unwrap();
    let folder: Obstacle = |path| fs::create_dir(path).unwrap();
    for (what, obstacle) in [
        ("fifo", make_pipe as Obstacle),
        ("link", link),
        ("folder", folder),
    ] {
        let emulator = Emulator::start("1h");
        assert_eq!(create(&emulator).exit, 0);
        let limits = emulator.folder.path().join(".local/state/mps/limits");
        for entry in fs::read_dir(&limits).unwrap() {
            let path = entry.unwrap().path();
            fs::remove_file(&path).unwrap();
            obstacle(&path);
        }
        let create = [
            "--output=json",
            "--deadline=60s",
            "video",
            "create",
            "--prompt=b",
        ];
        let refused = run(emulator.mps(&create).env("MPS_LIMITER", "machine"));
        assert_eq!(refused.exit, 6, "{what}: {refused:?}");
        let error = refused.error();
        assert_eq!(error["kind"], "limiter", "{what}: {error}");
        assert_eq!(error["dispatch"], "not_sent", "{what}: {error}");
        assert_eq!(error["created"], false, "{what}: {error}");
        assert_eq!(emulator.creates(), 1, "{what}");
    }
}

#[cfg(feature = "redis")]
#[test]
fn a_server_that_is_down_is_reported_with_advice_about_the_server() {
    let emulator = Emulator::start("0s");
    let mut command = emulator.mps(&["--deadline", "60s", "video", "create", "--prompt", "a"]);
    let run = run(command.env("MPS_LIMITER", "redis://127.0.0.1:1"));
    assert_eq!(run.exit, 6, "{run:?}");
    assert!(run.stderr.contains("redis-cli"), "{run:?}");
    assert!(!run.stderr.contains("XDG_STATE_HOME"), "{run:?}");
}

#[cfg(feature = "postgres")]
#[test]
fn a_postgresql_server_that_is_down_is_reported_and_a_wrong_url_is_a_usage_error() {
    let emulator = Emulator::start("0s");
    let create = ["--deadline", "60s", "video", "create", "--prompt", "a"];
    let with = |url: &str| run(emulator.mps(&create).env("MPS_LIMITER", url));
    let down = with("postgres://127.0.0.1:1/db");
    assert_eq!(down.exit, 6, "{down:?}");
    assert!(down.stderr.contains("pg_isready"), "{down:?}");
    let wrong = with("postgres://u:hunter2@h/db?sslmode=prefer");
    assert_eq!(wrong.exit, 2, "{wrong:?}");
    assert!(wrong.stderr.contains("sslmode=verify-full"), "{wrong:?}");
    assert!(!wrong.stderr.contains("hunter2"), "{wrong:?}");
    assert_eq!(emulator.creates(), 0);
}
