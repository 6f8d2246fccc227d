//! Local media: files in place of URLs, uploaded once to a bucket, which the emulator plays.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::{
    ledger_support::creates,
    support::{Emulator, Run, mps, run},
};

const COS: &str = "bucket=mine-1250000000,region=ap-guangzhou,path=my films";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\nnot really";
const HASH: &str = "0f3d0ef9a1bcc1b1ef2f5a7e6a9f2a9d";

fn write(emulator: &Emulator, name: &str, content: &[u8]) {
    fs::write(emulator.folder.path().join(name), content).unwrap();
}

/// Creates a video of a file, with more options.
fn create(emulator: &Emulator, image: &str, more: &[&str]) -> Run {
    let arguments = ["video", "create", "--prompt", "a cat", "--image", image];
    emulator.record(&[&arguments, more].concat())
}

/// The requests to the object storage: method, status, and the name of the object.
fn storage(emulator: &Emulator) -> Vec<(String, u64, String)> {
    let log = emulator.control("requests");
    let downloads = log["downloads"].as_array().unwrap().clone();
    let text = |record: &Value, name: &str| record[name].as_str().unwrap_or_default().to_owned();
    let entry = |record: &Value| {
        let path = text(record, "path");
        let name = path.rsplit('/').next().unwrap_or_default().to_owned();
        (
            text(record, "method"),
            record["status"].as_u64().unwrap_or_default(),
            name,
        )
    };
    downloads.iter().map(entry).collect()
}

fn uploads(emulator: &Emulator) -> usize {
    let puts = storage(emulator).into_iter();
    puts.filter(|(method, status, _)| method == "PUT" && *status == 200)
        .count()
}

/// The member of a row that `mps show` prints: the recorded request.
fn assert_no_signature(run: &Run) {
    for text in [&run.stdout, &run.stderr] {
        assert!(!text.contains("q-sign") && !text.contains("q-ak"), "{text}");
    }
}

#[test]
fn a_file_is_uploaded_once_and_stays_the_same_request() {
    let emulator = Emulator::start("60s");
    write(&emulator, "cat.png", PNG);
    write(&emulator, "copy.png", PNG);
    let cos = ["--cos", COS];

    let first = create(
        &emulator,
        "./cat.png",
        &[&cos[..], &["--key", "cat-1", "-v"]].concat(),
    );
    assert_eq!(first.exit, 0, "{first:?}");
    assert!(
        first.stderr.contains(r#""event":"upload""#),
        "{}",
        first.stderr
    );
    assert_no_signature(&first);
    let task = first.json()["task_id"].clone();
    // Looked for, stored, read as the service will, read by the service.
    let methods: Vec<_> = storage(&emulator)
        .into_iter()
        .map(|(method, status, _)| (method, status))
        .collect();
    let entry = |method: &str, status| (method.to_owned(), status);
    assert_eq!(
        methods,
        [
            entry("GET", 404),
            entry("PUT", 200),
            entry("GET", 206),
            entry("GET", 200)
        ]
    );

    // The key is replayed without a look at the bucket, whatever the signature would be.
    let again = create(
        &emulator,
        "./cat.png",
        &[&cos[..], &["--key", "cat-1"]].concat(),
    );
    assert_eq!(
        (again.exit, &again.json()["task_id"]),
        (0, &task),
        "{again:?}"
    );
    assert_eq!(storage(&emulator).len(), 4);

    // The guard refuses the repeat, from another path and for another bucket too.
    let other = ["--cos", "bucket=other-1250000000,region=ap-seoul"];
    for (image, more, exit) in [
        ("copy.png", &cos[..], 12),
        ("./cat.png", &cos[..], 12),
        ("./cat.png", &other[..], 0),
    ] {
        let repeat = create(&emulator, image, more);
        // A result in another bucket is another request.
        assert_eq!(repeat.exit, exit, "{repeat:?}");
    }
    assert_eq!((uploads(&emulator), creates(&emulator)), (2, 2));

    // Once more on purpose: the bucket has the file.
    let more = create(&emulator, "copy.png", &[&cos[..], &["--again"]].concat());
    assert_eq!(more.exit, 0, "{more:?}");
    assert_eq!((uploads(&emulator), creates(&emulator)), (2, 3));

    // Another content under the same name is another request, and has another object.
    write(&emulator, "cat.png", b"\xff\xd8\xff another cat");
    let differs = create(
        &emulator,
        "cat.png",
        &[&cos[..], &["--key", "cat-1"]].concat(),
    );
    assert_eq!(differs.exit, 2, "{differs:?}");
    assert!(differs.stderr.contains("ImageUrl"), "{}", differs.stderr);
    assert_eq!((uploads(&emulator), creates(&emulator)), (2, 3));
}

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
    assert_eq!((uploads(&emulator), creates(&emulator)), (2, 2));
    let explained = run(emulator
        .mps(&["config", "explain"])
        .env("MPS_MEDIA_BUCKET", "bucket=b-1250000000,region=r-1"));
    assert!(
        explained.stdout.contains("MPS_MEDIA_BUCKET"),
        "{}",
        explained.stdout
    );
}

/// A file, more options, the exit code, and a part of the message.
type Case = (&'static str, &'static [&'static str], i32, &'static str);

#[test]
fn every_bad_file_and_bucket_is_an_error_before_any_money_is_spent() {
    let emulator = Emulator::start("0s");
    let folder = emulator.folder.path();
    write(&emulator, "cat.png", PNG);
    write(&emulator, "empty.png", b"");
    write(&emulator, "cat.gif", b"GIF89a");
    write(&emulator, "text.png", b"<svg></svg>");
    write(&emulator, "song.png", b"ID3\x04");
    write(&emulator, "cat.jpg", PNG);
    let mut large = PNG.to_vec();
    large.resize(11 * 1024 * 1024, 0);
    write(&emulator, "large.png", &large);
    fs::create_dir(folder.join("folder.png")).unwrap();
    #[cfg(unix)]
    make_pipe(&folder.join("pipe.png"));
    let cos = &["--cos", COS][..];
    let mut cases: Vec<Case> = vec![
        ("none.png", cos, 2, "cannot read none.png"),
        ("cat.png/more", cos, 2, "cannot read cat.png/more"),
        ("empty.png", cos, 2, "empty.png is empty"),
        ("folder.png", cos, 2, "folder.png is a folder"),
        ("large.png", cos, 2, "an image may have 10 MB"),
        ("cat.gif", cos, 2, "cat.gif is a GIF"),
        ("text.png", cos, 2, "text.png is of no known format"),
        ("song.png", cos, 2, "song.png is an MP3"),
        ("a.example/cat.png", cos, 2, "a URL begins with https://"),
        ("data:image/png;base64,AAAA", cos, 2, "ImageUrl"),
        (
            "cat.jpg",
            &["--cos", COS, "--strict"],
            2,
            "cat.jpg is a PNG",
        ),
        ("cat.png", &[], 2, "--cos bucket="),
        (
            "cat.png",
            &["--cos", "bucket=b.evil/,region=r"],
            2,
            "not the name of a bucket",
        ),
        ("cat.png", &["--cos", "bucket=b-1"], 2, "region"),
        (
            "cat.png",
            &["--cos", "bucket=access-denied-1,region=r"],
            3,
            "HTTP 403 AccessDenied",
        ),
        (
            "cat.png",
            &["--cos", "bucket=no-such-bucket-1,region=r"],
            2,
            "HTTP 404 NoSuchBucket",
        ),
    ];
    if cfg!(unix) {
        cases.push(("pipe.png", cos, 2, "a pipe or a device"));
        cases.push(("/dev/null", cos, 2, "a pipe or a device"));
    }
    for (file, more, exit, message) in cases {
        let refused = create(&emulator, file, more);
        assert_eq!(refused.exit, exit, "{file} {more:?}: {refused:?}");
        assert!(
            refused.stderr.contains(message),
            "{file} {more:?}: {}",
            refused.stderr
        );
        let error = refused.error();
        assert_eq!(
            (&error["created"], &error["in_doubt"]),
            (&json!(false), &json!(false))
        );
        assert_no_signature(&refused);
    }
    assert_eq!((uploads(&emulator), creates(&emulator)), (0, 0));
}

#[cfg(unix)]
fn make_pipe(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.unwrap().success());
}

#[test]
fn a_bucket_in_trouble_is_an_error_before_any_money_is_spent() {
    for (fault, exit) in [
        (
            json!({"action": "download", "kind": "http", "status": 503}),
            6,
        ),
        (
            json!({"action": "upload", "kind": "http", "status": 503}),
            6,
        ),
        (json!({"action": "upload", "kind": "reset_after_read"}), 6),
        (
            json!({"action": "upload", "kind": "http", "status": 403}),
            3,
        ),
        (
            json!({"action": "upload", "kind": "http", "status": 404}),
            2,
        ),
    ] {
        let emulator = Emulator::start("0s");
        write(&emulator, "cat.png", PNG);
        emulator.add_fault(&fault);
        // Too short for a second attempt, which no refusal has.
        let deadline = if exit == 6 { "400ms" } else { "2m" };
        let refused = create(
            &emulator,
            "cat.png",
            &["--cos", COS, "--deadline", deadline, "--key", "k"],
        );
        assert_eq!(refused.exit, exit, "{fault}: {refused:?}");
        assert_eq!(refused.error()["kind"], "upload", "{fault}");
        assert_no_signature(&refused);
        assert_eq!((uploads(&emulator), creates(&emulator)), (0, 0), "{fault}");
        // The key was not used up.
        emulator.clear_faults();
        let sent = create(&emulator, "cat.png", &["--cos", COS, "--key", "k"]);
        assert_eq!(sent.exit, 0, "{fault}: {sent:?}");
        assert_eq!((uploads(&emulator), creates(&emulator)), (1, 1), "{fault}");
    }
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
    assert_eq!((uploads(&emulator), creates(&emulator)), (1, 1));
}

#[test]
fn every_option_for_media_takes_a_file() {
    let emulator = Emulator::start("0s");
    let files: [(&str, &[u8]); 4] = [
        ("a.png", PNG),
        ("b.webp", b"RIFF\0\0\0\0WEBPVP8 "),
        ("c.mp4", b"\0\0\0\x18ftypisom"),
        ("d.mp3", b"ID3\x04"),
    ];
    for (name, content) in files {
        write(&emulator, name, content);
    }
    for (arguments, expected) in [
        (
            &[
                "video",
                "--image",
                "a.png",
                "--last-image",
                "b.webp",
                "--ref-image",
                "a.png,type=style",
                "--ref-image",
                "b.webp",
                "--ref-video",
                "c.mp4,refer=feature,sound=no",
                "--ref-audio",
                "d.mp3",
            ][..],
            &[
                "ImageUrl",
                "LastImageUrl",
                "ImageInfos[0].ImageUrl",
                "ImageInfos[1].ImageUrl",
                "VideoInfos[0].VideoUrl",
                "AudioInfos[0].AudioUrl",
            ][..],
        ),
        (
            &[
                "image",
                "--ref-image",
                "https://a.example/1.png",
                "--ref-image",
                "b.webp,type=x",
            ],
            &["ImageInfos[1].ImageUrl"],
        ),
        (
            &["audio", "--ref-video", "c.mp4", "--ref-audio", "d.mp3"],
            &["VideoInfos[0].VideoUrl", "AudioInfos[0].AudioUrl"],
        ),
    ] {
        let (family, options) = arguments.split_first().unwrap();
        let create = [
            &[
                "--output",
                "json",
                family,
                "create",
                "--prompt",
                "a",
                "--preflight",
                "warn",
                "--cos",
                COS,
            ],
            options,
        ]
        .concat();
        let dry = run(mps(emulator.folder.path()).args(&create).arg("--dry-run"));
        assert_eq!(dry.exit, 0, "{dry:?}");
        let members: Vec<_> = dry.json()["uploads"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["member"].clone())
            .collect();
        assert_eq!(members, expected);
        let folder = "https://mine-1250000000.cos.ap-guangzhou.myqcloud.com/my%20films/mps-media/";
        let text = dry.json()["request"].to_string();
        assert_eq!(text.matches(folder).count(), expected.len(), "{text}");
        assert!(!text.contains("local.invalid"), "{text}");
        let sent = run(&mut emulator.recorded(&create));
        assert_eq!(sent.exit, 0, "{sent:?}");
    }
    // The service could read each medium of each request; each file was uploaded once.
    let all = storage(&emulator);
    let reads = all
        .iter()
        .filter(|(method, status, _)| method == "GET" && *status == 200);
    assert_eq!((reads.count(), uploads(&emulator)), (9, 4), "{all:?}");
    assert!(
        all.iter()
            .all(|(_, status, _)| [200, 206, 404].contains(status)),
        "{all:?}"
    );
}

#[test]
fn a_name_that_does_not_fit_is_a_warning_and_a_wrong_format_can_be_sent() {
    let emulator = Emulator::start("0s");
    write(&emulator, "cat.jpg", PNG);
    let named = create(&emulator, "cat.jpg", &["--cos", COS]);
    assert_eq!(named.exit, 0, "{named:?}");
    assert!(
        named.stderr.contains("cat.jpg is a PNG"),
        "{}",
        named.stderr
    );
    write(&emulator, "cat.gif", b"GIF89a");
    let sent = create(&emulator, "cat.gif", &["--cos", COS, "--preflight", "warn"]);
    assert_eq!(sent.exit, 0, "{sent:?}");
    let objects: Vec<_> = storage(&emulator)
        .into_iter()
        .filter(|(method, ..)| method == "PUT")
        .map(|(.., name)| name)
        .collect();
    let extensions: Vec<_> = objects
        .iter()
        .map(|name| name.rsplit('.').next().unwrap())
        .collect();
    assert_eq!(extensions, ["png", "gif"]);
    assert!(
        objects.iter().all(|name| name.len() == HASH.len() * 2 + 4),
        "{objects:?}"
    );
}

#[test]
fn a_dry_run_uploads_nothing_and_needs_no_network() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("cat.png"), PNG).unwrap();
    let arguments = [
        "video",
        "create",
        "--prompt",
        "a",
        "--image",
        "cat.png",
        "--cos",
        COS,
        "--dry-run",
    ];
    let dry = run(mps(folder.path()).args(arguments));
    assert_eq!(dry.exit, 0, "{dry:?}");
    assert!(
        dry.stdout
            .contains("# upload\nImageUrl: cat.png, 18 B, image/png, sha256 "),
        "{}",
        dry.stdout
    );
    assert!(
        dry.stdout.contains(".myqcloud.com/my%20films/mps-media/"),
        "{}",
        dry.stdout
    );
}

#[test]
fn a_create_in_doubt_is_recreated_with_a_new_signature_of_the_file() {
    let emulator = Emulator::start("0s");
    write(&emulator, "cat.png", PNG);
    crate::ledger_support::lose_reply(&emulator);
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
        (by_service.count(), uploads(&emulator), creates(&emulator)),
        (2, 1, 2)
    );

    // A file that is gone leaves the create in doubt.
    crate::ledger_support::lose_reply(&emulator);
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

#[cfg(unix)]
#[test]
fn a_signal_during_an_upload_ends_at_once_and_nothing_is_created() {
    use std::{
        io::{BufRead as _, BufReader},
        process::Stdio,
    };

    let emulator = Emulator::start("0s");
    write(&emulator, "cat.png", PNG);
    emulator.add_fault(&json!({"action": "upload", "kind": "delay", "delay": "10m"}));
    let arguments = [
        "--output", "json", "video", "create", "--prompt", "a", "--image", "cat.png", "--cos", COS,
    ];
    let mut command = emulator.recorded(&arguments);
    let mut process = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(process.stderr.take().unwrap()).lines();
    let mut lines = lines.map(Result::unwrap);
    assert!(lines.any(|line| line.contains(r#""event":"upload""#)));
    let asked = std::process::Command::new("kill")
        .args(["-INT", &process.id().to_string()])
        .status();
    assert!(asked.unwrap().success());
    let rest: Vec<_> = lines.collect();
    assert_eq!(process.wait().unwrap().code(), Some(130), "{rest:?}");
    assert_eq!(creates(&emulator), 0);
}
