//! The exit code, message and hint of each error; errors before sending send nothing.

use std::fs;

use crate::support::{Emulator, mps, output_of, run};

#[test]
fn invalid_input_is_refused_with_its_location_before_anything_is_sent() {
    let emulator = Emulator::start("0s");
    let write =
        |name: &str, content: &[u8]| fs::write(emulator.folder.path().join(name), content).unwrap();
    write("malformed.json", b"{\n \"Prompt\": \"a\" \"b\"}");
    write("cut.json", b"{\"Prompt\":");
    write(
        "type.json",
        b"{\"Prompt\":\"a\",\n\"ImageInfos\":[{\"ImageUrl\":5}]}",
    );
    write("empty.json", b" \n");
    write("list.json", b"[]");
    write("binary.json", b"{\"Prompt\":\"\xff\"}");
    write("there.mp4", b"mine");
    let create = |arguments: &[&str]| emulator.run(&[&["video", "create"], arguments].concat());
    for (arguments, message) in [
        (
            &["--request", "malformed.json"][..],
            "error: malformed.json:2:16: expected `,` or `}`",
        ),
        (
            &["--request", "cut.json"],
            "error: cut.json:1:10: EOF while parsing a value",
        ),
        (
            &["--request", "type.json"],
            "error[wrong-type]: ImageInfos[0].ImageUrl: has to be a text, not a number; put it in quotation marks",
        ),
        (&["--request", "empty.json"], "error: empty.json is empty"),
        (
            &["--request", "list.json"],
            "error[wrong-type]: has to be an object, not a list; write its members by name, in braces",
        ),
        (
            &["--request", "binary.json"],
            "error: binary.json is not UTF-8 text: byte 11 is not valid",
        ),
        (
            &["--request", "missing.json"],
            "error: cannot read missing.json: No such file or directory (os error 2)",
        ),
        (
            &["--prompt", "a", "--out", "there.mp4"],
            "error: there.mp4 exists already",
        ),
        (
            &["--prompt", "a", "--out", "there.mp4/no/folder.mp4"],
            "error: cannot write there.mp4/no/folder.mp4: Not a directory (os error 20)",
        ),
        (
            &["--prompt", "a", "--cos", "bucket"],
            "error: --cos: \"bucket\" is none of bucket=…, region=… and path=…",
        ),
    ] {
        let run = create(arguments);
        let lines: Vec<_> = run.stderr.lines().collect();
        assert_eq!((run.exit, run.stdout.as_str()), (2, ""), "{run:?}");
        assert_eq!(lines[0], message);
        assert!(lines.last().unwrap().starts_with("hint: "), "{lines:?}");
    }
    assert_eq!(emulator.requests().len(), 0);
    assert_eq!(
        fs::read(emulator.folder.path().join("there.mp4")).unwrap(),
        b"mine"
    );
}

#[test]
fn preflight_reports_every_error_and_nothing_is_sent() {
    let emulator = Emulator::start("0s");
    let run = emulator.run(&[
        "--output",
        "json",
        "video",
        "create",
        "--duration",
        "0",
        "--image",
        "ftp://a.example/cat.png",
    ]);
    assert_eq!(run.exit, 2);
    let error = run.error();
    assert_eq!(
        (&error["schema"], &error["kind"], &error["dispatch"]),
        (
            &"mps.error/1".into(),
            &"preflight".into(),
            &"not_sent".into()
        )
    );
    let findings = error["findings"].as_array().unwrap();
    let paths = findings.iter().map(|finding| finding["path"].as_str());
    assert_eq!(
        paths.collect::<Vec<_>>(),
        [Some("ImageUrl"), Some("Duration")]
    );
    for finding in findings {
        assert!(
            finding["source"].as_str().is_some_and(|it| !it.is_empty()),
            "{finding}"
        );
    }
    assert_eq!(emulator.requests().len(), 0);
}

#[test]
fn an_unknown_member_is_kept_and_its_closest_known_one_is_named() {
    let emulator = Emulator::start("0s");
    fs::write(
        emulator.folder.path().join("r.json"),
        r#"{"Prompt":"a","Promt":"b"}"#,
    )
    .unwrap();
    let run = emulator.run(&["video", "create", "--request", "r.json"]);
    let warning = run.stderr.lines().next().unwrap();
    assert!(
        warning.starts_with("warning[unknown-member]: Promt: "),
        "{warning}"
    );
    assert!(warning.contains("`Prompt`"), "{warning}");
    // It was sent, and the service, which has the last word, refused it.
    assert_eq!(emulator.requests()[0]["code"], "UnknownParameter");
    assert_eq!(run.exit, 2);
}

#[test]
fn credentials_that_are_missing_or_wrong_are_exit_3() {
    let emulator = Emulator::start("0s");
    let missing = run(mps(emulator.folder.path()).args(["video", "create", "--prompt", "a"]));
    assert_eq!(missing.exit, 3);
    assert!(
        missing.stderr.contains("TENCENTCLOUD_SECRET_ID") && missing.stderr.contains("--emulator"),
        "{}",
        missing.stderr
    );

    let wrong_key = run(emulator
        .mps(&["--output", "json", "video", "create", "--prompt", "a"])
        .env("TENCENTCLOUD_SECRET_KEY", "wrong"));
    assert_eq!(
        (wrong_key.exit, &wrong_key.error()["code"]),
        (3, &"AuthFailure.SignatureFailure".into())
    );
    let wrong_id = run(emulator
        .mps(&["--output", "json", "video", "create", "--prompt", "a"])
        .env("TENCENTCLOUD_SECRET_ID", "AKIDnobody"));
    assert_eq!(
        (wrong_id.exit, &wrong_id.error()["code"]),
        (3, &"AuthFailure.SecretIdNotFound".into())
    );
    assert_eq!(emulator.creates(), 0);
}

#[test]
fn a_profile_file_gives_credentials_too() {
    let emulator = Emulator::start("0s");
    let folder = emulator.folder.path().join(".tencentcloud");
    fs::create_dir(&folder).unwrap();
    fs::write(
        folder.join("credentials"),
        "[default]\nsecret_id = AKIDx\nsecret_key = no-real-key\n",
    )
    .unwrap();
    let run = run(mps(emulator.folder.path()).args([
        "--endpoint",
        &emulator.endpoint,
        "--output",
        "json",
        "video",
        "status",
        "1",
    ]));
    assert_eq!(run.error()["code"], "AuthFailure.SecretIdNotFound");
}

#[test]
fn a_refused_connection_created_nothing() {
    // Port 1 (tcpmux): nothing listens there, and the system assigns no port below 1024 to a client.
    let endpoint = "http://127.0.0.1:1";
    let folder = tempfile::tempdir().unwrap();
    let refused = run(mps(folder.path())
        .args([
            "--endpoint",
            endpoint,
            "--output",
            "json",
            "video",
            "create",
            "--prompt",
            "a",
        ])
        .env("TENCENTCLOUD_SECRET_ID", "i")
        .env("TENCENTCLOUD_SECRET_KEY", "no-real-key"));
    assert_eq!(refused.exit, 6);
    assert_eq!(
        (&refused.error()["kind"], &refused.error()["dispatch"]),
        (&"connect".into(), &"not_sent".into())
    );
}

#[test]
fn each_end_of_a_task_has_its_exit_code() {
    let emulator = Emulator::start("0s");
    let create = |prompt: &str| {
        emulator.run(&[
            "--output", "json", "video", "create", "--wait", "--prompt", prompt,
        ])
    };
    let failed = create("[emulator:fail=no\nluck]");
    assert_eq!(
        (failed.exit, &failed.error()["kind"]),
        (7, &"task_failed".into())
    );
    assert!(
        failed.error()["message"]
            .as_str()
            .unwrap()
            .ends_with("no luck")
    );
    assert!(failed.error()["task_id"].is_string());

    assert_eq!(
        create("[emulator:refuse=InvalidParameter.ViolationContent]").exit,
        8
    );
    assert_eq!(
        create("[emulator:refuse=FailedOperation.UserArrears]").exit,
        4
    );
    assert_eq!(
        emulator
            .run(&["video", "download", "no-such-task", "--out", "x.mp4"])
            .exit,
        2
    );

    let slow = Emulator::start("1h");
    let run = slow.run(&[
        "--output",
        "json",
        "video",
        "create",
        "--prompt",
        "a",
        "--wait",
        "--timeout",
        "1ms",
    ]);
    assert_eq!(
        (run.exit, &run.error()["kind"]),
        (5, &"wait_timed_out".into())
    );
    let id = run.error()["task_id"].as_str().unwrap().to_owned();
    assert!(
        run.error()["hint"]
            .as_str()
            .unwrap()
            .ends_with(&format!("video wait -- {id}"))
    );
    let run = slow.run(&[
        "--output", "json", "video", "download", &id, "--out", "a b.mp4",
    ]);
    let error = run.error();
    assert_eq!((run.exit, &error["task_id"]), (5, &id.clone().into()));
    // The line leads to where the task is, and survives a shell.
    assert_eq!(
        error["hint"],
        format!(
            "the task continues; resume with: mps --endpoint {} video wait --out 'a b.mp4' -- {id}",
            slow.endpoint
        )
    );
}

#[test]
fn wrong_usage_is_exit_2_and_help_is_not() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &["--bogus"][..],
        &[],
        &["video"],
        &[
            "--emulator",
            "--endpoint",
            "http://127.0.0.1:1",
            "video",
            "status",
            "1",
        ],
        &["sign"],
    ] {
        assert_eq!(
            run(mps(folder.path())
                .args(arguments)
                .env("TENCENTCLOUD_SECRET_ID", "i"))
            .exit,
            2,
            "{arguments:?}"
        );
    }
    for (names, host, says) in [
        ("host;host", "a.example", "\"host\" is named twice"),
        (
            "host",
            "a.example\nx: y",
            "no header host can have the value",
        ),
        ("host;date", "a.example", "\"date\" cannot be signed here"),
    ] {
        let sign = ["sign", "--signed-headers", names, "--host", host];
        let refused = run(mps(folder.path()).args(sign));
        assert_eq!((refused.exit, refused.stdout.as_str()), (2, ""));
        assert!(refused.stderr.contains(says), "{}", refused.stderr);
    }
    for endpoint in ["nowhere", "ftp://a.example", "http://a.example"] {
        let refused = run(mps(folder.path()).args([
            "--endpoint",
            endpoint,
            "video",
            "create",
            "--prompt",
            "a",
            "--dry-run",
        ]));
        assert_eq!(refused.exit, 2, "{refused:?}");
    }
    assert_eq!(run(mps(folder.path()).arg("--help")).exit, 0);
}

#[test]
fn the_emulator_listens_on_this_machine_only() {
    let folder = tempfile::tempdir().unwrap();
    let refused = run(mps(folder.path()).args(["emulator", "--listen", "0.0.0.0:0"]));
    assert_eq!((refused.exit, refused.stdout.as_str()), (2, ""));
}

#[test]
fn no_stream_ever_shows_a_key_or_a_prompt() {
    let emulator = Emulator::start("0s");
    for prompt in ["a secret prompt", "[emulator:fail=why] a secret prompt"] {
        for form in ["human", "json"] {
            let run = emulator.run(&[
                "-vv", "--output", form, "video", "create", "--wait", "--prompt", prompt,
            ]);
            let all = format!("{}{}", run.stdout, run.stderr);
            assert!(
                !all.contains(&emulator.secret_key) && !all.contains("a secret prompt"),
                "{all}"
            );
            assert!(
                all.contains("CreateAigcVideoTask"),
                "-vv shows what happens: {all}"
            );
        }
    }
}

#[test]
fn colours_are_for_terminals_or_on_demand() {
    let folder = tempfile::tempdir().unwrap();
    let coloured = |color: &str| {
        run(mps(folder.path()).args(["--color", color, "video", "status", "1"]))
            .stderr
            .contains('\u{1b}')
    };
    assert!(!coloured("auto") && !coloured("never") && coloured("always"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_task_whose_id_cannot_be_written_to_stdout_is_not_lost() {
    let emulator = Emulator::start("1h");
    let full = || std::fs::File::create("/dev/full").unwrap();
    let create = ["--output", "json", "video", "create", "--prompt", "a cat"];
    let mut create = emulator.mps(&create);
    let create = create.stdout(full()).stderr(std::process::Stdio::piped());
    let create = output_of(create.spawn().unwrap());
    let error: serde_json::Value = serde_json::from_slice(&create.stderr).unwrap();
    let id = &emulator.bill()["items"][0]["task_id"];
    assert_eq!(
        (create.status.code(), &error["task_id"], id.is_string()),
        (Some(1), id, true)
    );
    let resume = format!("video wait -- {}", id.as_str().unwrap());
    assert!(error["hint"].as_str().unwrap().ends_with(&resume));
}
