//! The options that take files, with `--dry-run` and in a create.

use std::fs;

use super::{COS, PNG, storage, uploads, write};
use crate::support::{Emulator, mps, run};

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
