//! Preflight at the command line: refusals before anything is sent, dry runs, and switches.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Emulator, Run, mps, offline, spawn};

#[test]
fn an_unknown_model_given_as_an_option_is_refused_with_the_closest_names() {
    let emulator = Emulator::start("0s");
    for (family, model, closest) in [
        ("video", "klng", "Kling"),
        ("image", "Quen", "Qwen"),
        ("audio", "Murek", "Mureka"),
    ] {
        let create = [family, "create", "--prompt=a", "--model", model];
        let run = emulator.run(&[&["--output=json"], &create[..]].concat());
        assert_eq!(run.exit, 2, "{run:?}");
        let error = run.error();
        assert_eq!(error["kind"], "preflight", "{error}");
        assert_eq!(error["dispatch"], "not_sent", "{error}");
        let finding = &error["findings"][0];
        assert_eq!(finding["rule"], "unknown-model", "{error}");
        assert_eq!(finding["severity"], "error", "{error}");
        let hint = finding["hint"].as_str().unwrap();
        assert!(hint.contains(closest), "{hint}");
        assert_eq!(emulator.creates(), 0, "{run:?}");

        let run = emulator.run(&[&create[..], &["--dry-run"]].concat());
        assert_eq!(run.exit, 2, "{run:?}");
        assert!(run.stdout.contains("error[unknown-model]"), "{run:?}");
    }
    let create = ["video", "create", "--prompt=a", "--model", "klng"];
    let run = emulator.run(&[&create[..], &["--preflight=warn"]].concat());
    assert_eq!(run.exit, 0, "{run:?}");
    assert!(run.stderr.contains("unknown-model"), "{run:?}");
    assert!(run.stderr.contains("in spite of"), "{run:?}");
    let run = emulator.run(&[&create[..], &["--preflight=off"]].concat());
    assert_eq!((run.exit, run.stderr.as_str()), (0, ""), "{run:?}");
    assert_eq!(emulator.creates(), 2);
}

#[test]
fn strict_refuses_warnings_in_every_family() {
    let emulator = Emulator::start("0s");
    let request = emulator.folder.path().join("request.json");
    std::fs::write(&request, r#"{"Prompt":"a","ModelName":"New Model"}"#).unwrap();
    let request = request.to_str().unwrap();
    for family in ["video", "image", "audio"] {
        let before = emulator.creates();
        let create = [family, "create", "--request", request];
        for strict in [&["--strict"][..], &["--strict", "--preflight=error"]] {
            let run = emulator.run(&[&create[..], strict].concat());
            assert_eq!(run.exit, 2, "{run:?}");
            assert!(run.stderr.contains("warning[unknown-model]"), "{run:?}");
        }
        assert_eq!(emulator.creates(), before);
        let run = emulator.run(&create);
        assert_eq!(run.exit, 0, "{run:?}");
        assert_eq!(emulator.creates(), before + 1);
    }
}

#[test]
fn a_request_that_is_billed_for_more_seconds_is_refused_before_anything_is_sent() {
    let emulator = Emulator::start("0s");
    let create = [
        "--output=json",
        "video",
        "create",
        "--prompt=a",
        "--model=Kling",
    ];
    for (more, exit) in [
        (&["--duration=10", "--max-seconds=5"][..], 12),
        (&["--duration=10", "--max-seconds=5", "--preflight=off"], 12),
        (&["--duration=10", "--max-seconds=5", "--dry-run"], 12),
        (&["--max-seconds=4"], 12),
    ] {
        let run = emulator.run(&[&create[..], more].concat());
        assert_eq!(run.exit, exit, "{run:?}");
        let error = run.error();
        assert_eq!(error["kind"], "spend_guard", "{error}");
        assert_eq!(error["dispatch"], "not_sent", "{error}");
        assert_eq!(error["created"], false, "{error}");
    }
    assert_eq!(emulator.creates(), 0);
    assert_eq!(emulator.requests().len(), 0);
    for more in [
        &["--duration=5", "--max-seconds=5"][..],
        &["--max-seconds=5"],
    ] {
        let run = emulator.run(&[&create[..], more].concat());
        assert_eq!(run.exit, 0, "{run:?}");
    }
}

#[test]
fn a_dry_run_combines_with_every_option_and_needs_no_credentials() {
    let create = [
        "video",
        "create",
        "--prompt=a",
        "--model=Kling",
        "--dry-run",
    ];
    for more in [
        &[][..],
        &["--wait"],
        &["--out", "a.mp4"],
        &["--out", "."],
        &["--wait", "--out=a.mp4", "--timeout=1s", "--max-seconds=5"],
        &["--emulator"],
        &["--endpoint=http://127.0.0.1:1"],
        &["--endpoint=http://127.0.0.1:1", "--site=cn"],
        &["--site=cn", "--region=ap-guangzhou"],
        &["--profile=none", "--account=a", "--deadline=1s"],
        &["--limiter=machine"],
        &["--limiter=redis://127.0.0.1:1"],
        &["--strict"],
        &["--preflight=warn"],
        &["--preflight=off"],
        &["-vv"],
        &["-q"],
    ] {
        let run = offline(&[&["--output=json"], &create[..], more].concat());
        assert_eq!((run.exit, run.stderr.as_str()), (0, ""), "{more:?} {run:?}");
        let result = run.json();
        assert_eq!(result["schema"], "mps.dry-run/1");
        assert_eq!(result["billable_seconds"], 5, "{result}");
        assert_eq!(result["request"]["ModelName"], "Kling", "{result}");
        assert_eq!(result["ok"], true, "{result}");
        assert!(result["string_to_sign"].is_string(), "{result}");
        let run = offline(&[&create[..], more].concat());
        assert!(
            run.stdout.contains("\n# billable seconds\n5 s\n"),
            "{run:?}"
        );
    }
}

#[test]
fn a_dry_run_shows_its_report_before_it_refuses() {
    let create = [
        "--output=json",
        "video",
        "create",
        "--duration=0",
        "--dry-run",
    ];
    for (more, exit) in [
        (&[][..], 2),
        (&["--strict"], 2),
        (&["--preflight=warn"], 0),
        (&["--preflight=off"], 0),
        (&["--preflight=off", "--max-seconds=5"], 12),
    ] {
        let run = offline(&[&create[..], more].concat());
        assert_eq!(run.exit, exit, "{more:?} {run:?}");
        let result = run.json();
        assert_eq!(result["ok"], false, "{result}");
        assert_eq!(result["findings"].as_array().unwrap().len(), 2, "{result}");
    }
}

/// The request that `mps FAMILY create OPTIONS` would send.
fn request(family: &str, options: &[&str]) -> Value {
    let create = [
        "--output=json",
        "--preflight=off",
        family,
        "create",
        "--dry-run",
    ];
    let run = offline(&[&create[..], options].concat());
    assert_eq!(run.exit, 0, "{run:?}");
    run.json()["request"].clone()
}

#[test]
fn every_switch_has_an_opposite_and_the_last_one_counts() {
    for (family, switch, member, on, off) in [
        ("video", "audio", "EnableAudio", json!(true), json!(false)),
        ("video", "bgm", "EnableBgm", json!(true), json!(false)),
        ("video", "logo", "LogoAdd", json!(1), json!(0)),
        ("video", "off-peak", "OffPeak", json!(true), json!(false)),
        (
            "video",
            "enhance-prompt",
            "EnhancePrompt",
            json!(true),
            json!(false),
        ),
        ("image", "logo", "LogoAdd", json!(1), json!(0)),
        (
            "image",
            "enhance-prompt",
            "EnhancePrompt",
            json!(true),
            json!(false),
        ),
    ] {
        let [on_flag, off_flag] = [format!("--{switch}"), format!("--no-{switch}")];
        let value = |flags: &[&String]| {
            let flags: Vec<_> = flags.iter().map(|flag| flag.as_str()).collect();
            let request = request(family, &flags);
            let extra = request["ExtraParameters"][member].clone();
            if extra.is_null() {
                request[member].clone()
            } else {
                extra
            }
        };
        assert_eq!(value(&[]), Value::Null, "{switch}");
        assert_eq!(value(&[&on_flag]), on, "{switch}");
        assert_eq!(value(&[&off_flag]), off, "{switch}");
        assert_eq!(value(&[&on_flag, &off_flag]), off, "{switch}");
        assert_eq!(value(&[&off_flag, &on_flag]), on, "{switch}");
        assert_eq!(value(&[&on_flag, &off_flag, &on_flag]), on, "{switch}");
    }
}

#[test]
fn a_task_of_the_own_emulator_is_said_to_end_with_the_command() {
    for (arguments, says) in [
        (&["--emulator", "video", "create", "--prompt=a"][..], true),
        (
            &[
                "--emulator",
                "--output=json",
                "image",
                "create",
                "--prompt=a",
            ],
            true,
        ),
        (&["--emulator", "audio", "create", "--prompt=a"], true),
        (
            &["--emulator", "video", "create", "--prompt=a", "--wait"],
            false,
        ),
    ] {
        let run = offline(arguments);
        assert_eq!(run.exit, 0, "{run:?}");
        assert_eq!(
            run.stderr.contains("ends with this command"),
            says,
            "{run:?}"
        );
    }
}

#[test]
fn a_request_without_an_end_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let endless = fs::File::open("/dev/zero").unwrap();
    let mut command = mps(folder.path());
    command.args(["video", "create", "--request", "-"]);
    let run = Run::of(spawn(command.stdin(endless)));
    assert_eq!(run.exit, 2, "{run:?}");
    assert!(run.stderr.contains("longer than 64 MB"), "{run:?}");
}

/// Both descriptions dropped the bound, so the client's base contract alone forbids the prompt.
#[test]
fn a_bound_that_the_descriptions_dropped_yields_to_preflight_warn() {
    let emulator = Emulator::start("0s");
    let prompt = "x".repeat(2_001);
    let create = ["video", "create", "--prompt", &prompt];
    let run = emulator.run(&create);
    assert_eq!((run.exit, emulator.creates()), (2, 0), "{run:?}");
    assert!(run.stderr.contains("no longer stated since"), "{run:?}");
    assert!(run.stderr.contains("`--preflight warn`"), "{run:?}");
    let run = emulator.run(&[&create[..], &["--preflight=warn"]].concat());
    assert_eq!((run.exit, emulator.creates()), (0, 1), "{run:?}");
    assert!(run.stderr.contains("in spite of"), "{run:?}");
}

#[test]
fn all_values_of_a_wrong_type_are_findings_of_every_command() {
    let emulator = Emulator::start("0s");
    let body = r#"{"Prompt":5,"Duration":"5","ExtraParameters":{"LogoAdd":true},"ImageInfos":[{"ImageUrl":1}]}"#;
    let path = emulator.folder.path().join("wrong.json");
    fs::write(&path, body).unwrap();
    let path = path.to_str().unwrap();
    let paths = [
        "Prompt",
        "ImageInfos[0].ImageUrl",
        "Duration",
        "ExtraParameters.LogoAdd",
    ];
    for command in [
        &["video", "create", "--request", path][..],
        &["call", "CreateAigcVideoTask", "--json", body],
    ] {
        let run = emulator.run(&[command, &["--output=json"]].concat());
        assert_eq!(run.exit, 2, "{run:?}");
        let error = run.error();
        assert_eq!(
            (&error["kind"], &error["dispatch"]),
            (&json!("preflight"), &json!("not_sent"))
        );
        let findings = error["findings"].as_array().unwrap();
        let wrong = findings.iter().filter(|it| it["rule"] == "wrong-type");
        let found: Vec<&str> = wrong.map(|it| it["path"].as_str().unwrap()).collect();
        assert_eq!(found, paths, "{error}");
        assert!(
            findings
                .iter()
                .all(|it| it["rule"] != "wrong-type" || it["hint"].is_string())
        );
    }
    assert_eq!(emulator.requests().len(), 0);
    // An option replaces a value of a wrong type.
    fs::write(path, r#"{"Prompt":5,"ExtraParameters":{"LogoAdd":1}}"#).unwrap();
    let run = emulator.run(&["video", "create", "--request", path, "--prompt=a"]);
    assert_eq!((run.exit, emulator.creates()), (0, 1), "{run:?}");
}
