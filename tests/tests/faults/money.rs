//! Every fault rule × {create, wait, download}: what the library reports agrees with the bill.

use std::{path::Path, time::Duration};

use http::StatusCode;
use mps_aigc::{Aigc, Error, Task, Video, WaitOptions};
use mps_emulator::{Emulator, Service};
use mps_models::CreateAigcVideoTask;
use serde_json::{Value, json};

use crate::{support::control, table};

/// A service and a client on tokio's paused clock.
fn start() -> (Service, Aigc) {
    let service = Emulator::builder().service();
    let client = service.client().unwrap().build().unwrap();
    (service, Aigc::from(client))
}

/// Returns every rule of the fault table, for one request and for every request.
fn rules() -> Vec<Value> {
    let times = [json!(1), Value::Null];
    let rules = table::rules().into_iter().flat_map(|rule| {
        times.clone().map(|times| {
            let mut rule = rule.clone();
            rule["times"] = times;
            rule
        })
    });
    rules.collect()
}

/// Adds a rule for one action; returns `false` if the fault kind does not apply to that action.
fn add(service: &Service, mut rule: Value, action: &str) -> bool {
    rule["action"] = action.into();
    let (status, _) = control(service, http::Method::POST, "faults", &rule);
    status == StatusCode::OK
}

async fn create(aigc: &Aigc) -> Result<Task<Video>, Error> {
    let request = CreateAigcVideoTask::new().prompt("a cat");
    aigc.video().create(&request).await
}

#[tokio::test(start_paused = true)]
async fn a_failed_create_is_in_doubt_or_not_billed() {
    let mut outcomes = [0; 3];
    for rule in rules() {
        let (service, aigc) = start();
        assert!(add(&service, rule.clone(), "CreateAigcVideoTask"), "{rule}");
        let created = create(&aigc).await;
        let bill = service.bill();
        assert_eq!(bill.duplicates, 0, "{rule}");
        let outcome = match created {
            Ok(task) => {
                assert_eq!(bill.creates, 1, "{rule}");
                assert!(!task.id().is_empty(), "{rule}");
                0
            }
            Err(error) if error.in_doubt() => {
                assert!(bill.creates <= 1, "{rule}: {error}");
                1
            }
            Err(error) => {
                assert_eq!(bill.creates, 0, "{rule}: {error}");
                2
            }
        };
        outcomes[outcome] += 1;
    }
    // Each outcome occurs, so none of the branches is untested.
    assert!(outcomes.iter().all(|count| *count > 0), "{outcomes:?}");
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_ends_names_the_task_and_creates_nothing() {
    let mut failed = 0;
    for rule in rules() {
        let (service, aigc) = start();
        let task = create(&aigc).await.unwrap();
        assert!(
            add(&service, rule.clone(), "DescribeAigcVideoTask"),
            "{rule}"
        );
        let options = WaitOptions::new().timeout(Duration::from_secs(3_600));
        if let Err(error) = task.until_done_with(options, |_| {}).await {
            assert_eq!(error.task_id(), Some(task.id()), "{rule}: {error}");
            assert!(!error.in_doubt(), "{rule}: {error}");
            failed += 1;
        }
        let bill = service.bill();
        assert_eq!((bill.creates, bill.duplicates), (1, 0), "{rule}");
        // The task can be continued once the fault is gone.
        service.clear_faults();
        let done = aigc.video().task(task.id()).until_done().await;
        assert!(done.is_ok(), "{rule}: {:?}", done.err());
    }
    assert!(failed > 0);
}

#[tokio::test(start_paused = true)]
async fn a_download_that_fails_names_the_task_and_leaves_no_file() {
    let mut failed = 0;
    for rule in rules() {
        let (service, aigc) = start();
        let done = create(&aigc).await.unwrap().until_done().await.unwrap();
        if !add(&service, rule.clone(), "download") {
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cat.mp4");
        match done.results().save_all(&path).await {
            Ok(files) => assert_eq!(whole(&path), Some(files[0].bytes), "{rule}"),
            Err(error) => {
                assert_eq!(error.task_id(), Some(done.id()), "{rule}: {error}");
                assert_eq!(whole(&path), None, "{rule}: {error}");
                failed += 1;
            }
        }
        let bill = service.bill();
        assert_eq!((bill.creates, bill.duplicates), (1, 0), "{rule}");
    }
    assert!(failed > 0);
}

/// Returns the size of the file under its final name, or `None` if there is none.
fn whole(path: &Path) -> Option<u64> {
    std::fs::metadata(path).ok().map(|file| file.len())
}
