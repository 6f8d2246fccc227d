//! Results of each family: files that can be decoded.

use std::io::Cursor;

use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};

use crate::{
    call::{World, code},
    families::STATUS,
};

const IMAGE: &str = "CreateAigcImageTask";
const AUDIO: &str = "CreateAigcAudioTask";
const HOUR_MS: u64 = 3_600_000;

fn image(body: &Value) -> Response<Bytes> {
    let world = World::new();
    let task = world.start(IMAGE, body);
    world.pass(3_000);
    let done = world.ask("DescribeAigcImageTask", &task);
    assert_eq!(
        (&done["Status"], &done["Message"]),
        (&json!("DONE"), &json!("ok"))
    );
    world.download(&done["ImageUrls"][0])
}

fn png_size(file: &Bytes) -> (u32, u32) {
    let mut reader = png::Decoder::new(Cursor::new(file)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    (frame.width, frame.height)
}

#[test]
fn an_image_is_a_png_of_the_size_that_was_asked_for() {
    for (wish, size) in [
        (json!({ "Prompt": "a" }), (1024, 1024)),
        (
            json!({ "Prompt": "a", "ExtraParameters": { "Resolution": "1080P", "AspectRatio": "9:16" } }),
            (1080, 1920),
        ),
        (
            json!({ "Prompt": "a", "ExtraParameters": { "AspectRatio": "4:3", "OutputFormat": "png" } }),
            (1366, 1024),
        ),
        (
            json!({ "Prompt": "a", "AdditionalParameters": "{\"size\":\"600x801\"}" }),
            (600, 801),
        ),
    ] {
        let file = image(&wish);
        assert_eq!(file.headers()["content-type"], "image/png");
        assert_eq!(png_size(file.body()), size, "{wish}");
    }
}

#[test]
fn an_image_is_a_jpeg_if_that_was_asked_for() {
    let file = image(&json!({ "Prompt": "a", "ExtraParameters": { "OutputFormat": "jpeg" } }));
    assert_eq!(file.headers()["content-type"], "image/jpeg");
    assert!(file.body().starts_with(&[0xFF, 0xD8, 0xFF, 0xE0]));
    assert!(file.body().ends_with(&[0xFF, 0xD9]));
}

#[test]
fn an_image_of_no_size_is_refused() {
    for wish in [
        json!({ "Prompt": "a", "ExtraParameters": { "AspectRatio": "wide" } }),
        json!({ "Prompt": "a", "AdditionalParameters": "{\"size\":\"99999x1\"}" }),
    ] {
        let refused = World::new().answer(IMAGE, &wish);
        assert_eq!(code(&refused), "InvalidParameterValue", "{wish}");
    }
}

fn audio(format: Option<&str>) -> (Value, Response<Bytes>) {
    let world = World::new();
    let extra = json!({ "OutputAudioFormat": format });
    let task = world.start(AUDIO, &json!({ "Prompt": "a", "ExtraParameters": extra }));
    world.pass(3_000);
    let mut done = world.ask("DescribeAigcAudioTask", &task);
    assert_eq!(done["Status"], "DONE");
    let song = done["AudioInfos"][0].take();
    let file = world.download(&song["Url"]);
    (song, file)
}

#[test]
fn a_song_is_a_wav_if_that_was_asked_for() {
    let (song, file) = audio(Some("wav"));
    assert_eq!(file.headers()["content-type"], "audio/wav");
    let reader = hound::WavReader::new(Cursor::new(file.body())).unwrap();
    let seconds = reader.duration() / reader.spec().sample_rate;
    assert_eq!(song["Duration"], seconds);
}

#[test]
fn a_song_is_an_mp3_otherwise() {
    for format in [None, Some("mp3")] {
        let (song, file) = audio(format);
        assert_eq!(song["Duration"], 8);
        assert_eq!(file.headers()["content-type"], "audio/mpeg");
        let frames: Vec<&[u8]> = file.body().chunks(96).collect();
        assert!(frames.iter().all(|frame| frame.starts_with(&[0xFF, 0xFB])));
        assert_eq!(frames.len(), 8_000_usize.div_ceil(24));
    }
}

#[test]
fn images_and_songs_live_twelve_hours_scenarios_seven_days() {
    let world = World::new();
    let image = world.start(IMAGE, &json!({ "Prompt": "a" }));
    let redrawn = world.start(
        "CreateVideoRedrawTask",
        &json!({ "Input": { "Url": "https://example.com/a.mp4" } }),
    );
    world.pass(3_000);
    let image = &world.ask("DescribeAigcImageTask", &image)["ImageUrls"][0];
    let redrawn = &world.ask(STATUS, &redrawn)["OutputUrl"];
    let statuses = || [image, redrawn].map(|url| world.download(url).status().as_u16());
    assert_eq!(statuses(), [200, 200]);
    world.pass(12 * HOUR_MS);
    assert_eq!(statuses(), [403, 200]);
    world.pass(7 * 24 * HOUR_MS);
    assert_eq!(statuses(), [403, 403]);
}

#[test]
fn a_part_of_any_result_has_its_type() {
    let world = World::new();
    let task = world.start(AUDIO, &json!({ "Prompt": "a" }));
    world.pass(3_000);
    let part = world.fetch(
        "GET",
        &format!("/results/{task}/0.mp3"),
        &[("range", "bytes=0-1")],
    );
    assert_eq!(
        (part.status().as_u16(), &part.body()[..]),
        (206, &[0xFF, 0xFB][..])
    );
    assert_eq!(part.headers()["content-type"], "audio/mpeg");
    assert_eq!(world.get(&format!("/results/{task}/0.mp4")).status(), 404);
}

#[test]
fn a_3d_scene_is_no_video_and_has_no_resolution() {
    let world = World::new();
    let body = json!({ "ModelName": "Hunyuan", "SceneType": "3d_scene", "Prompt": "a" });
    let task = world.start("CreateAigcVideoTask", &body);
    world.pass(3_000);
    let done = world.ask("DescribeAigcVideoTask", &task);
    assert_eq!(
        (&done["Status"], done.get("Resolution")),
        (&json!("DONE"), None)
    );
    let file = world.download(&done["VideoUrls"][0]);
    assert_eq!(file.headers()["content-type"], "model/gltf-binary");
    assert!(file.body().starts_with(b"glTF"));
    assert_eq!(world.service.bill().seconds, 5);
}
