//! `mps check`: requests against the rules of a site, offline.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Run, mps, offline, run};

/// Checks a request without credentials.
fn check(action: &str, request: &Value, options: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("r.json"), request.to_string()).unwrap();
    let arguments = ["--output=json", "check", action, "--request", "r.json"];
    run(mps(folder.path()).args(arguments).args(options))
}

#[test]
fn values_of_wrong_types_are_findings_like_any_other() {
    let request = json!({
        "ModelName": "Kling",
        "Prompt": 1,
        "Duration": "5",
        "EnhancePrompt": "true",
        "ImageInfos": {"ImageUrl": "https://a.example/b.png"},
        "ExtraParameters": [],
        "Sceen": "a",
    });
    let run = check("CreateAigcVideoTask", &request, &[]);
    assert_eq!(run.exit, 2, "{run:?}");
    let result = run.json();
    assert_eq!(result["schema"], "mps.check/1");
    assert_eq!(result["site"], "intl");
    assert_eq!(result["ok"], false);
    let findings = result["findings"].as_array().unwrap();
    let wrong: Vec<_> = findings
        .iter()
        .filter(|it| it["rule"] == "wrong-type")
        .collect();
    let paths: Vec<_> = wrong
        .iter()
        .map(|it| it["path"].as_str().unwrap())
        .collect();
    assert_eq!(
        paths,
        [
            "Prompt",
            "EnhancePrompt",
            "ImageInfos",
            "Duration",
            "ExtraParameters"
        ]
    );
    for finding in wrong {
        for member in ["message", "value", "bound", "source"] {
            assert!(finding[member].is_string(), "{member}: {finding}");
        }
    }
    assert_eq!(findings.len(), 6, "{result}");
    assert_eq!(findings[5]["rule"], "unknown-member", "{result}");
}

#[test]
fn a_check_names_its_site_and_keeps_to_strict() {
    let request = json!({"Prompt": "a", "ModelName": "New Model"});
    for action in [
        "CreateAigcVideoTask",
        "CreateAigcImageTask",
        "CreateAigcAudioTask",
    ] {
        let run = check(action, &request, &["--site=cn"]);
        assert_eq!(run.exit, 0, "{run:?}");
        assert_eq!(run.json()["site"], "cn");
        let run = check(action, &request, &["--strict"]);
        assert_eq!(run.exit, 2, "{run:?}");
    }
    for text in [json!([]), json!("text"), json!(5)] {
        let run = check("CreateAiDramaTask", &text, &[]);
        assert_eq!(run.exit, 2, "{run:?}");
        assert_eq!(run.json()["findings"][0]["rule"], "wrong-type", "{run:?}");
    }
}

#[test]
fn check_models_and_the_emulator_follow_the_site() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("request.json");
    fs::write(&path, r#"{"Prompt":"a cat","ModelName":"wand-vega-video"}"#).unwrap();
    let path = path.to_str().unwrap();
    let check = ["check", "CreateAigcVideoTask", "--request", path];
    let cn = ["--endpoint=https://mps.tencentcloudapi.com"];
    for (site, exit, name) in [
        (&[][..], 2, "intl"),
        (&["--site=intl"], 2, "intl"),
        (&["--site=cn"], 0, "cn"),
        (&cn, 0, "cn"),
    ] {
        let json = ["--output=json"];
        let run = offline(&[&check[..], site, &json].concat());
        assert_eq!(run.exit, exit, "{run:?}");
        let report: Value = serde_json::from_str(run.stdout.trim()).unwrap();
        assert_eq!(report["site"], name);
        if exit == 2 {
            let finding = &report["findings"][0];
            assert_eq!(
                (&finding["rule"], &finding["site"]),
                (&json!("other-site"), &json!("intl"))
            );
        }
        let models = offline(&[&["models", "wand-vega-video"], site].concat());
        assert_eq!(models.exit, exit, "{models:?}");
    }
    let create = [
        "video",
        "create",
        "--emulator",
        "--limiter=process",
        "--ledger=off",
    ];
    let create = [
        &create[..],
        &["--prompt=a", "--model=wand-vega-video", "--preflight=warn"],
    ]
    .concat();
    let refused = offline(&create);
    assert_eq!(refused.exit, 2, "{refused:?}");
    assert!(
        refused.stderr.contains("InvalidParameterValue"),
        "{refused:?}"
    );
    let accepted = offline(&[&create[..], &["--site=cn"]].concat());
    assert_eq!(accepted.exit, 0, "{accepted:?}");
}
