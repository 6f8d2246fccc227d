//! Files that a request names: once uploaded, the same request, refused if they are not usable.

use std::fs;

use serde_json::json;

use super::{COS, PNG, assert_no_signature, create, object, storage, uploads, write};
use crate::support::{Emulator, make_pipe};

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
    for read in [&["show", "cat-1"][..], &["tasks", "export"]] {
        let shown = emulator.record(read);
        assert_eq!(shown.exit, 0, "{shown:?}");
        assert!(
            shown.stdout.contains(&object(PNG, "png")),
            "{read:?}: {}",
            shown.stdout
        );
        assert_no_signature(&shown);
    }
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
    assert_eq!((uploads(&emulator), emulator.creates()), (2, 2));

    // Once more on purpose: the bucket has the file.
    let more = create(&emulator, "copy.png", &[&cos[..], &["--again"]].concat());
    assert_eq!(more.exit, 0, "{more:?}");
    assert_eq!((uploads(&emulator), emulator.creates()), (2, 3));

    // Another content under the same name is another request, and has another object.
    write(&emulator, "cat.png", b"\xff\xd8\xff another cat");
    let differs = create(
        &emulator,
        "cat.png",
        &[&cos[..], &["--key", "cat-1"]].concat(),
    );
    assert_eq!(differs.exit, 2, "{differs:?}");
    assert!(differs.stderr.contains("ImageUrl"), "{}", differs.stderr);
    assert_eq!((uploads(&emulator), emulator.creates()), (2, 3));
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
    assert_eq!((uploads(&emulator), emulator.creates()), (0, 0));
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
    assert_eq!(objects, [object(PNG, "png"), object(b"GIF89a", "gif")]);
}
