//! Plans: sums, defaults, levels and bounds.

use std::fmt::Write as _;

use mps_core::PreflightLevel;
use mps_jobs::plan::{PlanOptions, plan};

use crate::support::{planned, rows, rules, write};

#[test]
fn a_row_overrides_the_defaults_member_by_member() {
    let content = r#"{"defaults":{"ModelName":"Kling","Duration":5,"Operator":"me","out":"clips/{key}.{ext}"}}
{"id":"a","Prompt":"p"}
{"id":"b","Prompt":"p","Duration":10,"Operator":null}
{"id":"c","action":"CreateAigcImageTask","Prompt":"p","out":"c.png"}
"#;
    let rows = rows("rows.jsonl", content);
    assert_eq!(
        rows[0].body(),
        r#"{"Prompt":"p","ModelName":"Kling","Duration":5,"Operator":"me"}"#
    );
    assert_eq!(
        rows[1].body(),
        r#"{"Prompt":"p","Duration":10,"ModelName":"Kling"}"#
    );
    assert_eq!((rows[0].line, rows[0].out.as_str()), (2, "clips/a.{ext}"));
    assert_eq!(
        (rows[2].action(), rows[2].out.as_str()),
        ("CreateAigcImageTask", "c.png")
    );
}

#[test]
fn faults_in_the_defaults_are_reported_on_their_line() {
    for (defaults, path) in [
        (r#"{"defaults":{"id":"a"}}"#, "defaults.id"),
        (r#"{"defaults":{"after":"a"}}"#, "defaults.after"),
        (
            r#"{"defaults":{"Prompt":"a","Prompt":"b"}}"#,
            "defaults.Prompt",
        ),
        (r#"{"defaults":[]}"#, "defaults"),
        (r#"{"defaults":{},"id":"a"}"#, "defaults"),
        (r#"{"defaults":{"out":5}}"#, "defaults.out"),
    ] {
        let plan = planned(
            "rows.jsonl",
            format!("\n{defaults}\n{{\"id\":\"a\",\"Prompt\":\"p\"}}\n"),
        );
        let kept = plan.findings.kept();
        assert_eq!(
            (kept[0].line, kept[0].finding.path.as_str()),
            (2, path),
            "{defaults}"
        );
        assert!(!plan.is_ok(), "{defaults}");
    }
}

#[test]
fn defaults_after_the_first_line_are_a_finding() {
    let row = r#"{"id":"a","Prompt":"p"}"#;
    let plan = planned("rows.jsonl", format!("{row}\n{{\"defaults\":{{}}}}\n"));
    assert_eq!(rules(&plan)[0], (2, "defaults"));
    assert!(
        plan.findings.kept()[0]
            .finding
            .message
            .contains("first line")
    );
}

#[test]
fn the_plan_sums_rows_and_seconds_by_model() {
    let content = "\
id,action,ModelName,ModelVersion,Prompt,Duration
a,,Kling,2.6,p,5
b,,Kling,2.6,p,10
c,,Vidu,q2,p,5
d,,,,p,
e,CreateAigcImageTask,Kling,,p,
";
    let plan = planned("rows.csv", content);
    assert!(plan.is_ok(), "{:?}", plan.findings.kept());
    assert_eq!((plan.rows, plan.seconds, plan.unknown_seconds), (5, 20, 1));
    let models: Vec<_> = plan
        .models
        .iter()
        .map(|it| (it.model.as_deref(), it.rows, it.seconds))
        .collect();
    assert_eq!(
        models,
        [
            (Some("Kling 2.6"), 2, 15),
            (Some("Kling"), 1, 0),
            (None, 1, 0),
            (Some("Vidu q2"), 1, 5),
        ]
    );
    assert_eq!((plan.price, plan.unpriced), (None, 0));
}

#[test]
fn the_level_decides_which_findings_of_preflight_refuse() {
    let warned = write("a.jsonl", r#"{"id":"a","Prompt":"p","Seed":1}"#);
    let wrong = write("b.jsonl", r#"{"id":"a","Prompt":"p","Duration":0}"#);
    for (level, of_warning, of_error) in [
        (PreflightLevel::Off, true, true),
        (PreflightLevel::Errors, true, false),
        (PreflightLevel::Warnings, false, false),
    ] {
        let options = PlanOptions::default().level(level);
        assert_eq!(
            plan(&warned.manifest, &options).unwrap().is_ok(),
            of_warning
        );
        assert_eq!(plan(&wrong.manifest, &options).unwrap().is_ok(), of_error);
    }
    let unchecked = wrong.manifest.clone().unchecked();
    let plan = plan(&unchecked, &PlanOptions::default()).unwrap();
    assert_eq!((plan.is_ok(), rules(&plan)), (true, vec![]));
}

#[test]
fn the_first_thousand_errors_and_warnings_are_kept_and_all_are_counted() {
    let mut content = String::new();
    for n in 0..3_000 {
        writeln!(content, "{{\"id\":\"w{n}\",\"Prompt\":\"p\",\"Seed\":1}}").unwrap();
    }
    for n in 0..1_500 {
        writeln!(
            content,
            "{{\"id\":\"e{n}\",\"Prompt\":\"p\",\"Duration\":0}}"
        )
        .unwrap();
    }
    let plan = planned("rows.jsonl", content);
    let findings = &plan.findings;
    assert_eq!((findings.warnings(), findings.kept().len()), (3_000, 2_000));
    assert!(findings.errors() >= 1_500);
    assert_eq!(
        findings.not_kept(),
        findings.errors() + findings.warnings() - 2_000
    );
    assert_eq!(findings.kept()[1_000].line, 3_001);
    assert_eq!(plan.refused, 1_500);
}

#[test]
fn a_row_is_recorded_with_the_content_hash_of_its_request() {
    let content = r#"{"defaults":{"Duration":5}}
{"id":"a","Prompt":"p"}
{"id":"b","Duration":5,"Prompt":"p"}
"#;
    let rows = rows("rows.jsonl", content);
    let expected = mps_jobs::content_hash("CreateAigcVideoTask", r#"{"Prompt":"p","Duration":5}"#);
    for row in rows {
        let item = row.into_item(None);
        assert_eq!((item.hash.as_str(), item.ms), (expected.as_str(), 5_000));
    }
}
