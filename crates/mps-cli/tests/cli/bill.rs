//! Exit codes against the bill: every kind of fault, at every step, in every command form.

use serde_json::{Value, json};

use crate::support::{Emulator, Run, example};

/// The exit codes after which the bill has not grown.
const UNBILLED: [i32; 5] = [2, 3, 4, 6, 12];
/// The exit codes of a command whose create was answered with a task.
const ANSWERED: [i32; 6] = [0, 1, 5, 7, 8, 10];

/// The faults, one or more rules of each kind.
fn faults() -> Vec<Value> {
    let codes = [
        "InvalidParameterValue",
        "UnknownParameter",
        "AuthFailure.UnauthorizedOperation",
        "FailedOperation.UserArrears",
        "InvalidParameter.ViolationContent",
        "ResourceNotFound.TaskNotFound",
        "LimitExceeded.RateLimitExceeded",
        "InternalError",
        "FailedOperation.NeverDocumented",
    ];
    let refusals = codes.map(|code| json!({"kind": "refuse", "code": code}));
    let others = [
        json!({"kind": "delay", "delay": "50ms"}),
        json!({"kind": "http", "status": 403}),
        json!({"kind": "http", "status": 502}),
        json!({"kind": "http", "status": 200}),
        json!({"kind": "http", "status": 504, "executed": true}),
        json!({"kind": "html"}),
        json!({"kind": "truncate"}),
        json!({"kind": "drip", "pieces": 3, "delay": "10ms"}),
        json!({"kind": "reset_before_read"}),
        json!({"kind": "reset_after_read"}),
        json!({"kind": "reply_lost"}),
        json!({"kind": "content_type"}),
        json!({"kind": "throttle"}),
        json!({"kind": "token_expired"}),
        json!({"kind": "skew"}),
        json!({"kind": "done_without_url"}),
        json!({"kind": "unknown_status"}),
        json!({"kind": "nulls"}),
        json!({"kind": "close_idle"}),
        json!({"kind": "task_id", "value": ""}),
        json!({"kind": "id_and_error"}),
        json!({"kind": "two_responses"}),
        json!({"kind": "wrong_body"}),
        json!({"kind": "no_length"}),
        json!({"kind": "redirect"}),
        json!({"kind": "encoding"}),
        json!({"kind": "etag_change"}),
        json!({"kind": "unasked_206"}),
        json!({"kind": "forbidden_once"}),
    ];
    refusals.into_iter().chain(others).collect()
}

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
struct Case {
    description: String,
    run: Run,
    billed: [u64; 2],
    /// The ids of the tasks that the emulator created during the run, if the answer was complete.
    answered: Option<String>,
}

impl Case {
    fn check(&self) {
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

/// Runs a command under a fault of one action that strikes once.
fn case(emulator: &Emulator, arguments: &[&str], action: &str, fault: &Value) -> Case {
    let mut rule = fault.clone();
    rule["action"] = json!(action);
    rule["times"] = json!(1);
    emulator.add_fault(&rule);
    let before = emulator.bill();
    let run = emulator.run(&[&["--output", "json"], arguments].concat());
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
            if !can_strike(fault, step) {
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

/// Returns whether a fault can be about the action: some alter only the answers of creates, others
/// only those of the API, and others only downloads.
fn can_strike(fault: &Value, action: &str) -> bool {
    let kind = fault["kind"].as_str().unwrap();
    let of_creates = ["task_id", "id_and_error", "two_responses"];
    let of_calls = [
        "refuse",
        "throttle",
        "token_expired",
        "skew",
        "done_without_url",
        "unknown_status",
        "nulls",
    ];
    let of_downloads = [
        "wrong_body",
        "no_length",
        "redirect",
        "encoding",
        "etag_change",
        "unasked_206",
        "forbidden_once",
    ];
    if of_creates.contains(&kind) {
        return action.starts_with("Create");
    }
    let is_download = action == "download";
    !of_calls.contains(&kind) && is_download || !of_downloads.contains(&kind) && !is_download
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
    for fault in faults.filter(|fault| can_strike(fault, "CreateAigcVideoTask")) {
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
            if can_strike(fault, "DescribeAigcVideoTask") {
                let at_poll = case(&emulator, &arguments, "DescribeAigcVideoTask", fault);
                at_poll.check();
                assert_eq!(at_poll.billed[0], at_poll.billed[1]);
            }
            if arguments[1] != "status" && can_strike(fault, "download") {
                let again = format!("{}-again", arguments[5]);
                let arguments = [&arguments[..5], &[&again, id]].concat();
                case(&emulator, &arguments, "download", fault).check();
            }
        }
    }
}

#[test]
fn each_refusal_of_a_create_has_its_exit_code() {
    let emulator = Emulator::start("0s");
    for (code, exit, retryable) in [
        ("InvalidParameterValue", 2, false),
        ("UnknownParameter", 2, false),
        ("AuthFailure.UnauthorizedOperation", 3, false),
        ("FailedOperation.UserArrears", 4, false),
        ("InvalidParameter.ViolationContent", 8, false),
        ("FailedOperation.NeverDocumented", 9, false),
    ] {
        let fault = json!({"kind": "refuse", "code": code});
        let arguments = ["video", "create", "--prompt", "a cat"];
        let case = case(&emulator, &arguments, "CreateAigcVideoTask", &fault);
        case.check();
        let error = case.run.error();
        assert_eq!(
            (case.run.exit, &error["retryable"]),
            (exit, &json!(retryable)),
            "{code}"
        );
    }
}

/// Trouble with the polls of a task that this command has paid for is not trouble with the command.
#[test]
fn an_error_after_the_create_names_the_task_and_how_to_resume() {
    let emulator = Emulator::start("1h");
    for code in ["InvalidParameterValue", "AuthFailure.TokenFailure"] {
        emulator.add_fault(&json!({
            "kind": "refuse", "code": code, "action": "DescribeAigcVideoTask"
        }));
        let run = emulator.run(&[
            "--output",
            "json",
            "video",
            "create",
            "--prompt",
            "a",
            "--wait",
            "--timeout",
            "3s",
        ]);
        emulator.clear_faults();
        let error = run.error();
        assert_eq!((run.exit, &error["created"]), (5, &json!(true)), "{run:?}");
        let resume = error["resume"].as_array().unwrap();
        assert_eq!(resume.last(), Some(&error["task_id"]));
    }
}

#[test]
fn one_refused_poll_after_our_own_create_does_not_end_the_wait() {
    let emulator = Emulator::start("0s");
    for code in [
        "InvalidParameterValue",
        "AuthFailure.TokenFailure",
        "ResourceNotFound.TaskNotFound",
    ] {
        emulator.add_fault(&json!({
            "kind": "refuse", "code": code, "action": "DescribeAigcVideoTask", "times": 1
        }));
        let run = emulator.run(&["video", "create", "--prompt", "a", "--wait"]);
        assert_eq!(run.exit, 0, "{code}: {run:?}");
    }
}

#[test]
fn the_in_doubt_page_has_the_facts_and_the_next_steps() {
    let emulator = Emulator::start("0s");
    emulator.add_fault(&json!({"kind": "reply_lost", "times": 1}));
    let run = emulator.run(&["video", "create", "--prompt", "a cat"]);
    assert_eq!(run.exit, 9, "{run:?}");
    let host = emulator.endpoint.strip_prefix("http://").unwrap();
    // Of `{"Prompt":"a cat"}`.
    let hash = "078974c3df098e747fd75e969b38d2279d0318c4e8b33c7c0818f6b74cd8768d";
    let tail = &emulator.keys()[0];
    let tail = &tail[tail.len() - 4..];
    for line in [
        "  action       CreateAigcVideoTask\n".to_owned(),
        format!("  host         {host}\n"),
        "  request id   none came\n".to_owned(),
        format!("  key id       ends with {tail}\n"),
        format!("  body SHA-256 {hash}\n"),
        format!("{host}: interrupted\n"),
        format!(
            "follow it instead of creating again: mps --endpoint {} --limiter process video wait -- TASK_ID\n",
            emulator.endpoint
        ),
    ] {
        assert!(run.stderr.contains(&line), "{line}: {}", run.stderr);
    }
}

#[test]
fn a_create_that_is_throttled_until_its_deadline_can_be_run_again() {
    let emulator = Emulator::start("0s");
    for code in ["RequestLimitExceeded", "LimitExceeded.RateLimitExceeded"] {
        let rule = json!({"kind": "refuse", "code": code, "action": "CreateAigcVideoTask"});
        emulator.add_fault(&rule);
        let run = emulator.run(&[
            "--output",
            "json",
            "--deadline",
            "2s",
            "video",
            "create",
            "--prompt",
            "a",
        ]);
        emulator.clear_faults();
        let error = run.error();
        assert_eq!(
            (run.exit, &error["retryable"]),
            (6, &json!(true)),
            "{run:?}"
        );
        assert!(run.stderr.contains(r#""event":"throttled""#), "{run:?}");
    }
    assert_eq!(emulator.bill()["creates"], 0);
}

#[test]
fn a_task_that_is_done_without_a_result_is_not_a_success() {
    let emulator = Emulator::start("0s");
    emulator.add_fault(&json!({"kind": "done_without_url"}));
    let create = [
        "--output", "json", "video", "create", "--prompt", "a", "--wait",
    ];
    let run = emulator.run(&create);
    let error = run.error();
    assert_eq!((run.exit, &error["created"]), (10, &json!(true)), "{run:?}");
    let resume = error["resume"].as_array().unwrap();
    assert!(resume.contains(&json!("download")), "{run:?}");
}
