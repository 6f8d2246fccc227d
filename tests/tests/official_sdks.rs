//! The vendor's own SDKs, unmodified, against the real program: what they send is understood, what
//! they are answered they understand, and they are let in with the right key only.
//!
//! `sdks/` says what each needs. Without it these tests do nothing on a developer's machine, and
//! fail where `CI` is `true`.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::path::PathBuf;

use mps_tests::{
    official::{Caller, Sdk},
    process::EmulatorProcess,
    window,
};
use serde_json::{Value, json};

/// Makes each of these a test of every SDK.
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
    every_stage_is_described
    a_scenario_is_on_the_list
    another_key_is_refused
    refusals_have_the_services_code
    calls_above_the_limit_are_throttled
    machine_time_is_accepted_on_request
}

/// An SDK, and an emulator for it.
struct Case<'a> {
    sdk: &'a Sdk,
    emulator: EmulatorProcess,
}

impl<'a> Case<'a> {
    /// An emulator whose tasks take so long.
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

/// A request of the specification's examples; `documentation` is the vendor's own.
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

fn every_stage_is_described(sdk: &Sdk) {
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

fn a_scenario_is_on_the_list(sdk: &Sdk) {
    let case = Case::new(sdk, "1h", "1h");
    let seen = case.sdk("list", &example("CreateAiDramaTask", "documentation"));
    assert_eq!(seen["listed"]["Total"], 1, "{seen}");
    let task = &seen["listed"]["Tasks"][0];
    assert_eq!(task["TaskId"], seen["created"]["TaskId"]);
}

fn another_key_is_refused(sdk: &Sdk) {
    let case = Case::new(sdk, "1h", "1h");
    let create = |secret_id: &str, secret_key: &str| {
        let keys = [secret_id, secret_key];
        let refused = case.sdk_as(keys, "create", &example(CREATE, "documentation"));
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

fn refusals_have_the_services_code(sdk: &Sdk) {
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

/// How many at once surely exceed the 50 a second that a describe is allowed, unless the machine
/// needs more than a second for them: then there is another try.
const BURST: usize = 80;
const MOST_TRIES: usize = 20;

fn calls_above_the_limit_are_throttled(sdk: &Sdk) {
    let case = Case::new(sdk, "1h", "1h");
    let is_throttled = |seen: &Value| {
        let codes = seen["codes"].as_array().unwrap();
        assert_eq!(codes.len(), BURST);
        codes.contains(&json!("RequestLimitExceeded"))
    };
    let mut bursts = (0..MOST_TRIES).map(|_| case.sdk("burst", &BURST.to_string()));
    assert!(bursts.any(|seen| is_throttled(&seen)));

    // Whatever was let in, no second saw more than the limit.
    let log = case.emulator.control("requests").unwrap();
    let requests = log["requests"].as_array().unwrap().iter();
    let admitted = requests.filter(|request| request["code"] != "RequestLimitExceeded");
    let starts: Vec<_> = admitted
        .map(|request| request["at_us"].as_u64().unwrap())
        .collect();
    assert!(window::most_in_any_second(&starts) <= 50);
}

/// SDKs sign by the machine's time, and the emulator's is a day ahead before one has started.
fn machine_time_is_accepted_on_request(sdk: &Sdk) {
    let create = |flags: &[&str]| {
        let case = Case::with(sdk, flags);
        case.sdk("create", &example(CREATE, "documentation"))
    };
    let refused = create(&["--clock-rate=100000"]);
    assert_eq!(refused["code"], "AuthFailure.SignatureExpire", "{refused}");
    let created = create(&["--clock-rate=100000", "--accept-machine-time"]);
    assert!(created["TaskId"].is_string(), "{created}");
}
