//! The bucket: its settings, its errors, and signatures of what is in it.

use std::fs;

use serde_json::{Value, json};

use super::{COS, PNG, assert_no_signature, create, object, storage, uploads, write};
use crate::{
    bounded::Lines,
    ledger_support::lose_reply,
    support::{Emulator, Run, run, signal, spawn},
};

#[test]
fn the_bucket_of_the_environment_or_the_config_file_does_not_change_the_request() {
    let emulator = Emulator::start("60s");
    write(&emulator, "cat.png", PNG);
    let image = [
        "--output", "json", "video", "create", "--prompt", "a", "--image", "cat.png",
    ];
    let first = run(emulator
        .recorded(&image)
        .env("MPS_MEDIA_BUCKET", "bucket=b-1250000000,region=r-1"));
    assert_eq!(first.exit, 0, "{first:?}");
    let folder = emulator.folder.path().join(".config/mps");
    fs::create_dir_all(&folder).unwrap();
    let config = "[defaults]\nmedia-bucket = \"bucket=c-1250000000,region=r-2\"\n";
    fs::write(folder.join("config.toml"), config).unwrap();
    let second = run(&mut emulator.recorded(&image));
    assert_eq!(second.exit, 12, "{second:?}");
    let third = run(&mut emulator.recorded(&[&image[..], &["--again"]].concat()));
    assert_eq!(third.exit, 0, "{third:?}");
    assert_eq!((uploads(&emulator), emulator.creates()), (2, 2));
    let explained = run(emulator
        .mps(&["config", "explain"])
        .env("MPS_MEDIA_BUCKET", "bucket=b-1250000000,region=r-1"));
    assert!(
        explained.stdout.contains("MPS_MEDIA_BUCKET"),
        "{}",
        explained.stdout
    );
}

/// A fault, the exit code, a part of the message, and the number of attempts.
type FaultCase = (Value, i32, &'static str, usize);

#[test]
fn a_bucket_in_trouble_is_an_error_before_any_money_is_spent() {
    let http =
        |action: &str, status: u16| json!({"action": action, "kind": "http", "status": status});
    // A transient error has four attempts, a refusal one.
    let cases: [FaultCase; 7] = [
        (http("download", 503), 6, "HTTP 503", 4),
        (http("upload", 503), 6, "HTTP 503", 4),
        (
            json!({"action": "download", "kind": "reset_before_read"}),
            6,
            "cannot be reached",
            4,
        ),
        (
            json!({"action": "upload", "kind": "reset_after_read"}),
            6,
            "cannot be reached",
            4,
        ),
        // It asks for more time than there is.
        (
            json!({"action": "upload", "kind": "http", "status": 503, "retry_after": 3_600}),
            6,
            "HTTP 503",
            1,
        ),
        (http("upload", 403), 3, "HTTP 403", 1),
        (http("upload", 404), 2, "HTTP 404", 1),
    ];
    for (fault, exit, message, attempts) in cases {
        let emulator = Emulator::start("0s");
        write(&emulator, "cat.png", PNG);
        emulator.add_fault(&fault);
        let refused = create(
            &emulator,
            "cat.png",
            &["--cos", COS, "--deadline", "10m", "--key", "k"],
        );
        assert_eq!(refused.exit, exit, "{fault}: {refused:?}");
        let error = refused.error();
        assert_eq!(error["kind"], "upload", "{fault}");
        let text = error["message"].as_str().unwrap();
        assert!(text.contains(message), "{fault}: {text}");
        assert_no_signature(&refused);
        let method = if fault["action"] == "upload" {
            "PUT"
        } else {
            "GET"
        };
        let seen = storage(&emulator);
        let asked = seen.iter().filter(|(of, ..)| of == method);
        // Other requests are not affected: an upload follows a GET that is answered with 404.
        assert_eq!(asked.count(), attempts, "{fault}: {seen:?}");
        assert_eq!((uploads(&emulator), emulator.creates()), (0, 0), "{fault}");
        // The key was not used up.
        emulator.clear_faults();
        let sent = create(&emulator, "cat.png", &["--cos", COS, "--key", "k"]);
        assert_eq!(sent.exit, 0, "{fault}: {sent:?}");
        assert_eq!((uploads(&emulator), emulator.creates()), (1, 1), "{fault}");
    }
}

#[test]
fn wrong_keys_are_no_missing_permission() {
    let emulator = Emulator::start("0s");
    write(&emulator, "cat.png", PNG);
    let arguments = [
        "--output", "json", "video", "create", "--prompt", "a", "--image", "cat.png", "--cos", COS,
    ];
    let refused = run(emulator
        .recorded(&arguments)
        .env("TENCENTCLOUD_SECRET_KEY", "another-secret-key"));
    assert_eq!(refused.exit, 3, "{refused:?}");
    let error = refused.error();
    assert_eq!(error["code"], "SignatureDoesNotMatch");
    let hint = error["hint"].as_str().unwrap();
    assert!(hint.contains("mps doctor"), "{hint}");
    assert_no_signature(&refused);
}

#[test]
fn the_url_of_an_uploaded_file_is_signed_by_both_commands() {
    let emulator = Emulator::start("0s");
    write(&emulator, "cat.png", PNG);
    let file = create(&emulator, "cat.png", &["--cos", COS]);
    assert_eq!(file.exit, 0, "{file:?}");
    let folder = "https://mine-1250000000.cos.ap-guangzhou.myqcloud.com/my%20films/mps-media";
    let url = format!("{folder}/{}", object(PNG, "png"));
    lose_reply(&emulator);
    let lost = create(&emulator, &url, &["--key", "k"]);
    assert_eq!(lost.exit, 9, "{lost:?}");
    let again = emulator.record(&["resolve", "k", "--recreate"]);
    assert_eq!(again.exit, 0, "{again:?}");
    for run in [&lost, &again] {
        assert_no_signature(run);
    }
    // The service read it for each create, with a signature.
    let reads = storage(&emulator).into_iter();
    let reads = reads.filter(|(method, status, _)| method == "GET" && *status == 200);
    assert_eq!((reads.count(), uploads(&emulator)), (3, 1));

    let unknown = format!("{folder}/{}", object(b"none", "png"));
    let refused = create(&emulator, &unknown, &[]);
    assert_eq!(refused.exit, 2, "{refused:?}");
    assert_eq!(emulator.creates(), 3);
}

#[test]
fn a_passing_trouble_of_the_bucket_is_retried() {
    let emulator = Emulator::start("60s");
    write(&emulator, "cat.png", PNG);
    for action in ["download", "upload"] {
        emulator.add_fault(&json!({"action": action, "kind": "http", "status": 503, "times": 1}));
    }
    let created = create(&emulator, "cat.png", &["--cos", COS]);
    assert_eq!(created.exit, 0, "{created:?}");
    assert_eq!((uploads(&emulator), emulator.creates()), (1, 1));
}

#[test]
fn a_create_in_doubt_is_recreated_with_a_new_signature_of_the_file() {
    let emulator = Emulator::start("0s");
    write(&emulator, "cat.png", PNG);
    lose_reply(&emulator);
    let lost = create(&emulator, "cat.png", &["--cos", COS, "--key", "k"]);
    assert_eq!(lost.exit, 9, "{lost:?}");
    let again = emulator.record(&["resolve", "k", "--recreate"]);
    assert_eq!(again.exit, 0, "{again:?}");
    assert_no_signature(&again);
    let reads = storage(&emulator);
    let read = ("GET".to_owned(), 200);
    let by_service = reads
        .iter()
        .filter(|(method, status, _)| (method.clone(), *status) == read);
    assert_eq!(
        (by_service.count(), uploads(&emulator), emulator.creates()),
        (2, 1, 2)
    );

    // A file that is gone leaves the create in doubt.
    lose_reply(&emulator);
    let lost = create(
        &emulator,
        "cat.png",
        &["--cos", COS, "--key", "k2", "--again"],
    );
    assert_eq!(lost.exit, 9, "{lost:?}");
    emulator.tell("reset", &json!({}));
    let gone = emulator.record(&["resolve", "k2", "--recreate"]);
    assert_eq!(gone.exit, 2, "{gone:?}");
    assert!(
        gone.stderr.contains("no longer has the file"),
        "{}",
        gone.stderr
    );
    let doubtful = emulator.record(&["tasks", "--in-doubt"]);
    assert!(doubtful.stdout.contains("k2"), "{}", doubtful.stdout);
}

#[test]
fn a_signal_during_an_upload_ends_at_once_and_nothing_is_created() {
    let emulator = Emulator::start("0s");
    write(&emulator, "cat.png", PNG);
    emulator.add_fault(&json!({"action": "upload", "kind": "delay", "delay": "10m"}));
    let arguments = [
        "--output", "json", "video", "create", "--prompt", "a", "--image", "cat.png", "--cos", COS,
    ];
    let mut command = emulator.recorded(&arguments);
    let mut process = spawn(&mut command);
    let lines = Lines::of(process.stderr.take().unwrap());
    lines.wait_for(r#""event":"upload""#);
    signal(&process, "-INT");
    let run = Run::of(process);
    assert_eq!(run.exit, 130, "{run:?} {}", lines.rest());
    assert_eq!(emulator.creates(), 0);
}
