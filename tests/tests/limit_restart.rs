//! A process that is killed after it has used up a second, and its successor: the service must not
//! see both in one second, although the default limiter remembers nothing.
//!
//! The processes are real, and the emulator's log is judged. Each process makes as many creates as
//! one second allows, so that no delay of the machine can exceed the limit.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    env,
    process::{Child, Command, Stdio},
    time::Duration,
};

use mps_core::{
    Client,
    clock::{Clock as _, SystemClock, timeout},
    credentials::Credentials,
    endpoint::Endpoint,
};
use mps_emulator::{Emulator, Outcome};
use mps_models::CreateAigcVideoTask;
use mps_tests::{bounded, window::most_in_any_second};
use tokio::task::JoinSet;

const LIMIT: usize = 10;
const ENDPOINT: &str = "MPS_TEST_RESTART_ENDPOINT";
const SECRET_ID: &str = "MPS_TEST_RESTART_SECRET_ID";
const SECRET_KEY: &str = "MPS_TEST_RESTART_SECRET_KEY";
/// Far more than it takes on any machine.
const AT_MOST: Duration = Duration::from_secs(120);

/// Not a test: the program of the processes. Without their variables it returns at once.
#[tokio::test]
async fn worker() {
    let (Ok(endpoint), Ok(secret_id), Ok(secret_key)) = (
        env::var(ENDPOINT),
        env::var(SECRET_ID),
        env::var(SECRET_KEY),
    ) else {
        return;
    };
    let client = Client::builder()
        .credentials(Credentials::new(secret_id, secret_key))
        .endpoint(Endpoint::parse(&endpoint).unwrap())
        .build()
        .unwrap();
    let mut creates = JoinSet::new();
    for number in 0..LIMIT {
        let prompt = format!("take {number} of process {}", std::process::id());
        let (client, request) = (client.clone(), CreateAigcVideoTask::new().prompt(prompt));
        creates.spawn(async move { client.send(&request).await.unwrap() });
    }
    creates.join_all().await;
    // Until it is killed.
    std::future::pending::<()>().await;
}

/// A worker, killed when dropped.
struct Worker(Child);

impl Worker {
    fn start(emulator: &Emulator) -> Self {
        let child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "worker"])
            .env(ENDPOINT, emulator.endpoint())
            .env(SECRET_ID, emulator.secret_id())
            .env(SECRET_KEY, emulator.secret_key())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn();
        Self(child.unwrap())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = bounded::kill(&mut self.0);
    }
}

async fn wait_for_requests(emulator: &Emulator, count: usize) {
    let clock = SystemClock::new();
    let arrive = async {
        while emulator.requests().len() < count {
            clock.sleep(Duration::from_millis(1)).await;
        }
    };
    let arrived = timeout(&clock, AT_MOST, arrive).await;
    assert!(arrived.is_some(), "{} requests", emulator.requests().len());
}

#[tokio::test]
async fn a_process_killed_in_a_busy_second_and_its_successor_keep_the_limit_together() {
    let emulator = Emulator::start().await.unwrap();
    for process in 1..=3 {
        let worker = Worker::start(&emulator);
        wait_for_requests(&emulator, process * LIMIT).await;
        drop(worker);
    }
    let requests = emulator.requests();
    let arrivals: Vec<_> = requests.iter().map(|request| request.at_us).collect();
    assert!(most_in_any_second(&arrivals) <= LIMIT, "{arrivals:?}");
    let executed = requests
        .iter()
        .filter(|request| request.outcome == Outcome::Executed);
    assert_eq!(executed.count(), 3 * LIMIT);
    assert_eq!(emulator.bill().creates, 3 * 10);
}
