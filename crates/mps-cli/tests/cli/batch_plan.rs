//! `mps batch plan`: findings, totals and prices of a manifest.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::support::{Run, mps, run};

fn plan(folder: &Path, arguments: &[&str]) -> Run {
    run(mps(folder).args(["batch", "plan"]).args(arguments))
}

fn plan_json(folder: &Path, arguments: &[&str]) -> (Value, Run) {
    let run = plan(folder, &[&["--output", "json"], arguments].concat());
    (run.json(), run)
}

const SOUND: &str = r#"{"defaults":{"ModelName":"Kling","ModelVersion":"2.6"}}
{"id":"fox","Prompt":"a fox in the snow","Duration":5}
{"id":"owl","Prompt":"an owl at night","Duration":10}
"#;

const PRICES: &str = r#"
date = "2026-11-01"
source = "https://www.example.com/prices"
currency = "USD"
[[price]]
model = "Kling"
per_second = "100.50"
"#;

#[test]
fn a_sound_manifest_is_summed_without_network_credentials_and_files() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("clips.jsonl"), SOUND).unwrap();
    for arguments in [&["clips.jsonl"][..], &["--emulator", "clips.jsonl"]] {
        let run = plan(folder.path(), arguments);
        assert_eq!((run.exit, run.stderr.as_str()), (0, ""), "{run:?}");
        assert_eq!(
            run.stdout,
            "\
MODEL                            ROWS  SECONDS
Kling 2.6 (CreateAigcVideoTask)     2       15
all                                 2       15
2 rows, 0 errors, 0 warnings
"
        );
    }
    let (plan, run) = plan_json(folder.path(), &["clips.jsonl"]);
    assert_eq!(run.exit, 0, "{run:?}");
    assert_eq!(plan["schema"], "mps.plan/1");
    assert_eq!(
        (&plan["name"], &plan["ok"], &plan["rows"], &plan["seconds"]),
        (&json!("clips"), &json!(true), &json!(2), &json!(15))
    );
    assert_eq!(plan["sha256"].as_str().map(str::len), Some(64));
    assert!(plan.get("price").is_none());
    // Neither a ledger nor anything else was written.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn findings_come_first_with_file_and_line_and_refuse_the_manifest() {
    let folder = tempfile::tempdir().unwrap();
    let rows = "id,Prompt,Duration\r\nfox,a,5\r\nowl,b,five\r\nfox,c,5\r\nelk,d,six\r\n";
    fs::write(folder.path().join("clips.csv"), rows).unwrap();
    let run = plan(folder.path(), &["clips.csv"]);
    assert_eq!(run.exit, 2, "{run:?}");
    let begin = "\
clips.csv:3: error[wrong-type]: owl: Duration: has to be a whole number
  hint: write digits only, such as 5
  also on line 5
clips.csv:4: error[duplicate-id]: fox: id: line 2 has the same id
  hint: give each row its own id

";
    assert!(run.stdout.starts_with(begin), "{}", run.stdout);
    assert!(
        run.stdout.ends_with("4 rows, 3 errors, 0 warnings\n"),
        "{}",
        run.stdout
    );
    assert!(
        run.stderr.contains("the manifest is refused: 3 errors"),
        "{}",
        run.stderr
    );
    let (plan, run) = plan_json(folder.path(), &["clips.csv"]);
    assert_eq!(
        (run.exit, &plan["ok"], &plan["refused"]),
        (2, &json!(false), &json!(3))
    );
    let lines: Vec<_> = plan["findings"].as_array().unwrap().iter().collect();
    assert_eq!(
        (&lines[0]["line"], &lines[0]["id"], &lines[0]["rule"]),
        (&json!(3), &json!("owl"), &json!("wrong-type"))
    );
    assert_eq!(
        (&run.error()["kind"], &run.error()["created"]),
        (&json!("preflight"), &json!(false))
    );
}

#[test]
fn preflight_modes_decide_about_findings_of_requests_only() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("clips.jsonl");
    for (rows, flags, exit) in [
        (r#"{"id":"a","Prompt":"p","Seed":1}"#, &[][..], 0),
        (r#"{"id":"a","Prompt":"p","Seed":1}"#, &["--strict"], 2),
        (r#"{"id":"a","Prompt":"p","Duration":0}"#, &[], 2),
        (
            r#"{"id":"a","Prompt":"p","Duration":0}"#,
            &["--preflight", "warn"],
            0,
        ),
        (
            r#"{"id":"a","Prompt":"p","Duration":0}"#,
            &["--preflight", "off"],
            0,
        ),
        (r#"{"Prompt":"p"}"#, &["--preflight", "off"], 2),
    ] {
        fs::write(&file, rows).unwrap();
        let run = plan(folder.path(), &[flags, &["clips.jsonl"]].concat());
        assert_eq!(run.exit, exit, "{rows} {flags:?} {run:?}");
    }
}

#[test]
fn the_price_is_shown_with_the_date_and_the_source_of_the_table() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("clips.jsonl"), SOUND).unwrap();
    fs::write(folder.path().join("prices.toml"), PRICES).unwrap();
    let run = plan(folder.path(), &["clips.jsonl", "--prices", "prices.toml"]);
    assert_eq!(run.exit, 0, "{run:?}");
    assert!(run.stdout.contains("PRICE USD"), "{}", run.stdout);
    assert!(run.stdout.contains("1,507.50\n"), "{}", run.stdout);
    assert!(
        run.stdout
            .contains("prices of 2026-11-01 (https://www.example.com/prices)"),
        "{}",
        run.stdout
    );
    let (plan, _) = plan_json(folder.path(), &["clips.jsonl", "--prices", "prices.toml"]);
    assert_eq!(
        (&plan["price"], &plan["unpriced"]),
        (&json!("1507.50"), &json!(0))
    );
    assert_eq!(
        plan["prices"],
        json!({"date": "2026-11-01", "source": "https://www.example.com/prices", "currency": "USD"})
    );
    fs::write(folder.path().join("prices.toml"), "date = 5").unwrap();
    let run = self::plan(folder.path(), &["clips.jsonl", "--prices", "prices.toml"]);
    assert_eq!(run.exit, 2, "{run:?}");
    assert!(run.stderr.contains("prices.toml"), "{run:?}");
}

#[test]
fn a_manifest_that_cannot_be_read_is_a_usage_error() {
    let folder = tempfile::tempdir().unwrap();
    for (file, message) in [
        ("missing.jsonl", "there is no manifest missing.jsonl"),
        ("-", "cannot be read from standard input"),
        (".", "is a folder"),
        ("/dev/null", "is a pipe or a device"),
    ] {
        let run = plan(folder.path(), &[file]);
        assert_eq!((run.exit, run.stdout.as_str()), (2, ""), "{run:?}");
        assert!(run.stderr.contains(message), "{run:?}");
    }
}

#[test]
fn names_and_ids_that_a_terminal_obeys_are_shown_escaped() {
    let folder = tempfile::tempdir().unwrap();
    let rows = "{\"id\":\"a\u{202e}b\",\"Prompt\":\"p\",\"\\u001b[31mred\":1}\n";
    fs::write(folder.path().join("clips.jsonl"), rows).unwrap();
    let run = plan(folder.path(), &["clips.jsonl"]);
    assert!(run.stdout.contains("unknown-member"), "{run:?}");
    let all = run.stdout + &run.stderr;
    assert!(!all.contains(['\u{1b}', '\u{202e}']), "{all}");
}

#[test]
fn a_dry_run_shows_the_price_by_the_table() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("prices.toml"), PRICES).unwrap();
    let dry_run = |flags: &[&str]| {
        let create = ["video", "create", "--dry-run", "--prompt", "a"];
        run(mps(folder.path()).args(create).args(flags))
    };
    let flags = [
        "--prices",
        "prices.toml",
        "--model",
        "Kling",
        "--duration",
        "5",
    ];
    let human = dry_run(&flags);
    assert_eq!(human.exit, 0, "{human:?}");
    let price = "# price\n502.50 USD, by the prices of 2026-11-01 (https://www.example.com/prices)";
    assert!(human.stdout.contains(price), "{}", human.stdout);
    let json = dry_run(&[&flags[..], &["--output", "json"]].concat()).json();
    assert_eq!(
        (&json["price"], &json["prices"]["currency"]),
        (&json!("502.50"), &json!("USD"))
    );
    let unpriced = dry_run(&[
        "--prices",
        "prices.toml",
        "--model",
        "Vidu",
        "--duration",
        "5",
    ]);
    assert!(
        unpriced.stdout.contains("# price\nunknown, by the prices"),
        "{unpriced:?}"
    );
    assert!(dry_run(&["--output", "json"]).json().get("price").is_none());
}
