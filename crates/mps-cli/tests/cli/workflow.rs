//! From the request to the file: the commands in the order of their use.

use std::fs;

use crate::{
    bounded::Lines,
    redaction,
    support::{Emulator, Run, documented_request, mps, run, signal, spawn},
};

#[test]
fn the_documented_request_becomes_a_video_file() {
    let emulator = Emulator::start("0s");
    let request = documented_request();
    let request = request.to_str().unwrap();
    let run = emulator.run(&[
        "--output",
        "json",
        "video",
        "create",
        "--request",
        request,
        "--wait",
        "--out",
        "cat.mp4",
    ]);
    assert_eq!(run.exit, 0, "{run:?}");
    let result = run.json();
    assert_eq!(result["schema"], "mps.video/1");
    assert_eq!(result["status"], "DONE");
    assert_eq!(result["attempts"], 1);
    for member in ["task_id", "request_id"] {
        assert!(!result[member].as_str().unwrap().is_empty(), "{member}");
    }
    let file = &result["files"][0];
    assert_eq!(file["path"], "cat.mp4");
    let video = fs::read(emulator.folder.path().join("cat.mp4")).unwrap();
    assert_eq!(&video[4..8], b"ftyp");
    assert_eq!(file["bytes"], video.len());
    assert_eq!(file["sha256"].as_str().unwrap().len(), 64);
    // The documentation's model is gone, which is a warning and stops nothing; then, before the wait
    // began, the id.
    let mut lines = run.stderr.lines();
    assert!(lines.next().unwrap().contains("withdrawn-model"));
    let told = lines.next().unwrap();
    assert!(told.contains(result["task_id"].as_str().unwrap()));
    assert_eq!(emulator.creates(), 1);
    assert_eq!(emulator.bill()["seconds"], 8);
}

#[test]
fn stdout_has_only_the_id_the_status_and_the_path() {
    let emulator = Emulator::start("0s");
    let created = emulator.run(&["video", "create", "--prompt", "a cat", "--duration", "3"]);
    let id = created.stdout.trim_end();
    assert_eq!((created.exit, created.stderr.as_str()), (0, ""));

    let status = emulator.run(&["video", "status", id]);
    assert!(
        status.stdout.starts_with("DONE http://127.0.0.1:"),
        "{status:?}"
    );

    let waited = emulator.run(&["--quiet", "video", "wait", id, "--out", "a.mp4"]);
    assert_eq!(
        (waited.exit, waited.stdout.as_str(), waited.stderr.as_str()),
        (0, "a.mp4\n", "")
    );

    let fetched = emulator.run(&["video", "download", id, "--out", "."]);
    assert_eq!(fetched.exit, 0, "{fetched:?}");
    assert!(emulator.folder.path().join(format!("{id}.mp4")).exists());
}

#[test]
fn options_override_the_members_of_the_request() {
    let folder = tempfile::tempdir().unwrap();
    let request = documented_request();
    let arguments = [
        "--output",
        "json",
        "video",
        "create",
        "--dry-run",
        "--request",
        request.to_str().unwrap(),
        "--model",
        "Kling",
        "--prompt",
        "another",
        "--duration",
        "5",
        "--resolution",
        "1080P",
        "--audio",
        "--ref-image",
        "https://a.example/1.png,type=style",
        "--ref-video",
        "https://a.example/2.mp4,refer=feature",
        "--cos",
        "bucket=b-1,region=ap-guangzhou",
        "--operator",
        "me",
    ];
    let dry = run(mps(folder.path()).args(arguments));
    assert_eq!(dry.exit, 0, "{dry:?}");
    let request = &dry.json()["request"];
    assert_eq!(request["ModelName"], "Kling");
    assert_eq!(request["Prompt"], "another");
    assert_eq!(request["NegativePrompt"], "Top lighting,bright colors");
    assert_eq!(
        request["ExtraParameters"],
        serde_json::json!({"Resolution": "1080P", "AspectRatio": "16:9", "EnableAudio": true})
    );
    assert_eq!(request["ImageInfos"][0]["ReferenceType"], "style");
    assert_eq!(request["VideoInfos"][0]["ReferType"], "feature");
    assert_eq!(
        request["StoreCosParam"],
        serde_json::json!({"CosBucketName": "b-1", "CosBucketRegion": "ap-guangzhou"})
    );
}

#[test]
fn a_byte_order_mark_is_ignored() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        fs::write(folder.path().join(name), format!("\u{feff}{text}")).unwrap();
    };
    write("request.json", r#"{"Prompt":"a cat"}"#);
    write("prompt.txt", "a cat\r\n");
    for flags in [
        ["--request", "request.json"],
        ["--prompt-file", "prompt.txt"],
    ] {
        let create = ["--output", "json", "video", "create", "--dry-run"];
        let run = run(mps(folder.path()).args(create).args(flags));
        assert_eq!(run.exit, 0, "{}", run.stderr);
        assert_eq!(run.json()["request"]["Prompt"], "a cat");
    }
}

#[test]
fn a_dry_run_needs_no_credentials_and_shows_what_would_be_signed() {
    let folder = tempfile::tempdir().unwrap();
    let dry = run(mps(folder.path()).args([
        "--output",
        "json",
        "video",
        "create",
        "--dry-run",
        "--prompt",
        "a",
    ]));
    let shown = dry.json();
    assert_eq!((dry.exit, &shown["ok"]), (0, &true.into()));
    assert!(
        shown["canonical_request"]
            .as_str()
            .unwrap()
            .contains("x-tc-action:createaigcvideotask")
    );
    assert!(
        shown["string_to_sign"]
            .as_str()
            .unwrap()
            .starts_with("TC3-HMAC-SHA256\n")
    );
    assert_eq!(shown["headers"].get("authorization"), None);
}

#[test]
fn any_action_can_be_called_and_its_response_is_unchanged() {
    let emulator = Emulator::start("1h");
    let created = emulator.run(&[
        "--output",
        "json",
        "call",
        "CreateAigcVideoTask",
        "--json",
        r#"{"Prompt":"a"}"#,
    ]);
    let created = created.json();
    assert_eq!(
        (&created["schema"], &created["action"]),
        (&"mps.call/1".into(), &"CreateAigcVideoTask".into())
    );
    assert_eq!(created["request_id"], created["response"]["RequestId"]);
    let id = created["response"]["TaskId"].as_str().unwrap();
    fs::write(
        emulator.folder.path().join("body.json"),
        format!(r#"{{"TaskId":"{id}"}}"#),
    )
    .unwrap();
    let described = emulator.run(&[
        "--output",
        "json",
        "call",
        "DescribeAigcVideoTask",
        "--json",
        "@body.json",
    ]);
    assert_eq!(described.json()["response"]["Status"], "RUN");
}

/// The vendor's published example: the key is the masked text itself.
#[test]
fn sign_shows_the_published_stages() {
    let folder = tempfile::tempdir().unwrap();
    let signed = run(mps(folder.path())
        .env("TENCENTCLOUD_SECRET_ID", "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE")
        .env("TENCENTCLOUD_SECRET_KEY", "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE")
        .args(["--output", "json", "sign", "--timestamp", "1551113065", "--service", "cvm"])
        .args(["--host", "cvm.tencentcloudapi.com", "--content-type", "application/json; charset=utf-8"])
        .args(["--signed-headers", "content-type;host", "--payload"])
        .arg(r#"{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}"#));
    let signed = signed.json();
    assert_eq!(signed["schema"], "mps.sign/1");
    assert_eq!(signed["signed_headers"], "content-type;host");
    let authorization = signed["authorization"].as_str().unwrap();
    assert!(
        authorization.ends_with(
            "Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
        ),
        "{authorization}"
    );
    assert!(
        signed["string_to_sign"]
            .as_str()
            .unwrap()
            .ends_with("5ffe6a04c0664d6b969fab9a13bdab201d63ee709638e2749d62a09ca18d7031")
    );
}

#[test]
fn an_interrupted_wait_prints_the_resume_line() {
    let emulator = Emulator::start("1h");
    let mut command = emulator.mps(&["video", "create", "--prompt", "a cat", "--out", "a.mp4"]);
    let mut waiting = spawn(&mut command);
    let stderr = Lines::of(waiting.stderr.take().unwrap());
    let created = stderr.line().unwrap();
    let id = created.split(' ').nth(2).unwrap().to_owned();
    // The first status shows that the wait, and with it the listening for signals, has begun.
    assert_eq!(stderr.line().unwrap(), format!("task {id}: RUN"));
    signal(&waiting, "-INT");
    let mut run = Run::of(waiting);
    run.stderr = stderr.rest();
    assert_eq!(run.exit, 130, "{run:?}");
    let resume = format!(
        "hint: the task continues; resume with: mps --endpoint {} video wait --out a.mp4 -- {id}",
        emulator.endpoint
    );
    assert_eq!(run.stderr.lines().last(), Some(resume.as_str()));
    redaction::check(&command, &run);
}

#[test]
fn check_prints_every_finding_and_sends_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let check = |request: &str| {
        let body = folder.path().join("r.json");
        fs::write(&body, request).unwrap();
        run(mps(folder.path()).args([
            "--output",
            "json",
            "check",
            "CreateAigcVideoTask",
            "--request",
            "r.json",
        ]))
    };
    let fine = check(&fs::read_to_string(documented_request()).unwrap());
    assert_eq!((fine.exit, &fine.json()["ok"]), (0, &true.into()));

    let bad = check(r#"{"Duration":0,"ImageUrl":"x","Promt":"a"}"#);
    assert_eq!((bad.exit, &bad.json()["ok"]), (2, &false.into()));
    let bad = bad.json();
    let rules: Vec<_> = bad["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["rule"].as_str().unwrap())
        .collect();
    assert_eq!(rules, ["format-url", "min", "unknown-member"]);

    let unknown = run(mps(folder.path()).args(["check", "NoSuchAction", "--request", "r.json"]));
    assert_eq!(unknown.exit, 2);
    assert!(
        unknown.stderr.contains("CreateAigcVideoTask"),
        "{}",
        unknown.stderr
    );
}
