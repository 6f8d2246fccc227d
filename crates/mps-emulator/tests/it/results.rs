//! The object storage.

use bytes::Bytes;
use http::Response;
use serde_json::json;

use crate::call::{World, cat};

const TWELVE_HOURS_MS: u64 = 12 * 3_600_000;

/// A world with a finished task, and the path of its result.
fn finished() -> (World, String) {
    let world = World::new();
    let task = world.create(&json!({ "Prompt": "a", "ExtraParameters": { "Resolution": "540P" } }));
    world.pass(3_000);
    (world, format!("/results/{task}/0.mp4"))
}

fn header<'a>(response: &'a Response<Bytes>, name: &str) -> &'a str {
    response.headers()[name].to_str().unwrap()
}

#[test]
fn a_result_is_a_whole_file() {
    let (world, path) = finished();
    let file = world.get(&path);
    assert_eq!(file.status(), 200);
    assert_eq!(file.body()[4..8], *b"ftyp");
    assert_eq!(header(&file, "content-type"), "video/mp4");
    assert_eq!(
        header(&file, "content-length"),
        file.body().len().to_string()
    );
    assert_eq!(header(&file, "accept-ranges"), "bytes");
    assert_eq!(
        header(&file, "last-modified"),
        "Sun, 15 Feb 2026 12:00:03 GMT"
    );
    assert_eq!(world.get(&path).body(), file.body(), "the same every time");
    assert_eq!(header(&world.get(&path), "etag"), header(&file, "etag"));
}

#[test]
fn head_requests_have_no_body() {
    let (world, path) = finished();
    let (mut head, mut file) = (world.fetch("HEAD", &path, &[]), world.get(&path));
    assert_eq!(head.status(), 200);
    assert!(head.body().is_empty());
    let ids = [&mut head, &mut file].map(|answer| answer.headers_mut().remove("x-cos-request-id"));
    assert_ne!(ids[0], ids[1]);
    assert_eq!(head.headers(), file.headers());
}

#[test]
fn a_range_selects_a_part() {
    let (world, path) = finished();
    let file = world.get(&path);
    let length = file.body().len();

    let part = world.fetch("GET", &path, &[("range", "bytes=100-199")]);
    assert_eq!(part.status(), 206);
    assert_eq!(part.body()[..], file.body()[100..200]);
    assert_eq!(
        header(&part, "content-range"),
        format!("bytes 100-199/{length}")
    );
    assert_eq!(header(&part, "content-length"), "100");
    assert_eq!(header(&part, "etag"), header(&file, "etag"));

    let rest = world.fetch("GET", &path, &[("range", "bytes=100-")]);
    assert_eq!(
        (rest.status().as_u16(), &rest.body()[..]),
        (206, &file.body()[100..])
    );

    let none = world.fetch("GET", &path, &[("range", &format!("bytes={length}-"))]);
    assert_eq!(none.status(), 416);
    assert_eq!(header(&none, "content-range"), format!("bytes */{length}"));
    assert!(none.body().is_empty());
}

#[test]
fn a_part_is_served_of_the_named_version_only() {
    let (world, path) = finished();
    let etag = header(&world.get(&path), "etag").to_owned();
    let resumed = |version: &str| {
        world
            .fetch(
                "GET",
                &path,
                &[("range", "bytes=5-"), ("if-range", version)],
            )
            .status()
    };
    assert_eq!(resumed(&etag), 206);
    assert_eq!(resumed("\"another\""), 200);
}

#[test]
fn a_known_version_is_answered_with_304() {
    let (world, path) = finished();
    let etag = header(&world.get(&path), "etag").to_owned();
    let asked = |condition: &str| world.fetch("GET", &path, &[("if-none-match", condition)]);
    for known in [
        &etag,
        "*",
        &format!("W/{etag}"),
        &format!("\"another\", {etag}"),
    ] {
        let unchanged = asked(known);
        assert_eq!(unchanged.status(), 304, "{known}");
        assert!(unchanged.body().is_empty(), "{known}");
        assert_eq!(header(&unchanged, "etag"), etag);
        assert!(unchanged.headers().contains_key("last-modified"));
    }
    assert_eq!(asked("\"another\"").status(), 200);
}

#[test]
fn only_the_named_version_is_served() {
    let (world, path) = finished();
    let etag = header(&world.get(&path), "etag").to_owned();
    let asked = |condition: &str| world.fetch("GET", &path, &[("if-match", condition)]);
    for met in [&etag, "*", &format!("\"another\", {etag}")] {
        assert_eq!(asked(met).status(), 200, "{met}");
    }
    for unmet in ["\"another\"", "", &format!("W/{etag}")] {
        let changed = asked(unmet);
        assert_eq!(changed.status(), 412, "{unmet}");
        let body = String::from_utf8_lossy(changed.body());
        assert!(body.contains("<Code>PreconditionFailed</Code>"), "{body}");
    }
    let both = [("if-match", "\"another\""), ("if-none-match", "*")];
    assert_eq!(world.fetch("GET", &path, &both).status(), 412);
}

#[test]
fn after_twelve_hours_it_is_gone_but_the_task_is_not() {
    let (world, path) = finished();
    world.pass(TWELVE_HOURS_MS - 1);
    assert_eq!(world.get(&path).status(), 200);
    world.pass(1);
    let gone = world.get(&path);
    assert_eq!(gone.status(), 403);
    assert_eq!(header(&gone, "content-type"), "application/xml");
    let body = std::str::from_utf8(gone.body()).unwrap();
    assert!(body.contains("<Code>AccessDenied</Code>"), "{body}");

    let task = &world.service.bill().items[0].task_id;
    let described = world.describe(task);
    assert_eq!(described["Status"], "DONE", "its link is still told");
}

#[test]
fn a_missing_result_is_not_found() {
    let world = World::new();
    let waiting = world.create(&cat());
    let failing = world.create(&json!({ "Prompt": "[emulator:fail]" }));
    let missing = |path: &str| assert_eq!(world.get(path).status(), 404, "{path}");
    missing(&format!("/results/{waiting}/0.mp4"));
    world.pass(3_000);
    missing(&format!("/results/{failing}/0.mp4"));
    missing(&format!("/results/{waiting}/1.mp4"));
    missing(&format!("/results/{waiting}/"));
    missing("/results/nobody/0.mp4");
    missing("/results/");
    missing("/results/%3Cscript%3E/0.mp4");
    missing("/somewhere/else");
    assert_eq!(
        world.get(&format!("/results/{waiting}/0.mp4")).status(),
        200
    );
}

#[test]
fn results_are_read_only() {
    let (world, path) = finished();
    for method in ["PUT", "POST", "DELETE"] {
        assert_eq!(world.fetch(method, &path, &[]).status(), 405, "{method}");
    }
}

#[test]
fn a_longer_video_is_a_longer_file_and_the_same_in_every_emulator() {
    let files = || {
        let world = World::with(|builder| builder.rate_limit(mps_emulator::RateLimit::Off));
        let tasks: Vec<String> = (1..=12)
            .map(|duration| world.create(&json!({ "Prompt": "a", "Duration": duration })))
            .collect();
        world.pass(3_000);
        let fetch = |task: &String| world.get(&format!("/results/{task}/0.mp4")).into_body();
        tasks.iter().map(fetch).collect::<Vec<Bytes>>()
    };
    let first = files();
    assert_eq!(first, files());
    assert!(
        first.windows(2).all(|pair| pair[0].len() < pair[1].len()),
        "longer videos are longer files"
    );
}
