//! Facts that differ from site to site, and facts with the days at which documents changed.
//!
//! Sources: the API descriptions of 2026-10-26 (international) and 2026-10-25 (Chinese), the releases
//! of both since 2025-12-30, and the page of 2026-03-10.

use mps_models::{
    AigcVideoReferenceImageInfo, CreateAiFissionTask, CreateAigcAudioTask, CreateAigcImageTask,
    CreateAigcVideoTask, FissionTaskInfo,
    capabilities::{self, Day, Row},
    preflight::{Finding, Preflight, Report, Severity, rules},
    service::Site,
};

use crate::request::{FRAME, images};

const SITES: [Option<Site>; 3] = [Some(Site::Intl), Some(Site::Cn), None];

fn severity(report: &Report, rule: &str) -> Option<Severity> {
    let mut findings = report.findings().iter();
    findings.find(|it| it.rule == rule).map(|it| it.severity)
}

fn on_each_site(request: &impl Preflight, rule: &str) -> [Option<Severity>; 3] {
    SITES.map(|site| {
        let report = request.preflight_on(site);
        assert_eq!(request.is_ok_on(site), report.is_ok(), "{report}");
        severity(&report, rule)
    })
}

/// Released by the Chinese description of 2026-10-19; the international list of 2026-10-26 lacks it.
#[test]
fn a_video_model_of_the_mainland_is_refused_on_the_international_site() {
    let request = CreateAigcVideoTask::new()
        .model_name("wand-vega-video")
        .model_version("1.0-lite")
        .prompt("a cat");
    assert_eq!(
        on_each_site(&request, rules::OTHER_SITE),
        [Some(Severity::Error), None, Some(Severity::Warning)]
    );
    let report = request.preflight_on(Some(Site::Intl));
    let finding = &report.findings()[0];
    assert_eq!(finding.path, "ModelName");
    assert_eq!(finding.site, Some(Site::Intl));
    assert_eq!(finding.source, Some("API description of 2026-10-25 (cn)"));
    assert_eq!(
        finding.message,
        "wand-vega-video is a model of the site cn, and not of intl"
    );
    let hint = finding.hint.as_deref().unwrap();
    assert!(hint.starts_with("use Hunyuan, Hailuo, Kling"), "{hint}");
    assert!(hint.ends_with("with `--site cn`"), "{hint}");
}

#[test]
fn an_unknown_version_of_a_model_of_one_site_is_no_error_if_the_site_is_not_known() {
    let request = CreateAigcVideoTask::new()
        .model_name("wand-vega-video")
        .model_version("9.9")
        .prompt("a cat");
    assert_eq!(
        on_each_site(&request, rules::OTHER_SITE),
        [Some(Severity::Error), None, Some(Severity::Warning)]
    );
}

#[test]
fn a_misspelled_model_is_corrected_to_one_of_the_site_only() {
    let request = CreateAigcVideoTask::new()
        .model_name("wand-vega-vide")
        .prompt("a cat");
    let hint = |site| {
        let report = request.preflight_on(Some(site));
        report.findings()[0].hint.clone().unwrap_or_default()
    };
    assert!(
        hint(Site::Cn).contains("wand-vega-video"),
        "{}",
        hint(Site::Cn)
    );
    assert!(
        !hint(Site::Intl).contains("wand-vega-video"),
        "{}",
        hint(Site::Intl)
    );
}

/// At least 1 s on the international site, and at least 4 s on the Chinese one.
#[test]
fn a_finding_of_every_site_names_none() {
    let request = FissionTaskInfo::new().duration(0);
    let report = request.preflight_on(None);
    let finding = report
        .findings()
        .iter()
        .find(|it| it.rule == rules::MIN)
        .unwrap();
    assert_eq!((finding.severity, finding.site), (Severity::Error, None));
}

/// The international texts on image models have been blank since 2026-08-17, so nothing there says
/// which models it has.
#[test]
fn an_image_model_of_the_mainland_is_doubtful_on_the_international_site() {
    for (model, version) in [("wand-vega-image", "1.0-pro"), ("Hunyuan", "3.5-preview")] {
        let request = CreateAigcImageTask::new()
            .model_name(model)
            .model_version(version)
            .prompt("a cat");
        assert_eq!(
            on_each_site(&request, rules::OTHER_SITE),
            [Some(Severity::Warning), None, Some(Severity::Warning)],
            "{model}"
        );
    }
}

/// [1, 15] in the international description, [4, 15] in the Chinese one and its guide.
#[test]
fn an_advertising_video_lasts_four_seconds_on_the_chinese_site() {
    let request = |seconds| {
        let task = FissionTaskInfo::new().duration(seconds);
        CreateAiFissionTask::new(mps_models::AiFissionInput::new([FRAME])).task_info(task)
    };
    assert_eq!(
        on_each_site(&request(3), rules::MIN),
        [None, Some(Severity::Error), Some(Severity::Warning)]
    );
    let error = Some(Severity::Error);
    assert_eq!(on_each_site(&request(0), rules::MIN), [error, error, error]);
    assert_eq!(on_each_site(&request(4), rules::MIN), [None; 3]);
    assert_eq!(
        on_each_site(&request(16), rules::MAX),
        [error, error, error]
    );
    let report = request(3).preflight_on(Some(Site::Cn));
    let finding = &report.findings()[0];
    assert_eq!(
        (finding.site, finding.source),
        (Some(Site::Cn), Some("API description of 2026-10-25 (cn)"))
    );
}

/// The page of 2026-03-10 states both bounds; the descriptions dropped them on 2026-05-26 (cn) and
/// 2026-07-06 (intl).
#[test]
fn dropped_bounds_of_the_base_contract_are_errors_that_say_so() {
    let long = CreateAigcVideoTask::new().prompt("x".repeat(2_001));
    let many = CreateAigcVideoTask::new()
        .prompt("a cat")
        .image_infos(images(4));
    for (request, rule) in [(long, rules::MAX_CHARS), (many, rules::MAX_ITEMS)] {
        let report = request.preflight();
        let [finding] = report.findings() else {
            panic!("{report}")
        };
        assert_eq!((finding.rule, finding.severity), (rule, Severity::Error));
        assert_eq!(finding.source, Some("documentation page of 2026-03-10"));
        assert!(
            finding
                .message
                .ends_with("no longer stated since 2026-05-26 (cn) and 2026-07-06 (intl)"),
            "{finding}"
        );
        let hint = finding.hint.as_deref().unwrap();
        assert!(hint.contains("`--preflight warn`"), "{hint}");
        assert!(hint.contains("`CallOptions::preflight`"), "{hint}");
        let sites: Vec<&str> = finding.dropped.iter().map(|day| day.site).collect();
        assert_eq!(sites, ["cn", "intl"]);
    }
}

/// The text of `ImageInfos` wants it; no schema has it.
#[test]
fn pixverse_wants_a_name_for_each_reference_image() {
    let with = |image: AigcVideoReferenceImageInfo| {
        let request = CreateAigcVideoTask::new()
            .model_name("PixVerse")
            .model_version("v6")
            .prompt("@fox runs");
        request.image_infos([image]).preflight()
    };
    let image = || AigcVideoReferenceImageInfo::new().image_url(FRAME);
    assert_eq!(with(image().text("fox")).findings(), []);
    let report = with(image());
    let [finding] = report.findings() else {
        panic!("{report}")
    };
    assert_eq!(
        (&*finding.path, finding.rule, finding.severity),
        (
            "ImageInfos[0].Text",
            rules::REFERENCE_NAME,
            Severity::Warning
        )
    );
    let other = CreateAigcVideoTask::new()
        .model_name("Vidu")
        .model_version("q2")
        .prompt("a fox")
        .image_infos([image()]);
    assert_eq!(other.preflight().findings(), []);
}

/// Lists of the models that support a member are read as closed (spec/README.md).
#[test]
fn a_model_that_a_list_of_supporting_models_lacks_is_denied() {
    let video = |model: &str, version: &str| capabilities::video().model(model)?.version(version);
    let row = |model, version| video(model, version).unwrap();
    // EnableAudio: Vidu q3, PixVerse, Kling. LogoAdd: Hailuo, Kling, Vidu, H2.
    assert_eq!(row("H2", "1.0").audio(), Some(false));
    assert_eq!(row("PixVerse", "v6").watermark(), Some(false));
    assert_eq!(row("H2", "1.0").watermark(), Some(true));
    // ImageInfos: Vidu q2, q2-pro, q3-turbo, q3 and q3-mix.
    let count = |version| row("Vidu", version).reference_images().map(|it| it.max);
    assert_eq!(count("q2-turbo"), Some(0));
    assert_eq!(count("q3-pro"), Some(0));
    assert_eq!(count("q3-turbo"), Some(7));
    // VideoInfos of audio: Kling and EL.
    let audio = |model: &str| capabilities::audio().model(model)?.rows[0].reference_video();
    assert_eq!(audio("GL"), Some(false));
    assert_eq!(audio("EL"), Some(true));
}

/// The release 3.1.174.1 of 2026-09-17 has them internationally.
#[test]
fn the_audio_models_of_september_are_on_both_sites() {
    let audio = capabilities::audio();
    let rows = ["EL", "Mureka", "Kling"].map(|name| &audio.model(name).unwrap().rows[0]);
    let minimax = audio.model("MiniMaxMusic").unwrap().version("3.0").unwrap();
    for row in rows.into_iter().chain([minimax]) {
        let days: Vec<String> = row.since.iter().map(Day::to_string).collect();
        assert_eq!(days, ["2026-09-03 (cn)", "2026-09-17 (intl)"], "{row}");
        assert!(row.is_offered_on(Site::Intl) && row.is_offered_on(Site::Cn));
    }
    let request = CreateAigcAudioTask::new()
        .model_name("Mureka")
        .prompt("a song");
    assert_eq!(request.preflight_on(Some(Site::Intl)).findings(), []);
}

#[test]
fn the_days_of_members_are_in_the_documentation() {
    let docs =
        include_str!("../../../crates/mps-models/src/generated/actions/create_aigc_video_task.rs");
    for day in [
        "Since 2026-01-22 (`cn`) and 2026-02-03 (`intl`)",
        "Since 2026-02-26 (`cn`) and 2026-03-13 (`intl`)",
    ] {
        assert!(docs.contains(day), "{day}");
    }
    let described = include_str!(
        "../../../crates/mps-models/src/generated/actions/describe_aigc_video_task.rs"
    );
    assert!(described.contains("page of 2026-01-08 only tasks of the last seven days"));
}

#[test]
fn an_image_that_nobody_outside_can_fetch_is_a_warning() {
    for url in [
        "http://127.0.0.1:8080/a.png",
        "https://localhost/a.png",
        "https://192.168.0.7/a.png",
        "http://169.254.169.254/a.png",
        "http://[fd00::1]/a.png",
    ] {
        let request = CreateAigcVideoTask::new().prompt("a cat").image_url(url);
        let report = request.preflight();
        let [finding] = report.findings() else {
            panic!("{report}")
        };
        assert_eq!(
            (&*finding.path, finding.rule, finding.severity),
            ("ImageUrl", rules::UNREACHABLE_URL, Severity::Warning)
        );
        assert!(!format!("{finding:?}").contains(url));
    }
}

#[test]
fn the_hints_of_a_site_name_models_of_that_site() {
    let hint = |site| {
        let request = CreateAigcVideoTask::new()
            .model_name("Hailuo")
            .model_version("2.3")
            .prompt("a cat")
            .last_image_url(FRAME)
            .image_url(FRAME);
        let report = request.preflight_on(Some(site));
        let mut findings = report.findings().iter();
        let found = findings.find(|it| it.rule == rules::LAST_FRAME);
        found.and_then(|it: &Finding| it.hint.clone()).unwrap()
    };
    assert!(hint(Site::Cn).contains("wand-vega-video"));
    assert!(!hint(Site::Intl).contains("wand-vega-video"));
}

#[test]
fn a_site_lists_the_rows_that_it_has_or_had() {
    let names = |site| -> Vec<String> {
        let rows = capabilities::video().rows_on(site);
        rows.map(Row::to_string).collect()
    };
    let has = |site, name: &str| names(site).iter().any(|row| row == name);
    assert!(has(Site::Cn, "wand-vega-video 1.0-lite") && has(Site::Cn, "Jimeng 3.0pro"));
    assert!(!has(Site::Intl, "wand-vega-video 1.0-lite") && !has(Site::Intl, "Jimeng 3.0pro"));
    assert!(has(Site::Intl, "GV 3.1") && has(Site::Intl, "Kling 3.0-Omni"));
}
