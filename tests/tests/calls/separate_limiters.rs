//! Processes that share an account but not a limiter: throttled creates wait for their turn.

use std::time::Duration;

use mps_core::{Client, Error};
use mps_emulator::{Emulator, Service};
use mps_models::CreateAigcVideoTask;
use tokio::task::JoinSet;

use crate::support::request;

const PROCESSES: usize = 40;

fn service() -> Service {
    Emulator::builder()
        .task_times(Duration::ZERO, Duration::ZERO)
        .service()
}

/// A client with a limiter of its own, as a separate process has.
fn process(service: &Service) -> Client {
    service.client().unwrap().build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn all_of_them_create_within_their_deadline() {
    for round in 0..5 {
        let service = service();
        let clock = process(&service).clock().clone();
        let began = clock.monotonic();
        let mut creates: JoinSet<Result<u32, Error>> = JoinSet::new();
        for number in 0..PROCESSES {
            let client = process(&service);
            let request = CreateAigcVideoTask::new().prompt(format!("cat {number}"));
            creates.spawn(async move { Ok(client.send(&request).await?.attempts) });
        }
        let attempts: Vec<_> = creates.join_all().await;
        let failed: Vec<_> = attempts
            .iter()
            .filter_map(|one| one.as_ref().err())
            .collect();
        assert!(failed.is_empty(), "round {round}: {failed:?}");
        let bill = service.bill();
        assert_eq!((bill.creates, bill.duplicates), (PROCESSES as u64, 0));
        let took = clock.monotonic().saturating_sub(began);
        assert!(took < Duration::from_secs(60), "round {round}: {took:?}");
    }
}

/// Proves that the test above has something to wait for.
#[tokio::test(start_paused = true)]
async fn the_service_throttles_them() {
    let service = service();
    let mut creates: JoinSet<u32> = JoinSet::new();
    for _ in 0..PROCESSES {
        let client = process(&service);
        creates.spawn(async move { client.send(&request()).await.unwrap().attempts });
    }
    let attempts: u32 = creates.join_all().await.into_iter().sum();
    assert!(
        attempts > 50,
        "only {attempts} attempts: nothing was throttled"
    );
}
