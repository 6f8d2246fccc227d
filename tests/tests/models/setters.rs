//! Second setters store the value that is sent.

use mps_models::{
    AigcImageExtraParam, AigcImageInfo, AigcVideoReferenceVideoInfo, CreateAigcAudioTask,
    CreateAigcImageTask, models, preflight::Preflight,
};
use serde_json::{Value, json};

#[test]
fn json_is_sent_as_text() {
    let value = json!({ "lyrics": "la \"la\"\nla", "is_instrumental": false });
    let request = CreateAigcAudioTask::new().additional_parameters_json(&value);
    let text = request.additional_parameters.as_deref().expect("a text");
    assert_eq!(serde_json::from_str::<Value>(text).expect("JSON"), value);
    assert_eq!(request.preflight().findings(), []);
}

#[test]
fn booleans_that_are_sent_as_text_or_numbers() {
    let sound = |keep| {
        let info = AigcVideoReferenceVideoInfo::new().keep_original_sound_bool(keep);
        info.keep_original_sound
    };
    assert_eq!(sound(true).as_deref(), Some("yes"));
    assert_eq!(sound(false).as_deref(), Some("no"));
    let logo = |add| AigcImageExtraParam::new().logo_add_bool(add).logo_add;
    assert_eq!(logo(true), Some(1));
    assert_eq!(logo(false), Some(0));
}

#[test]
fn items_are_added_to_a_list() {
    let image = |url: &str| AigcImageInfo::new().image_url(url);
    let request = CreateAigcImageTask::new()
        .image_infos([image("https://example.com/a.png")])
        .push_image_infos(image("https://example.com/b.png"));
    let urls = request
        .image_infos
        .iter()
        .map(|info| info.image_url.as_deref());
    let urls: Vec<_> = urls.collect();
    assert_eq!(
        urls,
        [
            Some("https://example.com/a.png"),
            Some("https://example.com/b.png")
        ]
    );
}

#[test]
fn names_of_models_are_those_of_the_tables() {
    assert_eq!(models::video::KLING, "Kling");
    assert_eq!(models::video::kling::V3_0_OMNI, "3.0-Omni");
    assert_eq!(models::audio::mureka::SONG_9_5, "song_9.5");
}
