//! Requests for results have a log of their own, apart from the calls.

use std::time::Duration;

use bytes::Bytes;
use http::Response;
use mps_emulator::{DownloadRecord, Fault, Outcome, Snapshot};
use serde_json::{Value, json};

use crate::call::{World, cat};

/// A world with a finished task, and the path of its result.
fn finished() -> (World, String) {
    let world = World::new();
    let task = world.create(&cat());
    world.pass(3_000);
    (world, format!("/results/{task}/0.mp4"))
}

fn last(world: &World) -> DownloadRecord {
    world.service.downloads().pop().unwrap()
}

fn request_id(answer: &Response<Bytes>) -> &str {
    answer.headers()["x-cos-request-id"].to_str().unwrap()
}

#[test]
fn downloads_are_listed_separately_from_calls() {
    let (world, path) = finished();
    let calls = world.service.requests();
    let file = world.get(&format!("{path}?sign=secret"));
    let shown = world.control("requests");
    assert_eq!(
        shown["downloads"],
        json!([{
            "at_us": 3_000_000,
            "action": "download",
            "outcome": "executed",
            "request_id": request_id(&file),
            "method": "GET",
            "path": path,
            "status": 200,
            "bytes": file.body().len(),
        }])
    );
    assert_eq!(shown["downloads_forgotten"], 0);
    assert_eq!(world.service.requests(), calls);
    assert_eq!(json!(world.service.downloads()), shown["downloads"]);
    world.service.reset();
    assert!(world.service.downloads().is_empty());
}

#[test]
fn a_resumed_download_shows_its_range() {
    let (world, path) = finished();
    let cut = Fault::truncate().after(1_000).action("download").times(1);
    world.service.fail(cut).unwrap();
    let length = world.get(&path).body().len() as u64;
    world.fetch("GET", &path, &[("range", "bytes=1000-")]);
    let told: Vec<_> = world
        .service
        .downloads()
        .into_iter()
        .map(|download| {
            (
                download.range,
                download.status,
                download.bytes,
                download.fault,
            )
        })
        .collect();
    let range = |text: &str| Some(text.to_owned());
    assert_eq!(
        told,
        [
            (None, Some(200), Some(1_000), range("truncate")),
            (range("bytes=1000-"), Some(206), Some(length - 1_000), None),
        ]
    );
}

#[test]
fn a_head_has_no_bytes_and_a_wrong_range_is_refused() {
    let (world, path) = finished();
    world.fetch("HEAD", &path, &[]);
    let head = last(&world);
    assert_eq!(
        (head.method.as_str(), head.status, head.bytes),
        ("HEAD", Some(200), Some(0))
    );
    world.fetch("GET", &path, &[("range", "bytes=99999999-")]);
    let outside = last(&world);
    assert_eq!(
        (outside.outcome, outside.status, outside.code),
        (Outcome::Refused, Some(416), None)
    );
}

#[test]
fn a_refused_download_has_the_code_of_the_storage() {
    let (world, path) = finished();
    let refused = |method: &str, path: &str| {
        let answer = world.fetch(method, path, &[]);
        let told = last(&world);
        assert_eq!(told.outcome, Outcome::Refused);
        assert_eq!(told.request_id, request_id(&answer));
        let body = String::from_utf8_lossy(answer.body());
        assert!(body.contains(&told.request_id), "{body}");
        (told.method, told.status.unwrap(), told.code.unwrap())
    };
    let says = |method: &str, status, code: &str| (method.to_owned(), status, code.to_owned());
    assert_eq!(
        refused("GET", "/results/none/0.mp4"),
        says("GET", 404, "NoSuchKey")
    );
    assert_eq!(refused("PUT", &path), says("PUT", 405, "MethodNotAllowed"));
    world
        .service
        .clock()
        .advance(Duration::from_secs(12 * 3_600));
    assert_eq!(refused("GET", &path), says("GET", 403, "AccessDenied"));
}

#[test]
fn a_download_record_names_its_fault_and_the_sent_bytes() {
    for (fault, outcome, status) in [
        (Fault::http(503), Outcome::Dropped, Some(503)),
        (Fault::http(503).executed(), Outcome::Executed, Some(503)),
        (Fault::reset_before_read(), Outcome::Dropped, None),
        (Fault::reset_after_read(), Outcome::Dropped, None),
        (Fault::reply_lost(), Outcome::Executed, None),
    ] {
        let (world, path) = finished();
        let kind = fault.kind();
        world.service.fail(fault.action("download")).unwrap();
        let _ = world.get(&path);
        let told = last(&world);
        assert_eq!(
            (
                told.fault.as_deref(),
                told.outcome,
                told.status,
                told.bytes.is_some()
            ),
            (Some(kind), outcome, status, status.is_some()),
            "{kind}"
        );
    }
}

#[test]
fn long_texts_of_clients_are_shortened() {
    let (world, _) = finished();
    let path = format!("/results/{}", "x".repeat(5_000));
    world.fetch("GET", &path, &[("range", &"9".repeat(5_000))]);
    let told = last(&world);
    assert_eq!((told.path.len(), told.range.unwrap().len()), (512, 64));
}

#[test]
fn they_are_part_of_a_snapshot_and_an_older_one_has_none() {
    let (world, path) = finished();
    world.get(&path);
    let mut snapshot: Value = serde_json::from_str(&world.service.snapshot().to_json()).unwrap();
    let restored = |snapshot: &Value| {
        let other = World::new();
        let json = snapshot.to_string();
        other
            .service
            .restore(Snapshot::from_json(json.as_bytes()).unwrap());
        other.service.downloads()
    };
    assert_eq!(restored(&snapshot), world.service.downloads());

    let members = snapshot.as_object_mut().unwrap();
    members.remove("downloads").unwrap();
    members.remove("downloads_forgotten").unwrap();
    assert_eq!(restored(&snapshot), []);
}
