//! Results in a bucket of the caller's.

use std::time::Duration;

use http::StatusCode;
use mps_emulator::BucketUrls;
use serde_json::{Value, json};

use crate::call::World;

fn bucket() -> Value {
    json!({
        "CosBucketName": "mine-1250000000",
        "CosBucketRegion": "ap-guangzhou",
        "CosBucketPath": "/my films/",
    })
}

/// The link to the only result of such a task, and the task's id.
fn made(
    world: &World,
    create: &'static str,
    describe: &'static str,
    body: &Value,
) -> (Value, String) {
    let task = world.start(create, body);
    world.pass(3_000);
    let done = world.ask(describe, &task);
    let url = [
        &done["VideoUrls"][0],
        &done["ImageUrls"][0],
        &done["AudioInfos"][0]["Url"],
        &done["OutputUrl"],
    ]
    .into_iter()
    .find(|url| url.is_string());
    (
        url.unwrap_or_else(|| panic!("no link: {done}")).clone(),
        task,
    )
}

#[test]
fn the_address_is_that_of_the_real_storage() {
    let world = World::new();
    let redraw = json!({ "Input": { "Url": "https://example.com/a.mp4" }, "CosInfo": bucket() });
    let song = json!({ "Prompt": "a", "ModelName": "MiniMaxMusic", "StoreCosParam": bucket() });
    let cat = json!({ "Prompt": "a cat", "StoreCosParam": bucket() });
    for (create, describe, body, file) in [
        (
            "CreateAigcVideoTask",
            "DescribeAigcVideoTask",
            &cat,
            "_0.mp4",
        ),
        (
            "CreateAigcImageTask",
            "DescribeAigcImageTask",
            &cat,
            "_0.png",
        ),
        (
            "CreateAigcAudioTask",
            "DescribeAigcAudioTask",
            &song,
            "_0.mp3",
        ),
        (
            "CreateVideoRedrawTask",
            "DescribeAigcTaskStatus",
            &redraw,
            "_0.mp4",
        ),
    ] {
        let (url, task) = made(&world, create, describe, body);
        let host = "https://mine-1250000000.cos.ap-guangzhou.myqcloud.com";
        assert_eq!(url, json!(format!("{host}/my%20films/{task}{file}")));
        let here = format!("/cos/mine-1250000000/ap-guangzhou/my%20films/{task}{file}");
        assert_eq!(world.get(&here).status(), StatusCode::OK, "{here}");
        assert_eq!(
            world.get(&format!("/results/{task}/0.mp4")).status(),
            StatusCode::NOT_FOUND,
            "it is in no other place"
        );
    }
}

#[test]
fn the_address_can_be_one_that_is_served_and_stays() {
    let world = World::with(|builder| builder.bucket_urls(BucketUrls::Local));
    let body = json!({ "Prompt": "a cat", "StoreCosParam": bucket() });
    let (url, _) = made(
        &world,
        "CreateAigcVideoTask",
        "DescribeAigcVideoTask",
        &body,
    );
    assert_eq!(world.download(&url).headers()["content-type"], "video/mp4");
    world
        .service
        .clock()
        .advance(Duration::from_secs(365 * 86_400));
    assert_eq!(world.download(&url).status(), StatusCode::OK);
}

#[test]
fn an_address_has_no_dots_that_a_client_would_resolve() {
    for (folder, resolved) in [
        ("/a/../p", "p/"),
        ("a/./b/", "a/b/"),
        ("../../a/b/..", "a/"),
        ("..", ""),
        ("a/.../..b", "a/.../..b/"),
        ("%2e%2e/a", "%252e%252e/a/"),
    ] {
        let world = World::with(|builder| builder.bucket_urls(BucketUrls::Local));
        let mut bucket = bucket();
        bucket["CosBucketPath"] = json!(folder);
        let body = json!({ "Prompt": "a cat", "StoreCosParam": bucket });
        let (url, task) = made(
            &world,
            "CreateAigcVideoTask",
            "DescribeAigcVideoTask",
            &body,
        );
        let path = format!("/cos/mine-1250000000/ap-guangzhou/{resolved}{task}_0.mp4");
        assert_eq!(
            url,
            json!(format!("{}{path}", world.service.endpoint())),
            "{folder}"
        );
        assert_eq!(world.get(&path).status(), StatusCode::OK, "{folder}");
    }
}

#[test]
fn a_missing_object_in_a_bucket_is_not_found() {
    let world = World::with(|builder| builder.bucket_urls(BucketUrls::Local));
    let body = json!({ "Prompt": "a cat", "StoreCosParam": bucket() });
    let (url, task) = made(
        &world,
        "CreateAigcVideoTask",
        "DescribeAigcVideoTask",
        &body,
    );
    let path = url
        .as_str()
        .unwrap()
        .strip_prefix(world.service.endpoint())
        .unwrap();
    for wrong in [
        path.replace("_0", "_1"),
        path.replace("guangzhou", "seoul"),
        path.replace("my%20films/", ""),
        format!("/cos/{task}_0.mp4"),
        "/cos/".to_owned(),
        "/cos/a/b/c".to_owned(),
    ] {
        assert_eq!(world.get(&wrong).status(), StatusCode::NOT_FOUND, "{wrong}");
    }
}

#[test]
fn an_empty_bucket_is_none() {
    let world = World::new();
    let empty = json!({ "CosBucketName": "", "CosBucketRegion": "", "CosBucketPath": "" });
    let body = json!({ "Input": { "Url": "https://example.com/a.mp4" }, "CosInfo": empty });
    let (url, _) = made(
        &world,
        "CreateVideoRedrawTask",
        "DescribeAigcTaskStatus",
        &body,
    );
    assert!(
        url.as_str().unwrap().starts_with(world.service.endpoint()),
        "{url}"
    );
}

#[test]
fn several_images_have_as_many_addresses() {
    let world = World::new();
    let task = world.start(
        "CreateAigcImageTask",
        &json!({ "Prompt": "a", "OutputImageCount": 4 }),
    );
    world.pass(3_000);
    let done = world.ask("DescribeAigcImageTask", &task);
    let urls = done["ImageUrls"].as_array().unwrap();
    assert_eq!(urls.len(), 4);
    for url in urls {
        assert_eq!(world.download(url).status(), StatusCode::OK, "{url}");
    }
    assert_eq!(world.service.bill().images, 4);
    let refused = world.answer(
        "CreateAigcImageTask",
        &json!({ "Prompt": "a", "OutputImageCount": 17 }),
    );
    assert_eq!(refused["Error"]["Code"], "InvalidParameterValue");
}
