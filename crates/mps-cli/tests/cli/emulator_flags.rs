//! The flags of `mps emulator` that set times and keys: what tasks and calls come to with them.

use serde_json::{Value, json};

use crate::support::{Emulator, Run, mps, run};

/// A frozen emulator, so that nothing depends on how fast this machine is.
fn frozen(flags: &[&str]) -> Emulator {
    let flags = [&["--freeze", "--seed=1"], flags].concat();
    Emulator::with(tempfile::tempdir().unwrap(), &flags)
}

/// Creates a task; how many milliseconds it waits and runs.
fn times(emulator: &Emulator, family: &str, more: &[&str]) -> [u64; 2] {
    let create = [family, "create", "--prompt", "a cat", "--quiet"];
    let created = emulator.run(&[&create, more].concat());
    assert_eq!(created.exit, 0, "{created:?}");
    let tasks = emulator.control("tasks");
    let task = tasks["tasks"].as_array().unwrap().last().unwrap();
    ["wait_us", "run_us"].map(|name| task[name].as_u64().unwrap() / 1_000)
}

#[test]
fn families_and_models_can_have_separate_times() {
    let emulator = frozen(&[
        "--queue-time=video/Kling=7s",
        "--queue-time=video=5s",
        "--render-time=2s",
        "--render-time=video/Kling=90s",
        "--render-time=image=3s",
        "--off-peak-time=2h",
    ]);
    let kling = ["--model", "Kling"];
    for (family, more, milliseconds) in [
        ("video", &[][..], [5_000, 2_000]),
        ("video", &["--model", "Vidu"], [5_000, 2_000]),
        ("video", &kling, [7_000, 90_000]),
        ("video", &["--off-peak"], [7_205_000, 2_000]),
        ("image", &kling, [500, 3_000]),
    ] {
        assert_eq!(
            times(&emulator, family, more),
            milliseconds,
            "{family} {more:?}"
        );
    }
}

#[test]
fn a_task_is_done_when_its_time_has_passed() {
    let emulator = frozen(&["--queue-time=video=5s", "--render-time=video/Kling=90s"]);
    let create = ["video", "create", "--prompt", "a cat", "--model", "Kling"];
    let created = emulator.run(&[&create[..], &["--output", "json"]].concat());
    let task_id = created.json()["task_id"].as_str().unwrap().to_owned();
    let status = || {
        let told = emulator.run(&["video", "status", &task_id, "--output", "json"]);
        told.json()["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(status(), "WAIT");
    for (seconds, then) in [("5s", "RUN"), ("89s", "RUN"), ("1s", "DONE")] {
        emulator.advance(seconds);
        assert_eq!(status(), then, "{seconds} later");
    }
}

#[test]
fn a_range_spreads_the_tasks() {
    let emulator = frozen(&["--queue-time=0s..0s", "--render-time=30s..2m"]);
    let runs: Vec<u64> = (0..6).map(|_| times(&emulator, "video", &[])[1]).collect();
    assert!(
        runs.iter().all(|run| (30_000..=120_000).contains(run)),
        "{runs:?}"
    );
    assert!(
        runs.iter().any(|run| run.abs_diff(runs[0]) > 1_000),
        "{runs:?}"
    );
}

#[test]
fn realistic_times_can_be_set_aside_for_a_model() {
    let emulator = frozen(&["--realistic-times", "--render-time=video/Kling=5s"]);
    let [wait, run] = times(&emulator, "video", &["--model", "Kling"]);
    assert!((2_000..=20_000).contains(&wait), "{wait}");
    assert_eq!(run, 5_000);
    let [_, run] = times(&emulator, "video", &["--model", "Vidu"]);
    assert!((40_000..=180_000).contains(&run), "{run}");
}

/// `mps video status` with these keys, of a task that nobody has: the code it is answered with.
fn code(emulator: &Emulator, [id, key, token]: [&str; 3]) -> (i32, Value) {
    let mut command = mps(emulator.folder.path());
    command
        .args(["--endpoint", &emulator.endpoint, "--output", "json"])
        .args(["video", "status", "2600016453-AigcVideo-none"])
        .env("TENCENTCLOUD_SECRET_ID", id)
        .env("TENCENTCLOUD_SECRET_KEY", key);
    if !token.is_empty() {
        command.env("TENCENTCLOUD_TOKEN", token);
    }
    let refused = run(&mut command);
    (refused.exit, refused.error()["code"].clone())
}

#[test]
fn temporary_keys_carry_a_token_and_end() {
    let emulator = frozen(&[
        "--temporary=AKIDENDS:key-of-one:token@of@one@30m",
        "--temporary=AKIDSTAYS:key-of-two:token-of-two",
    ]);
    let known = (2, json!("ResourceNotFound.TaskNotFound"));
    let refused = (3, json!("AuthFailure.TokenFailure"));
    let ends = ["AKIDENDS", "key-of-one", "token@of@one"];
    let stays = ["AKIDSTAYS", "key-of-two", "token-of-two"];
    assert_eq!(code(&emulator, ends), known);
    assert_eq!(code(&emulator, stays), known);
    assert_eq!(code(&emulator, ["AKIDENDS", "key-of-one", ""]), refused);
    assert_eq!(
        code(&emulator, ["AKIDENDS", "key-of-one", "token-of-two"]),
        refused
    );

    emulator.advance("30m");
    assert_eq!(code(&emulator, ends), refused);
    assert_eq!(code(&emulator, stays), known);
}

#[test]
fn temporary_keys_bill_the_default_account() {
    let emulator = frozen(&[
        "--permanent=AKIDFIRST:key-one",
        "--temporary=AKIDTEMP:key-two:token",
    ]);
    let mut create = emulator.mps(&["video", "create", "--prompt", "a cat"]);
    create
        .env("TENCENTCLOUD_SECRET_ID", "AKIDTEMP")
        .env("TENCENTCLOUD_SECRET_KEY", "key-two")
        .env("TENCENTCLOUD_TOKEN", "token");
    assert_eq!(run(&mut create).exit, 0);
    assert_eq!(emulator.control("bill?account=AKIDFIRST")["creates"], 1);
}

fn refused(flags: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let run = run(mps(folder.path()).arg("emulator").args(flags));
    assert_eq!(
        (run.exit, run.stdout.as_str()),
        (2, ""),
        "{flags:?}: {run:?}"
    );
    run
}

#[test]
fn an_invalid_time_is_refused_with_a_correction() {
    for (flag, says) in [
        ("--queue-time=soon", "write it as 90s, 30m or 2h"),
        (
            "--queue-time=film=5s",
            "known: video, image, audio, scenario",
        ),
        ("--render-time=video/=5s", "write it as video/Kling"),
        ("--render-time=video=", "write it as 90s"),
        (
            "--render-time=video=2m..30s",
            "write the shorter time first: 30s..2m",
        ),
        ("--render-time=video=2m..", "write it as 90s"),
        ("--off-peak-time=49h", "at most 48h"),
        ("--off-peak-time=video=1h", "write it as 90s"),
    ] {
        let run = refused(&[flag]);
        let (name, value) = flag.split_once('=').unwrap();
        for part in [name, value, says] {
            assert!(run.stderr.contains(part), "{flag}: {}", run.stderr);
        }
    }
    let both = refused(&["--realistic-times", "--render-time=2s"]);
    assert!(both.stderr.contains("--render-time video=5s"), "{both:?}");
}

#[test]
fn a_malformed_key_is_not_shown() {
    const SECRET: &str = "hunter2";
    for (flag, value, says) in [
        ("--permanent", ":hunter2", "ID:KEY"),
        ("--permanent", "hunter2", "ID:KEY"),
        ("--temporary", "AKID:hunter2", "ID:KEY:TOKEN"),
        ("--temporary", "AKID:hunter2:", "ID:KEY:TOKEN"),
        ("--temporary", "AKID::hunter2", "ID:KEY:TOKEN"),
        ("--temporary", "AKID:hunter2:hunter2@hunter2", "@30m"),
        ("--temporary", "AKID:hunter2:@30m", "ID:KEY:TOKEN"),
    ] {
        let run = refused(&[flag, value]);
        assert!(
            run.stderr.contains(flag) && run.stderr.contains(says),
            "{value}: {}",
            run.stderr
        );
        assert!(!run.stderr.contains(SECRET), "{}", run.stderr);
    }
    let twice = refused(&[
        "--permanent=AKIDONE:hunter2",
        "--temporary=AKIDONE:hunter2:t",
    ]);
    assert!(twice.stderr.contains("AKIDONE") && !twice.stderr.contains(SECRET));
}

/// It works all the same, since the service may know more models than we do.
#[test]
fn an_unknown_model_is_a_warning() {
    let told = |model: &str| {
        let flag = format!("--render-time=video/{model}=5s");
        let folder = tempfile::tempdir().unwrap();
        // The port is taken, so that it ends by itself.
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap().to_string();
        run(mps(folder.path()).args(["emulator", &flag, "--listen", &address])).stderr
    };
    assert!(told("kling").contains("did you mean `Kling`?"));
    assert!(!told("Kling").contains("known"));
}
