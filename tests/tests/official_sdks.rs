//! The vendor's SDKs, unmodified, against `mps emulator`: each side parses the other's messages, and
//! only a valid signature is accepted.
//!
//! `tests/sdks/install.sh` installs them. Without them these tests are skipped on a developer's
//! machine, and fail where `CI` is `true`.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::path::PathBuf;

use mps_tests::{
    official::{Caller, Sdk, Tccli},
    process::EmulatorProcess,
    window,
};
use serde_json::{Value, json};

/// Defines each function as a test of every SDK.
macro_rules! with_every_sdk {
    ($($test:ident)*) => {
        with_every_sdk! { @ python $($test)* }
        with_every_sdk! { @ node $($test)* }
    };
    (@ $sdk:ident $($test:ident)*) => {
        mod $sdk {
            $(
                #[test]
                fn $test() {
                    if let Some(sdk) = mps_tests::official::Sdk::$sdk() {
                        super::$test(&sdk);
                    }
                }
            )*
        }
    };
}

with_every_sdk! {
    a_task_is_followed_from_its_creation_to_its_file
    a_task_has_the_status_of_its_stage
    a_scenario_task_is_listed
    a_wrong_key_is_refused
    a_refusal_has_its_error_code
    a_burst_is_throttled
    a_fast_clock_is_accepted_with_its_flag
}

/// An SDK and its own emulator.
struct Case<'a> {
    sdk: &'a Sdk,
    emulator: EmulatorProcess,
}

impl<'a> Case<'a> {
    /// Starts an emulator with these task times.
    fn new(sdk: &'a Sdk, queue_time: &str, render_time: &str) -> Self {
        Self::with(
            sdk,
            &["--queue-time", queue_time, "--render-time", render_time],
        )
    }

    fn with(sdk: &'a Sdk, flags: &[&str]) -> Self {
        let emulator = EmulatorProcess::start(flags).unwrap();
        Self { sdk, emulator }
    }

    fn sdk(&self, verb: &str, argument: &str) -> Value {
        let EmulatorProcess {
            secret_id,
            secret_key,
            ..
        } = &self.emulator;
        self.sdk_as([secret_id, secret_key], verb, argument)
    }

    fn sdk_as(&self, [secret_id, secret_key]: [&str; 2], verb: &str, argument: &str) -> Value {
        let caller = Caller {
            address: &self.emulator.address,
            secret_id,
            secret_key,
        };
        self.sdk.run(caller, verb, argument).unwrap()
    }

    /// Returns action, outcome and error code of every request in the emulator's log.
    fn log(&self) -> Vec<Value> {
        let log = self.emulator.control("requests").unwrap();
        let requests = log["requests"].as_array().unwrap();
        let entry = |request: &Value| {
            assert!(request["at_us"].is_u64(), "{request}");
            json!([request["action"], request["outcome"], request["code"]])
        };
        requests.iter().map(entry).collect()
    }

    fn creates_billed(&self) -> u64 {
        self.emulator.control("bill").unwrap()["creates"]
            .as_u64()
            .unwrap()
    }
}

/// Returns the path of an example request in the specification; `documentation` is the vendor's.
fn example(action: &str, name: &str) -> String {
    let path = format!("../spec/examples/{action}/{name}.request.json");
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path);
    path.into_os_string().into_string().unwrap()
}

const CREATE: &str = "CreateAigcVideoTask";
const DESCRIBE: &str = "DescribeAigcVideoTask";

fn a_task_is_followed_from_its_creation_to_its_file(sdk: &Sdk) {
    let case = Case::new(sdk, "100ms", "100ms");
    let seen = case.sdk("follow", &example(CREATE, "documentation"));

    // A slow machine may miss a stage, but the order of stages is fixed.
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
            .all(|entry| *entry == json!([DESCRIBE, "executed", null])),
        "{log:?}"
    );
    assert_eq!(case.creates_billed(), 1);
    let requests = case.emulator.control("requests").unwrap();
    assert_eq!(
        requests["requests"][0]["request_id"],
        seen["created"]["RequestId"]
    );
}

fn a_task_has_the_status_of_its_stage(sdk: &Sdk) {
    for (queue_time, render_time, status) in [
        ("1h", "1h", "WAIT"),
        ("0s", "1h", "RUN"),
        ("0s", "0s", "DONE"),
    ] {
        let case = Case::new(sdk, queue_time, render_time);
        let created = case.sdk("create", &example(CREATE, "references"));
        let task_id = created["TaskId"].as_str().unwrap();
        let task = case.sdk("describe", task_id);
        assert_eq!(task["Status"], status, "{task}");
    }
}

fn a_scenario_task_is_listed(sdk: &Sdk) {
    let case = Case::new(sdk, "1h", "1h");
    let seen = case.sdk("list", &example("CreateAiDramaTask", "documentation"));
    assert_eq!(seen["listed"]["Total"], 1, "{seen}");
    let task = &seen["listed"]["Tasks"][0];
    assert_eq!(task["TaskId"], seen["created"]["TaskId"]);
}

fn a_wrong_key_is_refused(sdk: &Sdk) {
    let case = Case::new(sdk, "1h", "1h");
    let create = |secret_id: &str, secret_key: &str| {
        let keys = [secret_id, secret_key];
        let refused = case.sdk_as(keys, "create", &example(CREATE, "documentation"));
        assert!(refused["request_id"].is_string(), "{refused}");
        refused["code"].clone()
    };
    let wrong_key = create(&case.emulator.secret_id, "another key");
    assert_eq!(wrong_key, "AuthFailure.SignatureFailure");
    let unknown_id = create("AKIDUNKNOWN", &case.emulator.secret_key);
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

fn a_refusal_has_its_error_code(sdk: &Sdk) {
    let case = Case::new(sdk, "1h", "1h");
    let unknown = case.sdk("describe", "2600016453-AigcVideo-0");
    assert_eq!(
        unknown["code"], "ResourceNotFound.TaskNotFound",
        "{unknown}"
    );

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("request.json");
    let prompt = "a cat [emulator:refuse=InvalidParameter.ViolationContent]";
    std::fs::write(&file, json!({ "Prompt": prompt }).to_string()).unwrap();
    let refused = case.sdk("create", file.to_str().unwrap());
    assert_eq!(refused["code"], "InvalidParameter.ViolationContent");
    assert_eq!(case.creates_billed(), 0);
}

/// Calls in one burst. They exceed the limit of ten creates a second unless the machine needs more
/// than a second for eleven of them; then the burst is repeated.
const BURST: usize = 40;
const LIMIT: usize = 10;
const MAX_BURSTS: usize = 20;

fn a_burst_is_throttled(sdk: &Sdk) {
    let case = Case::new(sdk, "1h", "1h");
    let is_throttled = |seen: &Value| {
        let codes = seen["codes"].as_array().unwrap();
        assert_eq!(codes.len(), BURST);
        codes.contains(&json!("RequestLimitExceeded"))
    };
    let mut bursts = (0..MAX_BURSTS).map(|_| case.sdk("burst", &BURST.to_string()));
    assert!(bursts.any(|seen| is_throttled(&seen)));

    // The admitted requests keep to the limit.
    let log = case.emulator.control("requests").unwrap();
    let requests = log["requests"].as_array().unwrap().iter();
    let admitted = requests.filter(|request| request["code"] != "RequestLimitExceeded");
    let starts: Vec<_> = admitted
        .map(|request| request["at_us"].as_u64().unwrap())
        .collect();
    assert!(window::most_in_any_second(&starts) <= LIMIT);
}

/// SDKs sign with the machine's time; the emulator's clock is a day ahead before an SDK has started.
fn a_fast_clock_is_accepted_with_its_flag(sdk: &Sdk) {
    let create = |flags: &[&str]| {
        let case = Case::with(sdk, flags);
        case.sdk("create", &example(CREATE, "documentation"))
    };
    let refused = create(&["--clock-rate=100000"]);
    assert_eq!(refused["code"], "AuthFailure.SignatureExpire", "{refused}");
    let created = create(&["--clock-rate=100000", "--accept-machine-time"]);
    assert!(created["TaskId"].is_string(), "{created}");
}

/// Returns the caller of an emulator's own account.
fn caller(emulator: &EmulatorProcess) -> Caller<'_> {
    Caller {
        address: &emulator.address,
        secret_id: &emulator.secret_id,
        secret_key: &emulator.secret_key,
    }
}

/// The vendor's command line speaks HTTPS only.
#[test]
fn tccli_creates_and_describes_over_tls() {
    let Some(tccli) = Tccli::installed() else {
        return;
    };
    let flags = ["--tls", "--queue-time=0s", "--render-time=0s"];
    let emulator = EmulatorProcess::start(flags).unwrap();
    let ca_file = emulator.ca_file.as_deref().unwrap();
    let call = |action: &str, members: &[(&str, &str)]| {
        tccli
            .call(caller(&emulator), ca_file, action, members)
            .unwrap()
    };
    let created = call(CREATE, &[("Prompt", "a cat"), ("ModelName", "Kling")]);
    let task_id = created["TaskId"].as_str().unwrap();
    let described = call(DESCRIBE, &[("TaskId", task_id)]);
    assert_eq!(described["Status"], "DONE", "{described}");
    let url = described["VideoUrls"][0].as_str().unwrap();
    assert!(
        url.starts_with(&format!("https://{}/", emulator.address)),
        "{url}"
    );
}

/// This SDK signs for the service `127` when it calls `127.0.0.1`.
#[test]
fn a_service_from_the_host_is_accepted_on_request_and_explained_otherwise() {
    let Some(sdk) = Sdk::node() else {
        return;
    };
    let sdk = sdk.with("BY_ADDRESS", "1");
    let create = |flags: &[&str]| {
        let emulator = EmulatorProcess::start(flags).unwrap();
        let request = example(CREATE, "documentation");
        let answer = sdk.run(caller(&emulator), "create", &request).unwrap();
        let log = emulator.control("requests").unwrap();
        (answer, log["requests"][0]["detail"].clone())
    };
    let (created, _) = create(&["--lenient-service"]);
    assert!(created["TaskId"].is_string(), "{created}");
    let (refused, detail) = create(&[]);
    assert_eq!(refused["code"], "AuthFailure.SignatureFailure", "{refused}");
    let detail = detail.as_str().unwrap();
    assert!(
        detail.contains("the service `127`") && detail.contains("--lenient-service"),
        "{detail}"
    );
}
