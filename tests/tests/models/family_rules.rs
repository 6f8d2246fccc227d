//! The rules of the requests beside those for videos: each kept once and broken once.

use serde_json::{Value, json};

use crate::typed::preflight;

const IMAGE: &str = "https://example.com/a.png";

/// Returns the findings of a request as `severity rule path`.
fn found(action: &str, json: &Value) -> Vec<String> {
    let report = preflight(action, json);
    let line = |one: &mps_models::preflight::Finding| {
        format!("{} {} {}", one.severity.as_str(), one.rule, one.path)
    };
    report.findings().iter().map(line).collect()
}

/// An action, and a request of it that breaks nothing.
#[derive(Clone)]
struct Sound(&'static str, Value);

impl Sound {
    /// With the value at this pointer replaced, or added.
    fn with(mut self, pointer: &str, value: Value) -> Self {
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        let object = self.1.pointer_mut(parent).and_then(Value::as_object_mut);
        object.expect(pointer).insert(name.to_owned(), value);
        self
    }

    fn accepts(&self, pointer: &str, value: Value) {
        let Self(action, json) = self.clone().with(pointer, value);
        assert_eq!(found(action, &json), [""; 0], "{json}");
    }

    fn finds(&self, pointer: &str, value: Value, expected: &str) {
        let Self(action, json) = self.clone().with(pointer, value);
        assert_eq!(found(action, &json), [expected], "{json}");
    }
}

fn image() -> Sound {
    let extra = json!({});
    Sound(
        "CreateAigcImageTask",
        json!({ "Prompt": "a cat", "ExtraParameters": extra }),
    )
}

fn audio() -> Sound {
    Sound("CreateAigcAudioTask", json!({ "ExtraParameters": {} }))
}

fn redraw() -> Sound {
    let input = json!({ "Url": "https://example.com/a.mp4" });
    Sound(
        "CreateVideoRedrawTask",
        json!({ "Input": input, "CosInfo": {} }),
    )
}

fn drama() -> Sound {
    let input = json!({
        "Script": "A rabbit goes up the mountain.",
        "Style": "chinese_ink_wash",
        "Ratio": "16:9",
        "Resolution": "720p"
    });
    Sound("CreateAiDramaTask", json!({ "Input": input }))
}

fn fission() -> Sound {
    let input = json!({ "ImageUrls": [IMAGE] });
    let info = json!({ "CustomModel": {} });
    Sound(
        "CreateAiFissionTask",
        json!({ "Input": input, "TaskInfo": info }),
    )
}

fn document() -> Sound {
    let input = json!({ "FileUrl": ["https://example.com/a.docx"], "Prompt": "explain it" });
    Sound("CreateDocToVideoTask", json!({ "Input": input }))
}

fn modify(action: &str) -> Sound {
    let input = json!({ "Action": action, "Stage": "STAGE_1", "SourceTaskId": "1" });
    Sound("ModifyDocToVideoTaskStatus", json!({ "Input": input }))
}

fn regenerate(scope: &str) -> Sound {
    let again = json!({ "Scope": scope, "Prompt": "shorter" });
    modify("regenerate").with("/Input/Regenerate", again)
}

fn list() -> Sound {
    Sound("DescribeAigcTaskList", json!({ "QueryTaskFilter": {} }))
}

#[test]
fn an_image_needs_a_prompt_or_an_image() {
    let missing = ["error required-unless-any Prompt"];
    assert_eq!(found("CreateAigcImageTask", &json!({})), missing);
    let given = json!({ "ImageInfos": [{ "ImageUrl": IMAGE }] });
    assert_eq!(found("CreateAigcImageTask", &given), [""; 0]);
}

#[test]
fn images() {
    image().accepts("/Prompt", "猫".repeat(1000).into());
    image().finds(
        "/Prompt",
        "猫".repeat(1001).into(),
        "warning max-chars Prompt",
    );
    image().accepts("/OutputImageCount", json!(1));
    image().finds(
        "/OutputImageCount",
        json!(2),
        "warning max OutputImageCount",
    );
    image().finds("/OutputImageCount", json!(0), "error min OutputImageCount");
    image().accepts("/SceneType", json!("3d_panorama"));
    image().finds("/SceneType", json!("3d"), "warning one-of SceneType");
    image().accepts("/ExtraParameters/Resolution", json!("2K"));
    image().finds(
        "/ExtraParameters/Resolution",
        json!("2k"),
        "warning one-of ExtraParameters.Resolution",
    );
    image().finds(
        "/ExtraParameters/OutputFormat",
        json!("jpg"),
        "error one-of ExtraParameters.OutputFormat",
    );
    image().finds(
        "/ExtraParameters/LogoAdd",
        json!(2),
        "error one-of ExtraParameters.LogoAdd",
    );
    image().finds(
        "/AdditionalParameters",
        json!("size=1"),
        "error format-json AdditionalParameters",
    );
    image().finds(
        "/StoreCosParam",
        json!({ "CosBucketName": "bucket-1" }),
        "error required StoreCosParam.CosBucketRegion",
    );
}

#[test]
fn audio_needs_no_prompt() {
    assert_eq!(found("CreateAigcAudioTask", &json!({})), [""; 0]);
    audio().accepts("/Prompt", "音".repeat(2000).into());
    audio().finds(
        "/Prompt",
        "音".repeat(2001).into(),
        "error max-chars Prompt",
    );
}

#[test]
fn sound() {
    audio().finds("/SceneType", json!("speech"), "warning one-of SceneType");
    audio().accepts("/ExtraParameters/OutputAudioFormat", json!("wav"));
    audio().finds(
        "/ExtraParameters/OutputAudioFormat",
        json!("flac"),
        "warning one-of ExtraParameters.OutputAudioFormat",
    );
    audio().finds(
        "/AudioInfos",
        json!([{ "AudioUrl": "a.mp3" }]),
        "error format-url AudioInfos[0].AudioUrl",
    );
    // Its name until 2026-09-03.
    audio().finds(
        "/OutputAudioFormat",
        json!("mp3"),
        "warning unknown-member OutputAudioFormat",
    );
}

#[test]
fn a_required_struct_reports_its_missing_members() {
    let required = |path: &str| format!("error required {path}");
    assert_eq!(
        found("CreateVideoRedrawTask", &json!({})),
        [required("Input.Url")]
    );
    assert_eq!(
        found("CreateAiDramaTask", &json!({ "Input": null })),
        ["Script", "Style", "Ratio", "Resolution"].map(|name| required(&format!("Input.{name}")))
    );
    assert_eq!(
        found(
            "CreateAiFissionTask",
            &json!({ "Input": { "ImageUrls": [] } })
        ),
        [required("Input.ImageUrls")]
    );
    assert_eq!(
        found("CreateDocToVideoTask", &json!({})),
        ["FileUrl", "Prompt"].map(|name| required(&format!("Input.{name}")))
    );
}

#[test]
fn a_bucket_has_a_name_and_a_region() {
    let cos = |name: &str, region: &str, path: &str| json!({ "CosBucketName": name, "CosBucketRegion": region, "CosBucketPath": path });
    redraw().accepts("/CosInfo", cos("", "", ""));
    redraw().accepts("/CosInfo", cos("bucket-1", "ap-guangzhou", "/output"));
    redraw().finds(
        "/CosInfo",
        cos("bucket-1", "", ""),
        "error requires CosInfo.CosBucketName",
    );
    redraw().finds(
        "/CosInfo",
        cos("", "ap-guangzhou", ""),
        "error requires CosInfo.CosBucketRegion",
    );
    redraw().finds(
        "/CosInfo",
        cos("", "", "/output"),
        "warning requires CosInfo.CosBucketPath",
    );
}

#[test]
fn comics() {
    drama().accepts("/Input/Style", json!("realistic_live_action"));
    drama().finds("/Input/Style", json!("ink"), "error one-of Input.Style");
    drama().finds("/Input/Ratio", json!("1:1"), "error one-of Input.Ratio");
    // Upper case is right for videos and images, and wrong here.
    drama().finds(
        "/Input/Resolution",
        json!("720P"),
        "error one-of Input.Resolution",
    );
}

#[test]
fn advertisements() {
    for (name, good, bad) in [
        ("Duration", json!(15), json!(16)),
        ("SplitCount", json!(0), json!(2)),
    ] {
        let path = format!("/TaskInfo/{name}");
        fission().accepts(&path, good);
        fission().finds(&path, bad, &format!("error max TaskInfo.{name}"));
        fission().finds(&path, json!(-1), &format!("error min TaskInfo.{name}"));
    }
    for (name, good) in [
        ("ModelTier", "flagship"),
        ("Ratio", "3:4"),
        ("Resolution", "4k"),
        ("Market", "other"),
        ("Language", "music_only"),
        ("VideoType", "reaction"),
        ("CustomModel/Gender", "any"),
        ("CustomModel/Age", "teen"),
        ("CustomModel/Appearance", "middle_eastern"),
        ("CustomModel/BodyType", "chubby"),
    ] {
        let path = format!("/TaskInfo/{name}");
        fission().accepts(&path, json!(good));
        let bad = json!(good.to_uppercase() + "?");
        let place = name.replace('/', ".");
        fission().finds(&path, bad, &format!("error one-of TaskInfo.{place}"));
    }
}

#[test]
fn documents() {
    let files = |count: usize| vec![json!("https://example.com/a.pdf"); count].into();
    document().accepts("/Input/FileUrl", files(3));
    document().finds("/Input/FileUrl", files(4), "error max-items Input.FileUrl");
    document().finds(
        "/Input/Prompt",
        "图".repeat(2001).into(),
        "error max-chars Input.Prompt",
    );
    for (name, good, bad, weight) in [
        ("ModelVersion", "1.0-lite", "2.0", "warning"),
        ("ModelName", "WAND", "Wand", "warning"),
        ("Ratio", "1:1", "4:3", "error"),
        ("Language", "de", "it", "error"),
        ("Mode", "stage", "phased", "error"),
    ] {
        let path = format!("/Input/{name}");
        document().accepts(&path, json!(good));
        document().finds(&path, json!(bad), &format!("{weight} one-of Input.{name}"));
    }
    let seconds = "/Input/ReferenceDuration";
    document().accepts(seconds, json!(15));
    document().accepts(seconds, json!(1200));
    document().finds(seconds, json!(14), "error min Input.ReferenceDuration");
    document().finds(seconds, json!(1201), "error max Input.ReferenceDuration");
    document().finds(
        "/Input/Watermark",
        json!({ "Position": "center" }),
        "error one-of Input.Watermark.Position",
    );
}

#[test]
fn a_voice_needs_speech() {
    let speaks = |flag: bool| document().with("/Input/EnableTTS", json!(flag));
    let useless = "warning only-if Input.VoiceId";
    speaks(true).accepts("/Input/VoiceId", json!("v1"));
    speaks(false).finds("/Input/VoiceId", json!("v1"), useless);
    document().finds("/Input/VoiceId", json!("v1"), useless);
}

#[test]
fn kept_slides_exclude_another_background() {
    let faithful = |flag: bool| document().with("/Input/PPTXFidelity", json!(flag));
    for name in ["Background", "Watermark"] {
        let path = format!("/Input/{name}");
        let image = json!({ "ImageUrl": IMAGE });
        document().accepts(&path, image.clone());
        faithful(false).accepts(&path, image.clone());
        let useless = format!("warning only-if Input.{name}");
        faithful(true).finds(&path, image, &useless);
    }
}

#[test]
fn repeating_a_stage_requires_an_instruction() {
    let Sound(action, json) = modify("regenerate");
    assert_eq!(found(action, &json), ["error required-if Input.Regenerate"]);
    modify("confirm").accepts("/Input/Stage", json!("STAGE_2"));
    modify("confirm").finds("/Input/Stage", json!("STAGE_3"), "error one-of Input.Stage");
    modify("confirm").finds(
        "/Input/Regenerate",
        json!({ "Scope": "full", "Prompt": "shorter" }),
        "warning only-if Input.Regenerate",
    );
    let Sound(action, json) = modify("stop");
    assert_eq!(found(action, &json), ["error one-of Input.Action"]);
}

#[test]
fn a_scene_is_named_once() {
    let scenes = "/Input/Regenerate/SceneIds";
    let Sound(action, json) = regenerate("scenes");
    let missing = ["error required-if Input.Regenerate.SceneIds"];
    assert_eq!(found(action, &json), missing);
    regenerate("full").accepts(scenes, json!([]));
    regenerate("scenes").accepts(scenes, json!(["1", "2", "3", "4", "5"]));
    regenerate("scenes").finds(
        scenes,
        json!(["1", "2", "3", "4", "5", "6"]),
        "error max-items Input.Regenerate.SceneIds",
    );
    regenerate("scenes").finds(
        scenes,
        json!(["1", "2", "1"]),
        "error unique-items Input.Regenerate.SceneIds[2]",
    );
}

#[test]
fn lists() {
    list().finds("/PageNum", json!(0), "warning min PageNum");
    list().finds("/PageSize", json!(0), "warning min PageSize");
    for (name, good, bad, weight) in [
        ("TaskType", "VideoRedraw", "Redraw", "warning"),
        ("TaskStatus", "TIMEOUT", "DONE", "warning"),
        ("ExecuteMode", "phased", "stage", "warning"),
        ("VideoType", "talk", "Talk", "error"),
        ("ModelTier", "standard", "pro", "error"),
    ] {
        let path = format!("/QueryTaskFilter/{name}");
        list().accepts(&path, json!(good));
        list().finds(
            &path,
            json!(bad),
            &format!("{weight} one-of QueryTaskFilter.{name}"),
        );
    }
}

#[test]
fn a_query_requires_a_task_id() {
    for action in [
        "DescribeAigcImageTask",
        "DescribeAigcAudioTask",
        "DescribeAigcTaskStatus",
    ] {
        assert_eq!(found(action, &json!({})), ["error required TaskId"]);
        assert_eq!(found(action, &json!({ "TaskId": "1" })), [""; 0]);
    }
}
