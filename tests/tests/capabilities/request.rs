//! Requests and their findings.

use mps_models::{
    AigcVideoExtraParam, AigcVideoReferenceImageInfo, AigcVideoReferenceSubjectInfo,
    AigcVideoReferenceVideoInfo, CreateAigcVideoTask,
    capabilities::Row,
    preflight::{Finding, Preflight, Report, Severity, rules},
    service::Site,
};

pub(crate) const FRAME: &str = "https://example.com/frame.png";

/// A sound request to this version of a model, and nothing asked of it.
pub(crate) fn to(row: &Row) -> CreateAigcVideoTask {
    let request = CreateAigcVideoTask::new()
        .model_name(row.model)
        .prompt("a cat");
    match row.version {
        Some(version) => request.model_version(version),
        None => request,
    }
}

/// A sound request to a model by name.
pub(crate) fn ask(model: &str, version: &str) -> CreateAigcVideoTask {
    let request = CreateAigcVideoTask::new().prompt("a cat");
    request.model_name(model).model_version(version)
}

pub(crate) fn images(count: usize) -> Vec<AigcVideoReferenceImageInfo> {
    let image = AigcVideoReferenceImageInfo::new().image_url(FRAME);
    vec![image.text("fox"); count]
}

/// A reference video of this type.
pub(crate) fn video(kind: &str) -> [AigcVideoReferenceVideoInfo; 1] {
    let video = AigcVideoReferenceVideoInfo::new().video_url("https://example.com/a.mp4");
    [video.refer_type(kind)]
}

pub(crate) fn subjects() -> [AigcVideoReferenceSubjectInfo; 1] {
    [AigcVideoReferenceSubjectInfo::new()
        .id("element-1")
        .name("lena")]
}

pub(crate) fn extra() -> AigcVideoExtraParam {
    AigcVideoExtraParam::new()
}

/// Returns the findings on the Chinese site, which has or had every model, without those about a
/// withdrawn model.
pub(crate) fn findings(request: &CreateAigcVideoTask) -> Vec<Finding> {
    let report: Report = request.preflight_on(Some(Site::Cn));
    let all = report.findings().iter().cloned();
    all.filter(|finding| finding.rule != rules::WITHDRAWN_MODEL)
        .collect()
}

/// The same as `severity rule path`.
pub(crate) fn found(request: &CreateAigcVideoTask) -> Vec<String> {
    let line = |it: &Finding| format!("{} {} {}", it.severity.as_str(), it.rule, it.path);
    findings(request).iter().map(line).collect()
}

pub(crate) fn accepts(request: &CreateAigcVideoTask) {
    let said = request.preflight_on(Some(Site::Cn)).to_string();
    assert_eq!(found(request), [""; 0], "{request:?}\n{said}");
}

pub(crate) fn finds(request: &CreateAigcVideoTask, expected: &str) {
    assert_eq!(found(request), [expected], "{request:?}");
}

/// Returns the severity of one rule's finding in a request, or `None`.
pub(crate) fn severity(request: &CreateAigcVideoTask, rule: &str) -> Option<Severity> {
    let all = findings(request);
    let found = all.iter().find(|finding| finding.rule == rule)?;
    assert!(found.source.is_some(), "{found}");
    Some(found.severity)
}
