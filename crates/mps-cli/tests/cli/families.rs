//! Pictures, sounds and scenarios, and the features of models.

use std::fs;

use crate::support::{Emulator, example, mps, run};

#[test]
fn each_family_has_its_members_as_options() {
    let folder = tempfile::tempdir().unwrap();
    let dry = |arguments: &[&str]| {
        let run = run(mps(folder.path())
            .args(["--output", "json"])
            .args(arguments)
            .arg("--dry-run"));
        assert!(run.exit == 0 || run.exit == 2, "{run:?}");
        run.json()
    };
    let image = dry(&[
        "image",
        "create",
        "--model",
        "Hunyuan",
        "--prompt",
        "a cat",
        "--count",
        "1",
        "--format",
        "png",
        "--logo",
        "--ref-image",
        "https://a.example/1.png,type=style",
        "--cos",
        "bucket=b-1,region=r",
    ]);
    assert_eq!(image["action"], "CreateAigcImageTask");
    assert_eq!(
        image["request"]["ExtraParameters"],
        serde_json::json!({"LogoAdd": 1, "OutputFormat": "png"})
    );
    assert_eq!(image["request"]["ImageInfos"][0]["ReferenceType"], "style");
    assert_eq!(image["request"]["OutputImageCount"], 1);

    let audio = dry(&[
        "audio",
        "create",
        "--model",
        "Kling",
        "--prompt",
        "rain",
        "--format",
        "mp3",
        "--ref-video",
        "https://a.example/1.mp4",
    ]);
    assert_eq!(audio["action"], "CreateAigcAudioTask");
    assert_eq!(
        audio["request"]["ExtraParameters"]["OutputAudioFormat"],
        "mp3"
    );
    assert_eq!(
        audio["request"]["VideoInfos"][0]["VideoUrl"],
        "https://a.example/1.mp4"
    );

    fs::write(folder.path().join("r.json"), "{}").unwrap();
    for (scenario, action) in [
        ("video-redraw", "CreateVideoRedrawTask"),
        ("ai-drama", "CreateAiDramaTask"),
        ("ai-fission", "CreateAiFissionTask"),
        ("doc-to-video", "CreateDocToVideoTask"),
        ("ModifyDocToVideoTaskStatus", "ModifyDocToVideoTaskStatus"),
    ] {
        let shown = dry(&["scenario", "create", scenario, "--request", "r.json"]);
        assert_eq!(
            (&shown["action"], &shown["ok"]),
            (&action.into(), &false.into())
        );
    }
}

#[test]
fn every_family_goes_from_request_to_file() {
    let emulator = Emulator::start("0s");
    let drama = example("CreateAiDramaTask");
    let families: [(&str, &[&str], &[u8]); 3] = [
        (
            "image",
            &["--model", "Hunyuan", "--prompt", "a cat"],
            b"\x89PNG",
        ),
        (
            "audio",
            &["--model", "Mureka", "--prompt", "a song"],
            b"\xff\xfb",
        ),
        (
            "scenario",
            &["ai-drama", "--request", drama.to_str().unwrap()],
            b"\0\0\0",
        ),
    ];
    for (family, request, magic) in families {
        let out = format!("{family}.out");
        let arguments = [
            &["--output", "json", family, "create"],
            request,
            &["--out", &out],
        ]
        .concat();
        let run = emulator.run(&arguments);
        assert_eq!(run.exit, 0, "{family}: {run:?}");
        assert_eq!(run.json()["schema"], format!("mps.{family}/1"));
        let file = fs::read(emulator.folder.path().join(&out)).unwrap();
        assert!(file.starts_with(magic), "{family}");

        let id = run.json()["task_id"].as_str().unwrap().to_owned();
        let status = emulator.run(&[family, "status", &id]);
        assert_eq!(status.exit, 0, "{family}: {status:?}");
    }
    assert_eq!(emulator.creates(), 3);
}

#[test]
fn models_lists_the_capabilities_of_each_version() {
    let folder = tempfile::tempdir().unwrap();
    let models = |arguments: &[&str]| run(mps(folder.path()).args(arguments));
    let kling = models(&["--output", "json", "models", "kling"]);
    let rows: Vec<serde_json::Value> = kling
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(
        rows.iter()
            .all(|row| row["schema"] == "mps.models/1" && row["model"] == "Kling")
    );
    let omni = rows
        .iter()
        .find(|row| row["family"] == "video" && row["version"] == "3.0-Omni")
        .unwrap();
    assert!(
        omni["durations"].is_object() || omni["durations"].is_array(),
        "{omni}"
    );

    let all = models(&["models"]);
    let row = |words: &[&str]| {
        let mut rows = all.stdout.lines();
        rows.any(|row| {
            row.split_whitespace()
                .zip(words)
                .all(|(cell, word)| cell == *word)
        })
    };
    assert!(row(&["FAMILY", "MODEL", "VERSION"]), "{}", all.stdout);
    assert!(
        row(&["video", "GV"]) && row(&["audio", "Mureka"]),
        "{}",
        all.stdout
    );
    let unknown = models(&["models", "Sora"]);
    assert_eq!(unknown.exit, 2);
    assert!(unknown.stderr.contains("Kling"), "{}", unknown.stderr);
}

#[test]
fn models_are_selected_by_what_they_can_do() {
    let folder = tempfile::tempdir().unwrap();
    let models = |arguments: &[&str]| run(mps(folder.path()).arg("models").args(arguments));
    let all = models(&["--output", "json"]).stdout.lines().count();
    let selected = models(&[
        "--can",
        "last-frame",
        "--duration",
        "10",
        "--output",
        "json",
    ]);
    let rows: Vec<serde_json::Value> = selected
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(!rows.is_empty() && rows.len() < all, "{selected:?}");
    assert!(rows.iter().all(|row| row["last_frame"] == true), "{rows:?}");
    let unknown = models(&["--can", "last_fame"]);
    assert_eq!(unknown.exit, 2);
    assert!(
        unknown.stderr.contains("did you mean last_frame?"),
        "{unknown:?}"
    );
    let none = models(&["Hailuo", "--duration", "4000"]);
    assert_eq!(none.exit, 2);
}

#[test]
fn a_request_that_breaks_the_row_of_its_model_is_refused() {
    let emulator = Emulator::start("0s");
    let refused = emulator.run(&[
        "--output",
        "json",
        "video",
        "create",
        "--model",
        "Kling",
        "--model-version",
        "2.1",
        "--prompt",
        "a",
        "--duration",
        "7",
    ]);
    assert_eq!((refused.exit, emulator.requests().len()), (2, 0));
    let finding = &refused.error()["findings"][0];
    assert_eq!(
        (&finding["path"], &finding["rule"]),
        (&"Duration".into(), &"duration".into())
    );
    assert!(
        finding["hint"].is_string() && finding["source"].is_string(),
        "{finding}"
    );
}
