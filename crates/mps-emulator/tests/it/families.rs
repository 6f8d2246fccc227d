//! Behaviour that all families share.

use std::{fs, path::Path};

use mps_emulator::RateLimit;
use mps_models::Effect;
use serde_json::{Value, json};

use crate::call::{CREATE, DESCRIBE, World, code};

/// The actions of a family, and a request with a text in its prompt or equivalent.
pub(crate) struct Family {
    pub(crate) create: &'static str,
    pub(crate) describe: &'static str,
    pub(crate) request: fn(&str) -> Value,
    status: &'static str,
    statuses: [&'static str; 4],
    message: &'static str,
}

const AIGC: [&str; 4] = ["WAIT", "RUN", "DONE", "FAIL"];
const SCENARIO: [&str; 4] = ["PENDING", "RUNNING", "FINISHED", "FAILED"];
pub(crate) const STATUS: &str = "DescribeAigcTaskStatus";

const fn aigc(create: &'static str, describe: &'static str) -> Family {
    Family {
        create,
        describe,
        request: |prompt| json!({ "Prompt": prompt }),
        status: "Status",
        statuses: AIGC,
        message: "Message",
    }
}

const fn scenario(create: &'static str, request: fn(&str) -> Value) -> Family {
    Family {
        create,
        describe: STATUS,
        request,
        status: "TaskStatus",
        statuses: SCENARIO,
        message: "TaskResultMsg",
    }
}

pub(crate) const FAMILIES: [Family; 7] = [
    aigc(CREATE, DESCRIBE),
    aigc("CreateAigcImageTask", "DescribeAigcImageTask"),
    aigc("CreateAigcAudioTask", "DescribeAigcAudioTask"),
    scenario(
        "CreateVideoRedrawTask",
        |text| json!({ "Input": { "Url": "https://example.com/a.mp4" }, "TaskInfo": { "Style": text } }),
    ),
    scenario("CreateAiDramaTask", |text| {
        json!({ "Input": {
            "Script": text, "Style": "chinese_ink_wash", "Ratio": "16:9", "Resolution": "720p",
        } })
    }),
    scenario(
        "CreateAiFissionTask",
        |text| json!({ "Input": { "ImageUrls": ["https://example.com/a.png"], "Text": text } }),
    ),
    scenario(
        "CreateDocToVideoTask",
        |text| json!({ "Input": { "FileUrl": ["https://example.com/a.pdf"], "Prompt": text } }),
    ),
];

impl Family {
    fn start(&self, world: &World, text: &str) -> String {
        world.start(self.create, &(self.request)(text))
    }

    fn status(&self, world: &World, task: &str) -> Value {
        world.ask(self.describe, task)[self.status].clone()
    }
}

#[test]
fn every_task_waits_runs_and_is_done() {
    for family in FAMILIES {
        let world = World::new();
        let task = family.start(&world, "a cat");
        let [waits, runs, is_done, _] = family.statuses;
        for (pass, expected) in [
            (0, waits),
            (999, waits),
            (1, runs),
            (1_999, runs),
            (1, is_done),
            (86_400_000, is_done),
        ] {
            world.pass(pass);
            assert_eq!(family.status(&world, &task), expected, "{}", family.create);
        }
    }
}

#[test]
fn a_marker_makes_any_task_fail_which_is_free() {
    for family in FAMILIES {
        let world = World::new();
        let task = family.start(&world, "a [emulator:fail=out of ideas] cat");
        world.pass(3_000);
        let failed = world.ask(family.describe, &task);
        assert_eq!(failed[family.status], family.statuses[3], "{failed}");
        assert_eq!(failed[family.message], "out of ideas", "{failed}");
        assert!(!failed.to_string().contains("/results/"), "{failed}");
        let bill = world.service.bill();
        let charged = (bill.creates, bill.seconds, bill.images, bill.songs);
        assert_eq!(charged, (1, 0, 0, 0), "{}", family.create);
    }
}

#[test]
fn a_marker_makes_any_call_refused() {
    for family in FAMILIES {
        let world = World::new();
        let refused = |text| code(&world.answer(family.create, &(family.request)(text)));
        assert_eq!(refused("[emulator:refuse=LimitExceeded]"), "LimitExceeded");
        assert_eq!(refused("[emulator:refuze=X]"), "InvalidParameterValue");
        assert_eq!(world.service.bill().creates, 0, "{}", family.create);
    }
}

#[test]
fn a_task_exists_only_for_its_own_family() {
    let world = World::with(|builder| builder.rate_limit(RateLimit::Off));
    let tasks: Vec<(String, &str)> = FAMILIES
        .iter()
        .map(|family| (family.start(&world, "a cat"), family.describe))
        .collect();
    for (task, own) in &tasks {
        for family in &FAMILIES {
            let found = code(&world.ask(family.describe, task));
            let expected = if family.describe == *own {
                ""
            } else {
                "ResourceNotFound.TaskNotFound"
            };
            assert_eq!(found, expected, "{task} asked by {}", family.describe);
        }
    }
}

#[test]
fn ids_have_the_shapes_of_the_real_ones() {
    let world = World::new();
    for family in FAMILIES {
        let task = family.start(&world, "a cat");
        let lengths: Vec<usize> = task.split('-').map(str::len).collect();
        match family.create {
            "CreateAigcVideoTask" => assert_eq!(lengths, [10, 9, 32]),
            "CreateAigcImageTask" => assert!(task.contains("-AigcImage-") && lengths[2] == 32),
            "CreateAigcAudioTask" => assert!(task.contains("-AigcAudio-") && lengths[2] == 32),
            "CreateAiFissionTask" => assert!(task.contains("-AigcScenario-") && lengths[2] == 32),
            _ => assert_eq!(lengths, [8, 4, 4, 4, 12], "{task}"),
        }
    }
}

#[test]
fn the_bill_counts_seconds_pictures_and_songs() {
    let world = World::new();
    for family in FAMILIES {
        family.start(&world, "a cat");
    }
    let bill = world.service.bill();
    assert_eq!((bill.creates, bill.duplicates), (7, 0));
    // A video and a redrawn one of 5, a comic of 5, an advertisement and a document of 15.
    assert_eq!((bill.seconds, bill.images, bill.songs), (45, 1, 1));
    let charged = |action: &str| {
        let item = bill.items.iter().find(|item| item.action == action);
        item.map(|item| (item.seconds, item.images, item.songs))
    };
    assert_eq!(charged("CreateAigcImageTask"), Some((0, 1, 0)));
    assert_eq!(charged("CreateAigcAudioTask"), Some((0, 0, 1)));
    assert_eq!(charged("CreateAiFissionTask"), Some((15, 0, 0)));
}

#[test]
fn a_repetition_is_found_in_every_family() {
    let world = World::new();
    for family in FAMILIES {
        family.start(&world, "a cat");
        family.start(&world, "a cat");
    }
    assert_eq!(world.service.bill().duplicates, 7);
}

#[test]
fn preflight_errors_are_refused_with_the_services_codes() {
    let documents = |count| vec!["https://example.com/a.pdf"; count];
    for (action, body, expected) in [
        ("CreateAigcImageTask", json!({}), "MissingParameter"),
        (
            "CreateAigcImageTask",
            json!({ "Prompt": "a", "ExtraParameters": { "OutputFormat": "gif" } }),
            "InvalidParameterValue",
        ),
        (
            "CreateAigcAudioTask",
            json!({ "Prompt": "x".repeat(2_001) }),
            "InvalidParameterValue",
        ),
        (
            "CreateAigcAudioTask",
            json!({ "Prompt": "a", "OutputAudioFormat": "mp3" }),
            "UnknownParameter",
        ),
        ("CreateVideoRedrawTask", json!({}), "MissingParameter"),
        (
            "CreateAiDramaTask",
            json!({ "Input": { "Script": "a", "Style": "b", "Ratio": "16:9", "Resolution": "720p" } }),
            "InvalidParameterValue",
        ),
        (
            "CreateAiFissionTask",
            json!({ "Input": { "ImageUrls": ["https://example.com/a.png"] }, "TaskInfo": { "Duration": 16 } }),
            "InvalidParameterValue",
        ),
        (
            "CreateDocToVideoTask",
            json!({ "Input": { "FileUrl": documents(4), "Prompt": "a" } }),
            "InvalidParameterValue",
        ),
        (STATUS, json!({}), "MissingParameter"),
    ] {
        assert_eq!(
            code(&World::new().answer(action, &body)),
            expected,
            "{action} {body}"
        );
    }
}

/// The published examples and ours; the tasks of queries do not exist here.
#[test]
fn every_request_of_the_specifications_examples_is_understood() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/examples");
    for action in mps_models::ACTIONS {
        let mut requests = 0;
        for file in fs::read_dir(folder.join(action.name)).unwrap() {
            let path = file.unwrap().path();
            if !path.to_string_lossy().ends_with(".request.json") {
                continue;
            }
            let request = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            let answered = code(&World::new().answer(action.name, &request));
            let is_expected = match action.effect {
                Effect::PaidCreate => answered.is_empty(),
                _ => ["", "ResourceNotFound.TaskNotFound"].contains(&answered.as_str()),
            };
            assert!(is_expected, "{}: {answered}", path.display());
            requests += 1;
        }
        assert!(requests > 0, "{} has no example", action.name);
    }
}
