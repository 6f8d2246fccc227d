//! Every fault during a thousand waits and downloads, in virtual time.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::Duration,
};

use bytes::Bytes;
use http::Request;
use mps_aigc::{Aigc, Error, SavedFile, Task, Video, WaitOptions};
use mps_emulator::{Emulator, Service};
use mps_models::CreateAigcVideoTask;
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// The longest wait. Faults that never end leave the task to it. A task that is older than all others
/// is polled every minute or two while thousands compete, so five minutes would be a matter of luck.
const TIMEOUT: Duration = Duration::from_secs(1800);

/// A fault of one task's polls or downloads, and the end of the task: `fetched`, or the kind of the
/// error. Without `times` the fault never ends.
const FAULTS: &str = r#"
DescribeAigcVideoTask {"kind": "refuse", "code": "InternalError", "times": 3}                  | fetched
DescribeAigcVideoTask {"kind": "refuse", "code": "Unheard.Of", "times": 3}                     | fetched
DescribeAigcVideoTask {"kind": "refuse", "code": "ResourceNotFound.TaskNotFound", "times": 1}  | fetched
DescribeAigcVideoTask {"kind": "refuse", "code": "InvalidParameterValue", "times": 3}          | fetched
DescribeAigcVideoTask {"kind": "delay", "delay": "2min", "times": 2}                           | fetched
DescribeAigcVideoTask {"kind": "http", "status": 503, "times": 3}                              | fetched
DescribeAigcVideoTask {"kind": "http", "status": 429, "retry_after": 5, "times": 3}            | fetched
DescribeAigcVideoTask {"kind": "html", "times": 3}                                             | fetched
DescribeAigcVideoTask {"kind": "html", "status": 200, "times": 3}                              | fetched
DescribeAigcVideoTask {"kind": "truncate", "times": 3}                                         | fetched
DescribeAigcVideoTask {"kind": "drip", "times": 3}                                             | fetched
DescribeAigcVideoTask {"kind": "reset_after_read", "times": 3}                                 | fetched
DescribeAigcVideoTask {"kind": "reply_lost", "times": 3}                                       | fetched
DescribeAigcVideoTask {"kind": "content_type"}                                                 | fetched
DescribeAigcVideoTask {"kind": "throttle", "times": 3}                                         | fetched
DescribeAigcVideoTask {"kind": "token_expired", "times": 3}                                    | fetched
DescribeAigcVideoTask {"kind": "skew", "times": 2}                                             | fetched
DescribeAigcVideoTask {"kind": "done_without_url", "times": 3}                                 | fetched
DescribeAigcVideoTask {"kind": "unknown_status", "times": 3}                                   | fetched
DescribeAigcVideoTask {"kind": "nulls", "times": 3}                                            | fetched
DescribeAigcVideoTask {"kind": "refuse", "code": "ResourceNotFound.TaskNotFound"}              | not_found
DescribeAigcVideoTask {"kind": "refuse", "code": "InvalidParameterValue"}                      | invalid_request
DescribeAigcVideoTask {"kind": "token_expired"}                                                | credentials
DescribeAigcVideoTask {"kind": "done_without_url"}                                             | unfetchable
DescribeAigcVideoTask {"kind": "refuse", "code": "InternalError"}                              | wait_timed_out
DescribeAigcVideoTask {"kind": "http", "status": 503}                                          | wait_timed_out
DescribeAigcVideoTask {"kind": "throttle"}                                                     | wait_timed_out
DescribeAigcVideoTask {"kind": "reset_after_read"}                                             | wait_timed_out
DescribeAigcVideoTask {"kind": "unknown_status"}                                               | wait_timed_out
DescribeAigcVideoTask {"kind": "nulls"}                                                        | wait_timed_out
download {"kind": "wrong_body", "times": 1}                                                    | fetched
download {"kind": "wrong_body", "body": "xml"}                                                 | wrong_content
download {"kind": "wrong_body", "body": "html"}                                                | wrong_content
download {"kind": "wrong_body", "body": "empty"}                                               | wrong_content
download {"kind": "no_length"}                                                                 | fetched
download {"kind": "no_length", "after": 5000, "times": 1}                                      | fetched
download {"kind": "no_length", "after": 5000, "chunked": true, "times": 1}                     | fetched
download {"kind": "redirect", "times": 1}                                                      | fetched
download {"kind": "redirect"}                                                                  | unfetchable
download {"kind": "redirect", "location": "http://192.0.2.1/a.mp4"}                            | unfetchable
download {"kind": "encoding", "times": 1}                                                      | fetched
download {"kind": "encoding"}                                                                  | wrong_content
download {"kind": "etag_change", "times": 1}                                                   | fetched
download {"kind": "corrupt", "times": 1}                                                       | fetched
download {"kind": "corrupt"}                                                                   | wrong_content
download {"kind": "forbidden_once"}                                                            | fetched
download {"kind": "unasked_206", "times": 1}                                                   | fetched
download {"kind": "unasked_206"}                                                               | download
download {"kind": "forbidden_once", "times": 100}                                              | unfetchable
download {"kind": "truncate", "times": 3}                                                      | fetched
download {"kind": "truncate", "after": 0}                                                      | download
download {"kind": "drip"}                                                                      | fetched
download {"kind": "delay", "delay": "1min", "times": 2}                                        | fetched
download {"kind": "http", "status": 503, "times": 3}                                           | fetched
download {"kind": "http", "status": 503}                                                       | download
download {"kind": "http", "status": 404}                                                       | unfetchable
download {"kind": "html", "times": 3}                                                          | fetched
download {"kind": "reset_after_read", "times": 3}                                              | fetched
download {"kind": "reply_lost", "times": 3}                                                    | fetched
download {"kind": "content_type"}                                                              | fetched
"#;

/// Faults at the head of a request, which cannot name a task: those of all tasks, now and then.
/// Downloads have few of them: with the three of its own, three more would end one.
const OF_ANY_TASK: [&str; 4] = [
    r#"{"kind": "reset_before_read", "action": "DescribeAigcVideoTask", "probability": 0.02}"#,
    r#"{"kind": "close_idle", "action": "DescribeAigcVideoTask", "probability": 0.02}"#,
    r#"{"kind": "reset_before_read", "action": "download", "probability": 0.02, "times": 2}"#,
    r#"{"kind": "close_idle", "action": "download", "probability": 0.02, "times": 2}"#,
];

/// A fault with the end of its task.
struct Case {
    rule: Value,
    end: &'static str,
}

fn cases() -> Vec<Case> {
    let case = |line: &'static str| {
        let (fault, end) = line.split_once('|').unwrap();
        let (action, rule) = fault.trim().split_once(' ').unwrap();
        let mut rule: Value = serde_json::from_str(rule).unwrap();
        rule["action"] = json!(action);
        Case {
            rule,
            end: end.trim(),
        }
    };
    FAULTS.trim().lines().map(case).collect()
}

impl Case {
    /// Returns the end of the task. Without the create, an unknown task ends the wait at once, and no
    /// other refusal ends it.
    fn end(&self, is_own: bool) -> &'static str {
        let is_unknown = self.rule["code"] == "ResourceNotFound.TaskNotFound";
        match self.end {
            end if is_own => end,
            _ if is_unknown => "not_found",
            "invalid_request" | "credentials" => "wait_timed_out",
            end => end,
        }
    }
}

fn fail(service: &Service, rule: &Value) {
    let request = Request::post("/_emulator/v1/faults");
    let request = request.body(Bytes::from(rule.to_string())).unwrap();
    let response = service.handle(request);
    assert_eq!(response.status(), 200, "{rule}: {:?}", response.body());
}

/// Creates a task, waits for it and fetches its result. Every second one is known by its id only, as
/// after a restart.
async fn fetch(task: Task<Video>, folder: &Path) -> Result<Vec<SavedFile>, Error> {
    let done = task
        .until_done_with(WaitOptions::new().timeout(TIMEOUT), |_| {})
        .await?;
    done.results().save_all(folder).await
}

/// Returns `fetched` or the kind of the error, which must name its task.
fn end_of(id: &str, result: &Result<Vec<SavedFile>, Error>) -> String {
    match result {
        Ok(files) => {
            assert_eq!(files.len(), 1);
            "fetched".to_owned()
        }
        Err(error) => {
            assert_eq!(error.task_id(), Some(id), "{error}");
            error.kind().to_string()
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_task_is_fetched_or_ends_with_the_right_error_under_every_fault() {
    let builder = Emulator::builder().seed(7);
    let service = builder
        .task_times(Duration::ZERO, Duration::from_secs(60))
        .service();
    let aigc = Aigc::from(service.client().unwrap().build().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let cases = cases();
    // One rule for each task: an emulator has at most 1,000.
    let tasks = 1_000 - OF_ANY_TASK.len();
    let mut waits = JoinSet::new();
    for (index, case) in (0..tasks).zip(cases.iter().cycle()) {
        let request = CreateAigcVideoTask::new().prompt(format!("clip {index}"));
        let own = aigc.video().create(&request).await.unwrap();
        let mut rule = case.rule.clone();
        rule["match"] = json!(own.id());
        fail(&service, &rule);
        let is_own = (index / cases.len()).is_multiple_of(2);
        let task = if is_own {
            own
        } else {
            aigc.video().task(own.id())
        };
        let folder = folder.path().to_owned();
        waits.spawn(async move {
            let result = fetch(task.clone(), &folder).await;
            (index, is_own, task.id().to_owned(), result)
        });
    }
    for rule in OF_ANY_TASK {
        fail(&service, &serde_json::from_str(rule).unwrap());
    }

    let mut wrong = BTreeMap::new();
    let (mut fetched, mut lengths) = (0, BTreeSet::new());
    while let Some(ended) = waits.join_next().await {
        let (index, is_own, id, result) = ended.unwrap();
        let case = &cases[index % cases.len()];
        let end = end_of(&id, &result);
        if end != case.end(is_own) {
            let text = result.err().map(|error| error.to_string());
            let case = format!("{} | {} (own: {is_own})", case.rule, case.end(is_own));
            wrong.insert(case, (end, text));
            continue;
        }
        let path = folder.path().join(format!("{id}.mp4"));
        assert_eq!(path.exists(), end == "fetched", "{}", case.rule);
        if let Ok(files) = result {
            let content = std::fs::read(path).unwrap();
            assert_eq!(files[0].bytes, content.len() as u64);
            lengths.insert(content.len());
        }
        fetched += usize::from(end == "fetched");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(lengths.len(), 1, "all results have one length: {lengths:?}");
    let rules = (0..tasks).map(|index| &cases[index % cases.len()].rule["kind"]);
    let counts = service.fault_counts();
    // A client that has adopted the clock of one skew is not refused by the others.
    let unused = rules
        .zip(&counts)
        .filter(|(kind, count)| **count == 0 && *kind != "skew");
    assert_eq!(unused.count(), 0, "every rule was applied");
    assert!(counts[tasks..].iter().all(|count| *count > 0));
    let files = std::fs::read_dir(&folder).unwrap();
    let visible = files.filter(|file| {
        let name = file.as_ref().unwrap().file_name();
        !name.to_string_lossy().starts_with('.')
    });
    assert_eq!(visible.count(), fetched);
}
