//! Second setters store the value that is sent.

use mps_models::{
    AigcImageExtraParam, AigcVideoReferenceVideoInfo, CreateAigcAudioTask, preflight::Preflight,
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
