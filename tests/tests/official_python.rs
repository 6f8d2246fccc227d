//! The vendor's own SDK for Python against the real program: what it sends is understood, what it
//! is answered it understands, and it is let in with the right key only.
//!
//! `MPS_TEST_PYTHON` names an interpreter that has `python/requirements.txt`. Without it these
//! tests do nothing on a developer's machine, and fail where `CI` is `true`.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{env, ffi::OsString, path::PathBuf, process::Command};

use mps_tests::process::{EmulatorProcess, PROXY_VARIABLES};
use serde_json::{Value, json};

/// The SDK, and an emulator for it.
struct Case {
    python: OsString,
    emulator: EmulatorProcess,
}

impl Case {
    /// An emulator whose tasks take so long; `None` where there is no SDK.
    fn new(queue_time: &str, render_time: &str) -> Option<Self> {
        let python = python()?;
        let times = ["--queue-time", queue_time, "--render-time", render_time];
        let emulator = EmulatorProcess::start(times).unwrap();
        Some(Self { python, emulator })
    }

    fn sdk(&self, verb: &str, argument: &str) -> Value {
        self.sdk_as(
            &self.emulator.secret_id,
            &self.emulator.secret_key,
            verb,
            argument,
        )
    }

    fn sdk_as(&self, secret_id: &str, secret_key: &str, verb: &str, argument: &str) -> Value {
        let mut command = Command::new(&self.python);
        for name in PROXY_VARIABLES {
            command.env_remove(name);
        }
        let output = command
            .arg(here("python/official_sdk.py"))
            .args([verb, argument])
            .env("EMULATOR", &self.emulator.address)
            .env("TENCENTCLOUD_SECRET_ID", secret_id)
            .env("TENCENTCLOUD_SECRET_KEY", secret_key)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Action, outcome and error code of every request, as the emulator tells them.
    fn log(&self) -> Vec<Value> {
        let log = self.emulator.control("requests").unwrap();
        let requests = log["requests"].as_array().unwrap();
        let told = |request: &Value| {
            assert!(request["at_us"].is_u64(), "{request}");
            json!([request["action"], request["outcome"], request["code"]])
        };
        requests.iter().map(told).collect()
    }

    fn creates_billed(&self) -> u64 {
        self.emulator.control("bill").unwrap()["creates"]
            .as_u64()
            .unwrap()
    }
}

const WANTED: &str = "It names a Python interpreter that has tests/python/requirements.txt";

#[expect(clippy::print_stderr, reason = "a test that does nothing says so")]
fn python() -> Option<OsString> {
    let python = env::var_os("MPS_TEST_PYTHON");
    if python.is_none() {
        let is_ci = env::var_os("CI").is_some_and(|ci| ci == "true");
        assert!(!is_ci, "MPS_TEST_PYTHON is not set. {WANTED}");
        eprintln!("skipped, since MPS_TEST_PYTHON is not set. {WANTED}");
    }
    python
}

fn here(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A request of the specification's examples; `documentation` is the vendor's own.
fn example(name: &str) -> String {
    let path = format!("../spec/examples/CreateAigcVideoTask/{name}.request.json");
    here(&path).into_os_string().into_string().unwrap()
}

const CREATE: &str = "CreateAigcVideoTask";
const DESCRIBE: &str = "DescribeAigcVideoTask";

#[test]
fn a_task_is_followed_from_its_creation_to_its_file() {
    let Some(case) = Case::new("100ms", "100ms") else {
        return;
    };
    let seen = case.sdk("follow", &example("documentation"));

    // Which stages a slow machine gets to see is a matter of luck, their order is not.
    let statuses: Vec<_> = seen["statuses"].as_array().unwrap().iter().collect();
    let mut stages = ["WAIT", "RUN", "DONE"].iter();
    assert!(
        statuses
            .iter()
            .all(|status| stages.any(|stage| *stage == **status)),
        "{statuses:?}"
    );
    assert_eq!(seen["task"]["Status"], "DONE");
    assert_eq!(seen["task"]["VideoUrls"].as_array().unwrap().len(), 1);
    let result = &seen["results"][0];
    assert_eq!(
        (&result["content_type"], &result["box"]),
        (&json!("video/mp4"), &json!("ftyp"))
    );

    let log = case.log();
    assert_eq!(log[0], json!([CREATE, "executed", null]));
    assert!(
        log[1..]
            .iter()
            .all(|told| *told == json!([DESCRIBE, "executed", null])),
        "{log:?}"
    );
    assert_eq!(case.creates_billed(), 1);
    let requests = case.emulator.control("requests").unwrap();
    assert_eq!(
        requests["requests"][0]["request_id"],
        seen["created"]["RequestId"]
    );
}

#[test]
fn every_stage_is_told() {
    for (queue_time, render_time, status) in [
        ("1h", "1h", "WAIT"),
        ("0s", "1h", "RUN"),
        ("0s", "0s", "DONE"),
    ] {
        let Some(case) = Case::new(queue_time, render_time) else {
            return;
        };
        let created = case.sdk("create", &example("references"));
        let task_id = created["TaskId"].as_str().unwrap();
        let task = case.sdk("describe", task_id);
        assert_eq!(task["Status"], status, "{task}");
    }
}

#[test]
fn who_signs_with_another_key_is_refused() {
    let Some(case) = Case::new("1h", "1h") else {
        return;
    };
    let create = |secret_id: &str, secret_key: &str| {
        let refused = case.sdk_as(secret_id, secret_key, "create", &example("documentation"));
        assert!(refused["request_id"].is_string(), "{refused}");
        refused["code"].clone()
    };
    let wrong_key = create(&case.emulator.secret_id, "another key");
    assert_eq!(wrong_key, "AuthFailure.SignatureFailure");
    let unknown_id = create("AKIDNOBODY", &case.emulator.secret_key);
    assert_eq!(unknown_id, "AuthFailure.SecretIdNotFound");
    assert_eq!(
        case.log(),
        [
            json!([CREATE, "refused", wrong_key]),
            json!([CREATE, "refused", unknown_id]),
        ]
    );
    assert_eq!(case.creates_billed(), 0);
}
