//! Preflight of the documented request, of one with every member, and of one with mistakes.

use std::hint::black_box;

use mps_models::{
    AigcStoreCosParam, AigcVideoExtraParam, AigcVideoReferenceImageInfo,
    AigcVideoReferenceSubjectInfo, AigcVideoReferenceVideoInfo, CreateAigcVideoTask,
    preflight::Preflight, service::Site,
};

use crate::{Outcome, fixture, repeat};

const URL: &str = "https://example.com/a/file/of/usual/length.png?sign=0123456789abcdef";

/// As a client does it before each call.
pub(crate) fn clean(times: u32) -> Outcome {
    let request: CreateAigcVideoTask = serde_json::from_str(fixture::REQUEST)?;
    let extra = AigcVideoExtraParam::new().resolution("1080P");
    let request = request.model_name("Kling").model_version("3.0-Omni");
    let request = request.extra_parameters(extra);
    expect(&request, 0)?;
    repeat(times, || black_box(&request).is_ok_on(None));
    Ok(())
}

pub(crate) fn full(times: u32) -> Outcome {
    inspect(times, &every_member(), 0)
}

pub(crate) fn dirty(times: u32) -> Outcome {
    let extra = AigcVideoExtraParam::new().resolution("540P").off_peak(true);
    let request = every_member().model_version("2.1").scene_type("land2port");
    let mut request = request.duration(7).extra_parameters(extra);
    request.image_infos.clear();
    inspect(times, &request, 6)
}

fn inspect(times: u32, request: &CreateAigcVideoTask, findings: usize) -> Outcome {
    expect(request, findings)?;
    repeat(times, || black_box(request).preflight_on(Some(Site::Intl)));
    Ok(())
}

fn expect(request: &CreateAigcVideoTask, findings: usize) -> Outcome {
    let report = request.preflight_on(Some(Site::Intl));
    let found = report.findings().len();
    if found == findings {
        return Ok(());
    }
    Err(format!("{found} findings instead of {findings}: {report}").into())
}

/// Returns a request with every member that its model accepts, each within its bounds.
fn every_member() -> CreateAigcVideoTask {
    let extra = AigcVideoExtraParam::new().resolution("1080P").logo_add(1);
    let subject = AigcVideoReferenceSubjectInfo::new()
        .id("element-1")
        .image_urls([URL]);
    CreateAigcVideoTask::new()
        .model_name("Kling")
        .model_version("3.0-Omni")
        .scene_type("lip_sync")
        .prompt("A cat walks through the gate. ".repeat(40))
        .negative_prompt("top lighting, bright colours")
        .image_url(URL)
        .last_image_url(URL)
        .image_infos(vec![AigcVideoReferenceImageInfo::new().image_url(URL); 4])
        .video_infos([AigcVideoReferenceVideoInfo::new()
            .video_url(URL)
            .refer_type("feature")])
        .subject_infos([subject])
        .duration(10)
        .extra_parameters(extra.enable_audio(true))
        .store_cos_param(AigcStoreCosParam::new("bucket-1250000000", "ap-guangzhou"))
        .additional_parameters("{\"camera_control\":{\"type\":\"simple\"}}")
        .operator("admin")
}
