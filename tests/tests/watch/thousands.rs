//! Thousands of tasks from a snapshot, in virtual time.

use std::{collections::HashMap, time::Duration};

use bytes::Bytes;
use http::Request;
use mps_aigc::{Aigc, SavedFile, TaskFamily, TaskHandle, Video};
use mps_emulator::{Emulator, Service, Snapshot};
use mps_models::CreateAigcVideoTask;
use sha2::{Digest as _, Sha256};
use tokio::task::JoinSet;

use crate::long::repetitions;

/// The time that every task takes.
const RENDER_TIME: Duration = Duration::from_secs(240);

/// Returns a service whose clock is frozen with running tasks, as a snapshot, and their handles.
async fn snapshot(tasks: usize) -> (String, Vec<TaskHandle>) {
    let builder = Emulator::builder().task_times(Duration::ZERO, RENDER_TIME);
    let service = builder.service();
    service.clock().freeze();
    let aigc = Aigc::from(service.client().unwrap().build().unwrap());
    let mut handles = Vec::new();
    for index in 0..tasks {
        let request = CreateAigcVideoTask::new()
            .prompt(format!("clip {index}"))
            .duration(5 + i64::try_from(index % 6).unwrap());
        let task = aigc.video().create(&request).await.unwrap();
        handles.push(TaskHandle::new(TaskFamily::Video, task.id()));
    }
    (service.snapshot().to_json(), handles)
}

/// Returns the SHA-256 of the file at a path, as the service has it.
fn sha256(service: &Service, path: &str) -> String {
    let request = Request::get(path).body(Bytes::new()).unwrap();
    hex::encode(Sha256::digest(service.handle(request).body()))
}

/// Every task is found done, fetched and verified, from handles alone.
#[tokio::test(start_paused = true)]
async fn thousands_of_restored_tasks_are_found_done_fetched_and_verified() {
    let tasks = repetitions(1_000, 10_000);
    let (snapshot, handles) = snapshot(tasks).await;
    let service = Emulator::builder().service();
    service.restore(Snapshot::from_json(snapshot.as_bytes()).unwrap());
    let running = service
        .tasks()
        .into_iter()
        .filter(|task| task.status == "RUN");
    assert_eq!(running.count(), tasks);

    let aigc = Aigc::from(service.client().unwrap().build().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let mut waits = JoinSet::new();
    for handle in handles {
        let task = aigc.task(handle).typed::<Video>().unwrap();
        let path = folder.path().to_owned();
        waits.spawn(async move {
            let done = task.until_done().await?;
            Ok::<_, mps_aigc::Error>((task.id().to_owned(), done.results().save_all(path).await?))
        });
    }
    service.clock().resume();
    let mut fetched = HashMap::<String, SavedFile>::new();
    while let Some(ended) = waits.join_next().await {
        let (id, files) = ended.unwrap().unwrap();
        let [file] = <[SavedFile; 1]>::try_from(files).unwrap();
        assert!(fetched.insert(id, file).is_none(), "fetched twice");
    }

    assert_eq!(fetched.len(), tasks);
    let mut known = HashMap::new();
    for task in service.tasks() {
        let path = task.urls[0].strip_prefix(service.endpoint()).unwrap();
        let file = &fetched[&task.task_id];
        // Tasks of one duration have the same file.
        let expected = known
            .entry(task.seconds)
            .or_insert_with(|| sha256(&service, path));
        assert_eq!(file.sha256, *expected);
        assert_eq!(std::fs::metadata(&file.path).unwrap().len(), file.bytes);
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), tasks);
    let most = most_polls_in_a_second(&service);
    assert!(most <= 50, "{most} polls in a second");
}

/// The requests are listed in the order of their arrival.
fn most_polls_in_a_second(service: &Service) -> usize {
    let requests = service.requests().into_iter();
    let polls = requests.filter(|request| request.action == "DescribeAigcVideoTask");
    let times: Vec<u64> = polls.map(|request| request.at_us).collect();
    let mut from = 0;
    let within = times.iter().enumerate().map(|(last, at)| {
        while times[from] + 1_000_000 <= *at {
            from += 1;
        }
        last + 1 - from
    });
    within.max().unwrap_or_default()
}
