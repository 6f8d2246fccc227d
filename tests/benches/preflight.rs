//! Preflight of a full request, of one without a model version, and of one with six mistakes. The
//! target is 5 µs for a full request; a valid one allocates nothing.

use std::hint::black_box;

use criterion::Criterion;
use mps_models::{
    AigcStoreCosParam, AigcVideoExtraParam, AigcVideoReferenceImageInfo,
    AigcVideoReferenceSubjectInfo, AigcVideoReferenceVideoInfo, CreateAigcVideoTask,
    preflight::Preflight,
};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    preflight(&mut criterion);
    criterion.final_summary();
}

const URL: &str = "https://example.com/a/file/of/usual/length.png?sign=0123456789abcdef";

/// Returns a request with every member that the model accepts, each within its bounds.
fn full() -> CreateAigcVideoTask {
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

fn any_version() -> CreateAigcVideoTask {
    let mut request = full();
    request.model_version = None;
    request.video_infos.clear();
    request.image_infos.truncate(3);
    request
}

fn six_mistakes() -> CreateAigcVideoTask {
    let extra = AigcVideoExtraParam::new().resolution("540P").off_peak(true);
    let request = full().model_version("2.1").scene_type("land2port");
    let mut request = request.duration(7).extra_parameters(extra);
    request.image_infos.clear();
    request
}

fn preflight(criterion: &mut Criterion) {
    for (name, request, findings) in [
        ("full", full(), 0),
        ("any version", any_version(), 0),
        ("six mistakes", six_mistakes(), 6),
    ] {
        assert_eq!(request.preflight().findings().len(), findings, "{name}");
        criterion.bench_function(&format!("preflight {name}"), |bencher| {
            bencher.iter(|| black_box(&request).preflight());
        });
    }
}
