//! `mps batch chaos`: a batch whose processes are killed and whose replies are lost pays for nothing twice and
//! loses nothing, on a file and on a PostgreSQL server.
//!
//! `MPS_TEST_LONG=1` makes the runs as long as the nightly ones: 2,000 rows and three seeds for each store.
//! Each prints its figures (`--nocapture`).
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints its figures"
)]

use std::{
    env,
    process::{Command, Stdio},
};

use mps_tests::{bounded, postgres::PostgresServer, process::mps};
use serde_json::Value;

fn is_long() -> bool {
    env::var_os("MPS_TEST_LONG").is_some_and(|long| long == "1")
}

/// Returns the rows and the seeds of the runs.
fn plan(short: u32) -> (u32, &'static [u64]) {
    if is_long() {
        (2_000, &[1, 2, 3])
    } else {
        (short, &[1])
    }
}

fn chaos(ledger: Option<&str>, rows: u32, seed: u64) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(mps().unwrap());
    command
        .env_clear()
        .env("HOME", folder.path())
        .env("TMPDIR", folder.path())
        .args(["--output", "json", "batch", "chaos"])
        .args(["--rows", &rows.to_string(), "--seed", &seed.to_string()])
        .stdin(Stdio::null());
    if let Some(ledger) = ledger {
        command.env("MPS_CHAOS_LEDGER", ledger);
    }
    let output = bounded::long_output(&mut command).unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{output:?} {stderr}");
    let figures: Value = serde_json::from_slice(&output.stdout).unwrap();
    println!("{figures}");
    assert_eq!(figures["schema"], "mps.chaos/1");
    for zero in ["duplicates", "lost", "other"] {
        assert_eq!(figures[zero], 0, "{figures}");
    }
    let number = |name: &str| figures[name].as_u64().unwrap();
    assert_eq!(number("fetched") + number("in_doubt"), u64::from(rows));
    assert_eq!(
        number("billed"),
        number("created") + number("in_doubt") - number("false_doubts"),
        "{figures}"
    );
    assert!(number("kills") > 0, "{figures}");
    // Nothing is left of a run that was sound.
    let left = folder.path().read_dir().unwrap().count();
    assert_eq!(left, 0);
}

#[test]
fn chaos_on_a_file_pays_for_nothing_twice_and_loses_nothing() {
    let (rows, seeds) = plan(200);
    for seed in seeds {
        chaos(None, rows, *seed);
    }
}

#[test]
fn chaos_on_a_postgresql_server_pays_for_nothing_twice_and_loses_nothing() {
    let (rows, seeds) = plan(60);
    for seed in seeds {
        let Some(server) = PostgresServer::start_with(&[]).unwrap() else {
            return;
        };
        chaos(Some(&server.url()), rows, *seed);
    }
}
