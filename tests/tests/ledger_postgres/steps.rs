//! A workflow engine that runs a step again and again, on several hosts at once: one task, one bill.

use std::time::Duration;

use futures_util::future::join_all;
use mps_aigc::Aigc;
use mps_core::clock::{Clock as _, SystemClock};
use mps_emulator::Emulator;
use mps_jobs::{Jobs, Key, Step};
use mps_models::CreateAigcVideoTask;
use mps_tests::postgres::PostgresServer;

use crate::store::{new_host, new_location};

/// Repeats the step until it is more than still running.
async fn outcome(jobs: &Jobs, aigc: &Aigc, key: &Key) -> Step {
    for _ in 0..60 {
        let request = CreateAigcVideoTask::new()
            .model_name("Hunyuan")
            .model_version("1.5")
            .prompt("a cat");
        match jobs.step(aigc, key, request).await.unwrap() {
            Step::StillRunning => SystemClock::new().sleep(Duration::from_millis(500)).await,
            step => return step,
        }
    }
    panic!("still running");
}

#[tokio::test]
async fn a_step_that_three_hosts_repeat_is_one_task() {
    let Some(server) = PostgresServer::shared().unwrap() else {
        return;
    };
    let service = Emulator::builder()
        .task_times(Duration::ZERO, Duration::ZERO)
        .service();
    let location = new_location(&server.url());
    let folder = tempfile::tempdir().unwrap();
    let hosts = join_all((0..3).map(|host| {
        let (plain, _) = location.split_once("&seal=").unwrap();
        let location = format!("{plain}&seal={}", new_host().display());
        let out = folder.path().join(host.to_string());
        let service = service.clone();
        async move {
            std::fs::create_dir(&out).unwrap();
            let aigc = Aigc::from_builder(service.client().unwrap()).unwrap();
            let jobs = Jobs::open(&location).await.unwrap();
            // Keys of one account, though each host has a client of its own.
            (jobs.account("team").folder(out), aigc)
        }
    }))
    .await;
    let key: Key = "workflow-7".parse().unwrap();
    for _ in 0..2 {
        let steps = hosts.iter().map(|(jobs, aigc)| outcome(jobs, aigc, &key));
        for step in join_all(steps).await {
            assert!(matches!(step, Step::Done(_)), "{step:?}");
        }
    }
    let bill = service.bill();
    assert_eq!((bill.creates, bill.duplicates), (1, 0));
}
