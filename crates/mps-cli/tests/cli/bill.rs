//! Exit codes against the bill: every kind of fault, at every step, in every command form.

use serde_json::{Value, json};

use crate::{
    faults::{applies_to, faults},
    support::{Emulator, Run, example},
};

/// The exit codes after which the bill has not grown.
const UNBILLED: [i32; 5] = [2, 3, 4, 6, 12];
/// The exit codes of a command whose create was answered with a task.
const ANSWERED: [i32; 6] = [0, 1, 5, 7, 8, 10];

/// A family: its name, its actions, and the arguments of its create.
struct Family {
    name: &'static str,
    create: &'static str,
    describe: &'static str,
    arguments: Vec<String>,
}

fn family(name: &str) -> Family {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    match name {
        "video" => Family {
            name: "video",
            create: "CreateAigcVideoTask",
            describe: "DescribeAigcVideoTask",
            arguments: words(&["--prompt", "a cat"]),
        },
        "image" => Family {
            name: "image",
            create: "CreateAigcImageTask",
            describe: "DescribeAigcImageTask",
            arguments: words(&["--model", "Hunyuan", "--prompt", "a cat"]),
        },
        "audio" => Family {
            name: "audio",
            create: "CreateAigcAudioTask",
            describe: "DescribeAigcAudioTask",
            arguments: words(&["--model", "Mureka", "--prompt", "a song"]),
        },
        _ => Family {
            name: "scenario",
            create: "CreateAiDramaTask",
            describe: "DescribeAigcTaskStatus",
            arguments: words(&[
                "ai-drama",
                "--request",
                example("CreateAiDramaTask").to_str().unwrap(),
            ]),
        },
    }
}

/// One run under one fault, with the bill before and after it.
pub(crate) struct Case {
    description: String,
    pub(crate) run: Run,
    billed: [u64; 2],
    /// The ids of the tasks that the emulator created during the run, if the answer was complete.
    answered: Option<String>,
}

impl Case {
    pub(crate) fn check(&self) {
        let Self {
            description, run, ..
        } = self;
        let context = format!("{description}: {run:?}");
        let [before, after] = self.billed;
        assert!(after <= before + 1, "paid twice: {context}");
        if UNBILLED.contains(&run.exit) {
            assert_eq!(before, after, "{context}");
        }
        if let Some(id) = &self.answered {
            assert!(ANSWERED.contains(&run.exit), "{context}");
            let shown = run.stdout.contains(id) || run.stderr.contains(id);
            assert!(shown, "the id is lost: {context}");
        } else if after > before {
            assert_eq!(run.exit, 9, "{context}");
        }
        if run.exit != 0 {
            self.check_error(&context);
        }
    }

    fn check_error(&self, context: &str) {
        let error = self.run.error();
        assert_eq!(error["schema"], "mps.error/1", "{context}");
        let flag = |name: &str| error[name].as_bool().unwrap();
        let exit = self.run.exit;
        assert_eq!(flag("in_doubt"), exit == 9, "{context}");
        assert_eq!(flag("created"), self.answered.is_some(), "{context}");
        assert!(!(flag("retryable") && flag("created")), "{context}");
        if self.description.contains("id_and_error") && exit == 9 {
            let id = error["task_id"].as_str().unwrap();
            assert!(id.len() > 20, "{context}");
            let resume = error["resume"].as_array().unwrap();
            assert_eq!(resume.last().unwrap(), id, "{context}");
        }
        if exit == 9 {
            let doubt = &error["doubt"];
            assert_eq!(doubt["body_sha256"].as_str().unwrap().len(), 64);
            assert!(!doubt["next_steps"].as_array().unwrap().is_empty());
            assert!(doubt["attempts"][0]["at"].as_str().unwrap().ends_with('Z'));
        }
        if [5, 10].contains(&exit) {
            assert!(error["task_id"].is_string(), "{context}");
            let resume: Vec<_> = error["resume"].as_array().unwrap().iter().collect();
            assert_eq!(*resume.last().unwrap(), &error["task_id"], "{context}");
        }
    }
}

/// Runs a command under a fault of one action that applies once.
pub(crate) fn case(emulator: &Emulator, arguments: &[&str], action: &str, fault: &Value) -> Case {
    let mut rule = fault.clone();
    rule["action"] = json!(action);
    rule["times"] = json!(1);
    emulator.add_fault(&rule);
    let before = emulator.bill();
    // Recorded like any other create; the same request once more is meant.
    let again: &[&str] = if arguments.contains(&"create") || arguments[0] == "call" {
        &["--again"]
    } else {
        &[]
    };
    let run = emulator.record(&[arguments, again].concat());
    let after = emulator.bill();
    emulator.clear_faults();
    let creates = |bill: &Value| bill["creates"].as_u64().unwrap();
    let is_new = |id: &Value| !before["items"].as_array().unwrap().contains(id);
    let new = after["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| is_new(item));
    let lost = [
        "truncate",
        "reply_lost",
        "nulls",
        "http",
        "task_id",
        "id_and_error",
        "two_responses",
    ];
    let is_lost = action.starts_with("Create") && lost.contains(&fault["kind"].as_str().unwrap());
    let id = new.map(|item| item["task_id"].as_str().unwrap().to_owned());
    Case {
        description: format!("{arguments:?} under {rule}"),
        run,
        billed: [creates(&before), creates(&after)],
        answered: id.filter(|_| !is_lost),
    }
}

/// `create --out` of a family passes through all three steps.
fn check_create(name: &str) {
    let emulator = Emulator::start("0s");
    let family = family(name);
    for step in [family.create, family.describe, "download"] {
        for (number, fault) in faults().iter().enumerate() {
            if !applies_to(fault, step) {
                continue;
            }
            let out = format!("{step}-{number}");
            let request: Vec<_> = family.arguments.iter().map(String::as_str).collect();
            let arguments = [
                &[family.name, "create"],
                &request[..],
                &["--out", &out, "--timeout", "10s"],
            ]
            .concat();
            case(&emulator, &arguments, step, fault).check();
        }
    }
}

#[test]
fn a_video_create_ends_by_what_happened_to_the_bill() {
    check_create("video");
}

#[test]
fn an_image_create_ends_by_what_happened_to_the_bill() {
    check_create("image");
}

#[test]
fn an_audio_create_ends_by_what_happened_to_the_bill() {
    check_create("audio");
}

#[test]
fn a_scenario_create_ends_by_what_happened_to_the_bill() {
    check_create("scenario");
}

#[test]
fn a_call_that_creates_ends_by_what_happened_to_the_bill() {
    let emulator = Emulator::start("0s");
    let faults = faults().into_iter();
    for fault in faults.filter(|fault| applies_to(fault, "CreateAigcVideoTask")) {
        let body = r#"{"Prompt":"a cat"}"#;
        let arguments = ["call", "CreateAigcVideoTask", "--json", body];
        case(&emulator, &arguments, "CreateAigcVideoTask", &fault).check();
    }
}

#[test]
fn status_wait_and_download_bill_nothing() {
    let emulator = Emulator::start("0s");
    let create = ["--output", "json", "video", "create", "--prompt", "a cat"];
    let created = emulator.run(&create).json();
    let id = created["task_id"].as_str().unwrap();
    for (number, fault) in faults().iter().enumerate() {
        let (wait, download) = (format!("wait-{number}"), format!("download-{number}"));
        for arguments in [
            &["status", id][..],
            &["wait", "--timeout", "10s", "--out", &wait, id],
            &["download", "--timeout", "10s", "--out", &download, id],
        ] {
            let arguments = [&["video"], arguments].concat();
            if applies_to(fault, "DescribeAigcVideoTask") {
                let at_poll = case(&emulator, &arguments, "DescribeAigcVideoTask", fault);
                at_poll.check();
                assert_eq!(at_poll.billed[0], at_poll.billed[1]);
            }
            if arguments[1] != "status" && applies_to(fault, "download") {
                let again = format!("{}-again", arguments[5]);
                let arguments = [&arguments[..5], &[&again, id]].concat();
                case(&emulator, &arguments, "download", fault).check();
            }
        }
    }
}
