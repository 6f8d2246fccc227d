//! `mps batch chaos` at the command line; `tests/tests/chaos.rs` has the long runs.

use std::process::Stdio;

use crate::support::{Run, eventually, mps, run, signal};

#[test]
fn a_run_without_kills_fetches_every_row_that_is_not_in_doubt() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = mps(folder.path());
    command.env("TMPDIR", folder.path()).args([
        "--output", "json", "batch", "chaos", "--rows", "12", "--seed", "3", "--kills", "0",
    ]);
    let run = run(&mut command);
    assert_eq!(run.exit, 0, "{run:?}");
    let figures = run.json();
    assert_eq!(
        (&figures["kills"], &figures["seed"]),
        (&0.into(), &3.into())
    );
    let ended = figures["fetched"].as_u64().unwrap() + figures["in_doubt"].as_u64().unwrap();
    assert_eq!(ended, 12, "{figures}");
    // Nothing is left: neither the folder nor a ledger in the state folder.
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

#[test]
fn the_ledger_of_the_users_work_is_never_used() {
    let folder = tempfile::tempdir().unwrap();
    let named = folder.path().join("mine.db");
    let path = named.display().to_string();
    let chaos = ["batch", "chaos", "--rows", "2", "--kills", "0"];
    let mut command = mps(folder.path());
    let refused = run(command.args(["--ledger", &path]).args(chaos));
    assert_eq!(refused.exit, 2, "{refused:?}");
    let mut command = mps(folder.path());
    let own = run(command.env("MPS_LEDGER", &path).args(chaos));
    assert_eq!(own.exit, 0, "{own:?}");
    assert!(!named.exists());
}

#[test]
fn a_signal_ends_the_processes_and_removes_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = mps(folder.path());
    command
        .env("TMPDIR", folder.path())
        .args(["batch", "chaos", "--rows", "2000"])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let chaos = command.spawn().unwrap();
    let logs = || {
        let made = folder.path().read_dir().unwrap().flatten().next();
        made.and_then(|made| made.path().join("logs").read_dir().ok())
            .map_or(0, Iterator::count)
    };
    eventually(|| logs() >= 4);
    signal(&chaos, "-TERM");
    assert_eq!(Run::of(chaos).exit, 143);
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}
