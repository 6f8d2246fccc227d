//! Errors with the next step: each names the mistake as a person would, and has a hint.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Emulator, Run, mps, run};

/// Returns the error object of a command.
fn error(run: &Run) -> (i32, String, String) {
    let error = run.error();
    let text = |member: &str| error[member].as_str().unwrap_or_default().to_owned();
    (run.exit, text("message"), text("hint"))
}

fn alone(arguments: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    run(mps(folder.path())
        .args(["--output", "json"])
        .args(arguments))
}

/// Checks a file with these bytes as a request.
fn check(bytes: &[u8]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("request.json");
    fs::write(&file, bytes).unwrap();
    run(mps(folder.path()).args([
        "--output",
        "json",
        "check",
        "CreateAigcVideoTask",
        "--request",
        "request.json",
    ]))
}

#[test]
fn a_file_that_is_no_request_is_refused_for_what_it_is() {
    let utf_16: Vec<u8> = "\u{feff}{}"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for (bytes, message, hint) in [
        (
            br#"{"Prompt":"a","Prompt":"b"}"#.as_slice(),
            "duplicate field `Prompt`",
            "once only",
        ),
        (br#"{"Prompt":"\ud800"}"#, "1:", "halves of a character"),
        (
            br#"{"Prompt":"\ud800\u0041"}"#,
            "1:",
            "halves of a character",
        ),
        (
            &utf_16,
            "is UTF-16 text (little endian)",
            "iconv -f UTF-16 -t UTF-8",
        ),
        (b"\xfe\xff\x00{", "is UTF-16 text (big endian)", "iconv"),
        (
            b"{\"Prompt\":\"\xff\"}",
            "is not UTF-8 text",
            "save the file as UTF-8",
        ),
        (b"", "is empty", "JSON body"),
        (b"{", "1:", "too early"),
    ] {
        let (exit, actual, hinted) = error(&check(bytes));
        assert_eq!(exit, 2, "{actual}");
        assert!(actual.contains(message), "{actual}");
        assert!(hinted.contains(hint), "{actual}: {hinted}");
    }
}

#[test]
fn a_number_with_a_unit_is_answered_with_the_number() {
    for arguments in [
        &["video", "create", "--prompt", "a", "--duration", "5s"][..],
        &["video", "create", "--prompt", "a", "--max-seconds", "5s"],
        &["models", "--duration", "5s"],
    ] {
        let (exit, message, _) = error(&alone(arguments));
        assert_eq!(exit, 2, "{message}");
        assert!(
            message.contains("write the number without a unit: 5"),
            "{message}"
        );
    }
}

#[test]
fn a_profile_that_does_not_exist_is_named() {
    let run = alone(&["--profile", "studio", "video", "status", "1"]);
    let (exit, message, hint) = error(&run);
    assert_eq!(exit, 3, "{run:?}");
    assert!(
        message.starts_with("there is no profile studio"),
        "{message}"
    );
    assert!(
        hint.contains("[studio]") && hint.contains("--profile out"),
        "{hint}"
    );
}

#[test]
fn names_that_are_almost_right_are_suggested() {
    for (arguments, suggestion) in [
        (
            &["check", "CreateAigcVidoTask", "--request", "-"][..],
            "CreateAigcVideoTask",
        ),
        (&["models", "Klign"], "Kling"),
        (&["vidoe"], "video"),
        (&["video", "create", "--promt", "a"], "--prompt"),
        (
            &["emulator", "--fault", r#"{"kind":"reply_lst"}"#],
            "reply_lost",
        ),
        (&["schema", "mps.evnt/1"], "mps.event/1"),
    ] {
        let run = alone(arguments);
        assert_eq!(run.exit, 2, "{run:?}");
        let all = run.error().to_string();
        assert!(all.contains(suggestion), "{arguments:?}: {all}");
    }
    let emulator = Emulator::start("0s");
    let call = emulator.record(&["call", "DescribeAigcVidoTask", "--effect", "read"]);
    let hint = call.error()["hint"].to_string();
    assert!(
        hint.contains("did you mean DescribeAigcVideoTask?"),
        "{call:?}"
    );
}

#[test]
fn an_authority_that_is_not_trusted_is_answered_with_the_variable() {
    let emulator = Emulator::with(tempfile::tempdir().unwrap(), &["--tls"]);
    let run = emulator.run(&["--output", "json", "video", "status", "1"]);
    let (exit, _, hint) = error(&run);
    assert_eq!(exit, 6, "{run:?}");
    assert!(hint.contains("SSL_CERT_FILE"), "{run:?}");
}

#[test]
fn a_task_that_is_done_needs_no_time_to_wait() {
    let emulator = Emulator::start("0s");
    let id = emulator.run(&["video", "create", "--prompt", "a"]).stdout;
    let id = id.trim_end();
    let wait = emulator.run(&["--output", "json", "video", "wait", id]);
    assert_eq!(wait.exit, 0, "{wait:?}");
    let at_once = emulator.run(&["--output", "json", "video", "wait", id, "--timeout", "0s"]);
    assert_eq!(at_once.exit, 0, "{at_once:?}");
    assert_eq!(at_once.json()["status"], "DONE");

    let slow = Emulator::start("1h");
    let id = slow.run(&["video", "create", "--prompt", "a"]).stdout;
    let wait = slow.run(&[
        "--output",
        "json",
        "video",
        "wait",
        id.trim_end(),
        "--timeout",
        "0s",
    ]);
    assert_eq!(wait.exit, 5, "{wait:?}");
}

#[test]
fn v_tells_of_each_request_in_a_sentence_and_libraries_say_nothing() {
    let emulator = Emulator::start("0s");
    for level in ["-v", "-vv"] {
        let prompt = format!("a cat {level}");
        let run = emulator.run(&[level, "video", "create", "--prompt", &prompt, "--out", "x/"]);
        assert_eq!(run.exit, 0, "{run:?}");
        let sentence = run
            .stderr
            .lines()
            .find(|line| line.contains("CreateAigcVideoTask to"));
        assert!(sentence.is_some(), "{run:?}");
        let sentence = sentence.unwrap();
        let (time, _) = sentence.split_once(' ').unwrap();
        assert_eq!(time.len(), "22:41:07.312".len(), "{sentence}");
        for part in [
            "status 200 after",
            " ms, ",
            " bytes sent, ",
            " received, request id ",
        ] {
            assert!(sentence.contains(part), "{sentence}");
        }
        for noise in ["hyper", "DEBUG", "mps_core::", "mps_emulator"] {
            assert!(!run.stderr.contains(noise), "{noise}: {run:?}");
        }
    }
    let run = emulator.run(&[
        "-vv", "--output", "json", "video", "create", "--prompt", "b",
    ]);
    let logs = run
        .stderr
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let logs: Vec<_> = logs.filter(|line| line["schema"] == "mps.log/1").collect();
    assert!(!logs.is_empty(), "{run:?}");
    let own = |log: &Value| log["target"].as_str().unwrap().starts_with("mps");
    assert!(logs.iter().all(own), "{logs:?}");
}

/// A program in place of the one that opens files, which writes down its argument.
#[cfg(target_os = "linux")]
#[test]
fn show_opens_a_verified_file_and_else_the_page() {
    use std::os::unix::fs::PermissionsExt as _;

    use crate::support::eventually;

    let emulator = Emulator::start("0s");
    let home = emulator.folder.path().canonicalize().unwrap();
    let bin = home.join("bin");
    fs::create_dir(&bin).unwrap();
    let program = bin.join("xdg-open");
    fs::write(
        &program,
        "#!/bin/sh\necho \"$1\" > opened.new && mv opened.new opened\n",
    )
    .unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let create = ["video", "create", "--prompt", "a", "--out", "./-a.mp4"];
    let created = emulator.record(&create);
    assert_eq!(created.exit, 0, "{created:?}");
    let id = created.json()["task_id"].as_str().unwrap().to_owned();
    let opened_target = || {
        let mut command = emulator.recorded(&["show", "--open", &id]);
        let path = format!("{}:/usr/bin:/bin", bin.display());
        let run = run(command.env("PATH", path));
        assert_eq!(run.exit, 0, "{run:?}");
        eventually(|| home.join("opened").exists());
        let opened = fs::read_to_string(home.join("opened")).unwrap();
        fs::remove_file(home.join("opened")).unwrap();
        opened.trim_end().to_owned()
    };
    assert_eq!(opened_target(), home.join("-a.mp4").display().to_string());
    // A file that another program put there is not opened.
    fs::write(home.join("-a.mp4"), "something else").unwrap();
    assert_eq!(opened_target(), format!("{}/_emulator/", emulator.endpoint));
    let mut command = emulator.recorded(&["--output", "json", "show", "--open", &id]);
    let without = run(command.env("PATH", home.join("none")));
    assert_eq!(without.exit, 1, "{without:?}");
    assert_eq!(
        without.error()["hint"],
        json!("open it yourself, or install xdg-utils")
    );
}

#[test]
fn the_page_of_error_codes_says_with_which_exit_code_a_create_ends() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/errors.md");
    let page = fs::read_to_string(page).unwrap();
    let emulator = Emulator::start("0s");
    let mut sections = 0;
    for section in page.split("\n## ") {
        let Some((_, exit)) = section.split_once("Exit code: ") else {
            continue;
        };
        let (exit, rows) = exit.split_once(".\n").unwrap();
        // Every code of a section has the same class, of which the exit code is a function.
        let (_, code) = rows.split_once("\n| `").unwrap();
        let (code, _) = code.split_once('`').unwrap();
        let prompt = format!("[emulator:refuse={code}]");
        let throttled = section.contains("until the deadline");
        let deadline = if throttled { "5s" } else { "90s" };
        let run = emulator.run(&[
            "--deadline",
            deadline,
            "video",
            "create",
            "--prompt",
            &prompt,
        ]);
        assert_eq!(run.exit.to_string(), exit, "{code}: {run:?}");
        sections += 1;
    }
    assert_eq!(sections, 14);
}
