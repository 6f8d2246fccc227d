//! Faults of downloads: each answers as a faulty or hostile host does.

use bytes::Bytes;
use http::{Response, StatusCode};
use mps_emulator::Fault;
use serde_json::{Value, json};

use crate::call::{World, cat};

/// A finished task with the path of its result, and the file without a fault.
fn finished() -> (World, String, Bytes) {
    let world = World::new();
    let task = world.create(&cat());
    world.pass(3_000);
    let path = format!("/results/{task}/0.mp4");
    let file = world.get(&path).into_body();
    (world, path, file)
}

fn after(fault: Fault) -> (Response<Bytes>, String, Bytes) {
    let (world, path, file) = finished();
    world.service.fail(fault).unwrap();
    (world.get(&path), path, file)
}

fn header<'a>(response: &'a Response<Bytes>, name: &str) -> &'a str {
    response.headers()[name].to_str().unwrap()
}

/// The CRC-64/XZ in decimal, bit by bit as its definition says.
fn crc64(bytes: &[u8]) -> String {
    let crc = bytes.iter().fold(u64::MAX, |crc, byte| {
        (0..8).fold(crc ^ u64::from(*byte), |crc, _| {
            let polynomial = if crc & 1 == 1 {
                0xC96C_5795_D787_0F42
            } else {
                0
            };
            (crc >> 1) ^ polynomial
        })
    });
    (!crc).to_string()
}

#[test]
fn a_file_has_its_checksums_as_the_storage_sends_them() {
    let (world, path, file) = finished();
    let etag = header(&world.get(&path), "etag").to_owned();
    assert_eq!(etag.len(), 34, "an MD5 in quotes: {etag}");
    let crc = crc64(&file);
    for (method, range) in [
        ("GET", "bytes=0-"),
        ("GET", "bytes=5-9"),
        ("HEAD", "bytes=0-"),
    ] {
        let answer = world.fetch(method, &path, &[("range", range)]);
        assert_eq!(
            header(&answer, "x-cos-hash-crc64ecma"),
            crc,
            "{method} {range}"
        );
        assert_eq!(header(&answer, "etag"), etag);
    }
    world.service.fail(Fault::wrong_body()).unwrap();
    let wrong = world.get(&path);
    assert!(!wrong.headers().contains_key("x-cos-hash-crc64ecma"));
}

#[test]
fn a_wrong_body_has_status_200_and_the_type_of_the_file() {
    for (name, begins) in [
        ("json", "{\""),
        ("xml", "<?xml"),
        ("html", "<!DOCTYPE html>"),
        ("text", "the file"),
        ("empty", ""),
    ] {
        let (answer, ..) = after(Fault::wrong_body().body(name));
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(header(&answer, "content-type"), "video/mp4", "{name}");
        let text = std::str::from_utf8(answer.body()).unwrap();
        assert!(text.starts_with(begins), "{name}: {text}");
        assert_eq!(text.is_empty(), name == "empty");
    }
}

#[test]
fn a_redirect_leads_to_its_target_or_back() {
    let (answer, path, _) = after(Fault::redirect());
    assert_eq!(answer.status(), StatusCode::FOUND);
    assert_eq!(header(&answer, "location"), path);
    let elsewhere = Fault::redirect()
        .status(307)
        .location("http://192.0.2.1/a.mp4");
    let (answer, ..) = after(elsewhere);
    assert_eq!(answer.status(), StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(header(&answer, "location"), "http://192.0.2.1/a.mp4");
}

#[test]
fn an_unasked_encoding_is_gzip_of_the_file() {
    let (answer, _, file) = after(Fault::encoding());
    assert_eq!(header(&answer, "content-encoding"), "gzip");
    let length = answer.body().len().to_string();
    assert_eq!(header(&answer, "content-length"), length);
    assert!(answer.body().starts_with(&[0x1F, 0x8B, 8]));
    let content = &answer.body()[15..15 + 1_000];
    assert_eq!(content, &file[..1_000], "a stored block after its header");
}

#[test]
fn another_entity_has_another_etag_and_other_bytes_also_in_parts() {
    let (world, path, file) = finished();
    let etag = header(&world.get(&path), "etag").to_owned();
    world.service.fail(Fault::etag_change()).unwrap();
    let whole = world.get(&path);
    assert_ne!(header(&whole, "etag"), etag);
    assert_eq!(whole.body().len(), file.len());
    assert_ne!(whole.body(), &file);
    assert_eq!(header(&whole, "x-cos-hash-crc64ecma"), crc64(whole.body()));

    let range = [("range", "bytes=1000-"), ("if-range", etag.as_str())];
    let part = world.fetch("GET", &path, &range);
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    for name in ["etag", "x-cos-hash-crc64ecma"] {
        assert_eq!(header(&part, name), header(&whole, name));
    }
    assert_eq!(part.body(), &whole.body().slice(1_000..));
}

#[test]
fn a_corrupt_file_has_one_changed_byte_under_the_checksums_of_the_real_one() {
    let (world, path, file) = finished();
    let sound = world.get(&path);
    world.service.fail(Fault::corrupt()).unwrap();
    let corrupt = world.get(&path);
    let changed = corrupt.body().iter().zip(&file).filter(|(a, b)| a != b);
    assert_eq!(changed.count(), 1);
    assert_eq!(corrupt.body().len(), file.len());
    for name in ["etag", "x-cos-hash-crc64ecma"] {
        assert_eq!(header(&corrupt, name), header(&sound, name));
    }
    let part = world.fetch("GET", &path, &[("range", "bytes=1000-")]);
    assert_eq!(part.body(), &corrupt.body().slice(1_000..));
}

#[test]
fn an_unasked_part_is_marked_as_one() {
    let (answer, _, file) = after(Fault::unasked_206().after(10));
    assert_eq!(answer.status(), StatusCode::PARTIAL_CONTENT);
    let range = format!("bytes 0-9/{}", file.len());
    assert_eq!(header(&answer, "content-range"), range);
    assert_eq!(header(&answer, "content-length"), "10");
    assert_eq!(answer.body(), &file[..10]);
}

#[test]
fn a_download_is_forbidden_once() {
    let (world, path, file) = finished();
    world.service.fail(Fault::forbidden_once()).unwrap();
    let refused = world.get(&path);
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let text = std::str::from_utf8(refused.body()).unwrap();
    assert!(text.contains("<Code>AccessDenied</Code>"), "{text}");
    assert_eq!(world.get(&path).body(), &file);
}

#[test]
fn a_body_without_length_has_no_length_header() {
    let (answer, _, file) = after(Fault::no_length());
    assert!(!answer.headers().contains_key("content-length"));
    assert_eq!(answer.body(), &file);
}

#[test]
fn rules_of_downloads_need_no_action_and_take_no_other() {
    let world = World::new();
    let rules = [
        json!({ "kind": "wrong_body", "body": "empty" }),
        json!({ "kind": "no_length", "after": 5 }),
        json!({ "kind": "redirect", "action": "download" }),
        json!({ "kind": "encoding" }),
        json!({ "kind": "etag_change" }),
        json!({ "kind": "corrupt" }),
        json!({ "kind": "unasked_206" }),
        json!({ "kind": "forbidden_once" }),
    ];
    for rule in rules {
        let (status, answer) = world.post("faults", &rule);
        assert_eq!(status, StatusCode::OK, "{answer}");
        let added = answer["faults"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(added["action"], "download", "{added}");
        let once = added["kind"] == "forbidden_once";
        assert_eq!(added["times"], if once { json!(1) } else { Value::Null });

        let mut wrong = rule.clone();
        wrong["action"] = json!("CreateAigcVideoTask");
        let (status, answer) = world.post("faults", &wrong);
        assert_eq!(
            (status, &answer["member"]),
            (StatusCode::BAD_REQUEST, &json!("action"))
        );
    }
    let wrong = json!({ "kind": "wrong_body", "body": "zip" });
    assert_eq!(world.post("faults", &wrong).1["member"], "body");
}
