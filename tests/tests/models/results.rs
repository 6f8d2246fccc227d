//! The results in the documented answers of every family, as the facade reads them.

use std::{collections::BTreeSet, fs, path::PathBuf};

use mps_aigc::{Audio, Family, Image, Scenario, Snapshot, Video};
use mps_models::TaskFamily;
use serde_json::{Value, json};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../spec/examples")
}

fn snapshot<F: Family>(example: &str) -> Snapshot {
    let action = F::FAMILY.info().describe.name;
    let path = folder()
        .join(action)
        .join(format!("{example}.response.json"));
    let text = fs::read_to_string(&path).expect("an example");
    let mut answer: Value = serde_json::from_str(&text).expect("JSON");
    F::snapshot(serde_json::from_value(answer["Response"].take()).expect("an answer"))
}

/// Returns the results with the host and path of each URL only.
fn results(snapshot: &Snapshot) -> Value {
    let mut results = serde_json::to_value(&snapshot.results).expect("JSON");
    for result in results.as_array_mut().expect("a list") {
        let url = result["location"]["url"]
            .as_str()
            .expect("a URL")
            .to_owned();
        let name = url.rsplit('/').next().expect("a name");
        result["location"]["url"] = name.into();
    }
    results
}

#[test]
fn documented_answers_have_the_results_that_they_state() {
    let video = |name: &str| json!([{"kind": "video", "location": {"url": name}, "width": 1920, "height": 1088}]);
    let drama = "aigc-c50f6094-3b56-a1fa-e616-0eec386bfc36-202606012044-0.mp4";
    let table: [(TaskFamily, &str, Snapshot, Value); 10] = [
        (
            TaskFamily::Video,
            "documentation",
            snapshot::<Video>("documentation"),
            video("251006278_***_711361***06890375.mp4"),
        ),
        (
            TaskFamily::Video,
            "done",
            snapshot::<Video>("done"),
            video("0f1e2d3c.mp4"),
        ),
        (
            TaskFamily::Video,
            "fail",
            snapshot::<Video>("fail"),
            json!([]),
        ),
        (
            TaskFamily::Video,
            "wait",
            snapshot::<Video>("wait"),
            json!([]),
        ),
        (
            TaskFamily::Image,
            "documentation",
            snapshot::<Image>("documentation"),
            json!([{"kind": "image", "location": {"url": "4_2147483784_711361***94779.png"}}]),
        ),
        (
            TaskFamily::Audio,
            "documentation",
            snapshot::<Audio>("documentation"),
            json!([]),
        ),
        (
            TaskFamily::Audio,
            "done",
            snapshot::<Audio>("done"),
            json!([
                {"kind": "audio", "location": {"url": "song.mp3"}, "duration_ms": 8_000},
                {"kind": "video", "location": {"url": "clip.mp4"}, "duration_ms": 8_000},
            ]),
        ),
        (
            TaskFamily::Scenario,
            "documentation",
            snapshot::<Scenario>("documentation"),
            json!([{"kind": "video", "location": {"url": drama}}]),
        ),
        (
            TaskFamily::Scenario,
            "failed",
            snapshot::<Scenario>("failed"),
            json!([]),
        ),
        (
            TaskFamily::Scenario,
            "staged",
            snapshot::<Scenario>("staged"),
            json!([]),
        ),
    ];
    for (family, example, snapshot, expected) in &table {
        assert_eq!(results(snapshot), *expected, "{family} {example}");
    }
    let read: BTreeSet<String> = table
        .iter()
        .map(|(family, example, ..)| format!("{}/{example}", family.info().describe.name))
        .collect();
    assert_eq!(read, documented(), "an example is not in the table");
}

/// Returns the examples of the answers that describe tasks.
fn documented() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for family in TaskFamily::ALL {
        let action = family.info().describe.name;
        for file in fs::read_dir(folder().join(action)).expect("examples") {
            let name = file
                .expect("a file")
                .file_name()
                .into_string()
                .expect("text");
            if let Some(example) = name.strip_suffix(".response.json") {
                found.insert(format!("{action}/{example}"));
            }
        }
    }
    found
}

#[test]
fn the_documented_scenario_repeats_its_request_and_states_its_end() {
    let done = snapshot::<Scenario>("documentation");
    let request = done.request.expect("a request").value().expect("JSON");
    assert_eq!(request["Action"], "CreateAiDramaTask");
    assert_eq!(request["Input"]["Ratio"], "16:9");
    let finished = done
        .finished_at
        .expect("a time")
        .duration_since(std::time::UNIX_EPOCH);
    assert_eq!(finished.expect("after 1970").as_secs(), 1_780_317_872);
    assert_eq!(done.details, None);
}

#[test]
fn the_documented_staged_task_waits_for_confirmation() {
    let staged = snapshot::<Scenario>("staged");
    assert_eq!(staged.awaiting.as_deref(), Some("STAGE_1"));
    let details = staged.details.expect("details").value().expect("JSON");
    assert_eq!(details, json!({"current_stage": "STAGE_1"}));
}
