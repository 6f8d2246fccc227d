//! Watches of many tasks over one client, in virtual time.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use mps_aigc::{
    AccountHash, Aigc, Credentials, ErrorKind, Event, PollSettings, TaskFamily, TaskHandle,
    WaitOptions,
    core::{
        BoxFuture,
        clock::{SharedClock, SystemClock, timeout},
        limit::Account,
        transport::{RequestBody, ResponseBody, Transport, TransportError},
    },
};

/// A service that answers after 50 ms: tasks whose id is a number are done at that second.
#[derive(Clone)]
struct Service {
    clock: SharedClock,
    latency: Duration,
    polls: Arc<Mutex<Vec<(Duration, String)>>>,
}

impl Service {
    fn new() -> Self {
        Self {
            clock: SystemClock::shared(),
            latency: Duration::from_millis(50),
            polls: Arc::default(),
        }
    }

    fn aigc(&self) -> Aigc {
        let builder = Aigc::builder()
            .credentials(Credentials::new("id", "key"))
            .clock(self.clock.clone())
            .transport(self.clone());
        Aigc::from_builder(builder).unwrap()
    }

    fn polls(&self) -> Vec<(Duration, String)> {
        self.polls.lock().unwrap().clone()
    }

    fn answer(&self, id: &str) -> String {
        let done_at = id
            .split('-')
            .next()
            .unwrap_or(id)
            .parse()
            .map(Duration::from_secs);
        let is_done = done_at.is_ok_and(|at| at <= self.clock.monotonic());
        let task = match (id, is_done) {
            ("broken", _) => return error("InternalError"),
            ("unknown", _) => return error("ResourceNotFound.TaskNotFound"),
            (_, true) => r#""Status":"DONE","VideoUrls":["https://b.example/0.mp4"]"#,
            (_, false) => r#""Status":"RUN""#,
        };
        format!(r#"{{"Response":{{{task},"RequestId":"r"}}}}"#)
    }
}

fn error(code: &str) -> String {
    format!(r#"{{"Response":{{"Error":{{"Code":"{code}","Message":""}},"RequestId":"r"}}}}"#)
}

impl Transport for Service {
    fn send(
        &self,
        request: http::Request<RequestBody>,
    ) -> BoxFuture<'_, Result<http::Response<ResponseBody>, TransportError>> {
        Box::pin(async move {
            let body = request.into_body().into_bytes();
            let body: BTreeMap<String, String> = serde_json::from_slice(&body).unwrap();
            let id = body["TaskId"].clone();
            self.polls
                .lock()
                .unwrap()
                .push((self.clock.monotonic(), id.clone()));
            if !self.latency.is_zero() {
                self.clock.sleep(self.latency).await;
            }
            Ok(http::Response::new(ResponseBody::from(Bytes::from(
                self.answer(&id),
            ))))
        })
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Service")
    }
}

fn handle(id: impl Into<String>) -> TaskHandle {
    TaskHandle::new(TaskFamily::Video, id.into())
}

/// Returns the largest number of polls in any second.
fn most_in_a_second(polls: &[(Duration, String)]) -> usize {
    let in_second = |start: usize| {
        let end = polls[start].0 + Duration::from_secs(1);
        polls[start..]
            .iter()
            .take_while(|(at, _)| *at < end)
            .count()
    };
    (0..polls.len()).map(in_second).max().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn a_status_beside_two_thousand_waits_is_answered_within_200_ms() {
    let service = Service::new();
    let aigc = service.aigc();
    let mut waits = tokio::task::JoinSet::new();
    for task in 0..2_000 {
        let task = aigc.video().task(format!("9999-{task}"));
        waits.spawn(async move { task.until_done().await.map(drop) });
    }
    for _ in 0..20 {
        service.clock.sleep(Duration::from_millis(730)).await;
        let asked = service.clock.monotonic();
        aigc.video().task("9999").status().await.unwrap();
        let took = service.clock.monotonic().abs_diff(asked);
        assert!(took < Duration::from_millis(200), "{took:?}");
    }
    assert!(service.polls().len() > 500);
    assert!(most_in_a_second(&service.polls()) <= 50);
}

#[tokio::test(start_paused = true)]
async fn a_hundred_thousand_tasks_need_300_bytes_each_and_stay_within_the_budget() {
    const TASKS: usize = 100_000;
    let service = Service::new();
    let aigc = service.aigc();
    let account = Account::from_name("team-video");
    let created = service.clock.wall();
    // The first watch of a client allocates what does not depend on the number of tasks.
    drop(aigc.watch_all([handle("9999")]));
    let mut watched = None;
    let info = allocation_counter::measure(|| {
        let handles: Vec<_> = (0..TASKS)
            .map(|task| {
                handle(format!(
                    "9999-AigcVideo-0f1e2d3c4b5a69788796a5b4c3{task:06}"
                ))
                .with_model("Kling", Some("2.6"))
                .with_seconds(5)
                .with_created_at(created)
                .with_account(&account)
            })
            .collect();
        watched = Some(aigc.watch_all(handles));
    });
    let bytes = usize::try_from(info.bytes_current).unwrap() / TASKS;
    println!("{bytes} bytes a task");
    assert!(bytes <= 300, "{bytes}");

    let mut events = watched.unwrap();
    let read = async {
        while let Some(event) = events.next().await {
            assert_eq!(event.task().account_hash(), Some(AccountHash::of(&account)));
        }
    };
    let _elapsed = timeout(&*service.clock, Duration::from_secs(30), read).await;
    let polls = service.polls();
    assert!((1_100..=1_200).contains(&polls.len()), "{}", polls.len());
    assert!((38..=40).contains(&most_in_a_second(&polls)));
}

#[tokio::test(start_paused = true)]
async fn a_share_of_the_budget_can_be_set_while_tasks_are_watched() {
    let service = Service::new();
    let aigc = service
        .aigc()
        .with_polling(PollSettings::new().budget(20.0));
    let tasks: Vec<_> = (0..500)
        .map(|task| handle(format!("9999-{task}")))
        .collect();
    let mut events = aigc.watch_all(tasks);
    let mut read = async |seconds| {
        let read = async { while events.next().await.is_some() {} };
        let _elapsed = timeout(&*service.clock, Duration::from_secs(seconds), read).await;
        std::mem::take(&mut *service.polls.lock().unwrap()).len()
    };
    assert!((190..=201).contains(&read(10).await));
    aigc.share_poll_budget(4);
    assert!((47..=51).contains(&read(10).await));
}

#[tokio::test(start_paused = true)]
async fn tasks_of_a_watch_end_as_they_finish_and_the_durations_are_learned() {
    let service = Service::new();
    let aigc = service.aigc();
    let created = service.clock.wall();
    let kling = |id: &str| {
        handle(id)
            .with_model("Kling", None)
            .with_created_at(created)
    };
    let tasks = ["60-a", "unknown", "30-b", "60-c", "60-d", "60-e"].map(kling);
    let mut outcomes = aigc.wait_all(tasks);
    let mut seen = Vec::new();
    while let Some((task, outcome)) = outcomes.next().await {
        let outcome = outcome.map(|results| results.files.len());
        seen.push((task.id().to_owned(), outcome.map_err(|error| error.kind())));
    }
    assert_eq!(seen[0], ("unknown".to_owned(), Err(ErrorKind::NotFound)));
    assert_eq!(seen[1], ("30-b".to_owned(), Ok(1)));
    assert_eq!(seen.len(), 6);
    let elapsed = service.clock.monotonic().as_secs_f64();
    assert!((60.0..70.0).contains(&elapsed), "{elapsed}");

    let later = kling("later").with_created_at(service.clock.wall());
    let eta = aigc.estimate(&later).unwrap();
    assert!((50..70).contains(&eta.p50.as_secs()), "{eta:?}");
    // A new client with what was learned does not poll in the first seconds.
    let learned = service
        .aigc()
        .with_polling(PollSettings::new().curves(aigc.curves()));
    let again = learned.estimate(&later).unwrap();
    assert!(again.p50.abs_diff(eta.p50) < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn events_tell_the_status_trouble_and_the_end_of_a_task() {
    let service = Service::new();
    let aigc = service.aigc();
    let options = WaitOptions::new().timeout(Duration::from_secs(20));
    let mut events = aigc.watch_all_with(["5", "broken"].map(handle), &options);
    let mut seen = Vec::new();
    while let Some(event) = events.next().await {
        let json = serde_json::to_value(&event).unwrap();
        assert_eq!(json["task"]["id"], event.task().id());
        let name = json["event"].as_str().unwrap().to_owned();
        seen.push(format!("{} {name}", event.task().id()));
        if let Event::PollTrouble { since, .. } = event {
            assert!(since < Duration::from_secs(20));
        }
        if let Event::Failed { error, .. } = event {
            assert_eq!(error.kind(), ErrorKind::WaitTimedOut);
            assert_eq!(error.task_id(), Some("broken"));
            assert!(std::error::Error::source(&error).is_some());
        }
    }
    let of = |id: &str| {
        let of = seen.iter().filter_map(|line| line.strip_prefix(id));
        of.map(str::trim).collect::<Vec<_>>()
    };
    assert_eq!(of("5 "), ["running", "ended", "done"]);
    let broken = of("broken ");
    assert!(broken.len() > 3, "{broken:?}");
    assert!(
        broken[..broken.len() - 1]
            .iter()
            .all(|name| *name == "poll_trouble")
    );
    assert_eq!(broken[broken.len() - 1], "failed");
    assert_eq!(service.clock.monotonic().as_secs(), 20);
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_is_dropped_stops_its_polling_and_nothing_else() {
    let service = Service::new();
    let aigc = service.aigc();
    let dropped = aigc.watch_all((0..50).map(|task| handle(format!("9999-{task}"))));
    let kept = aigc.video().task("100");
    let kept =
        tokio::spawn(async move { kept.until_done().await.map(|done| done.id().to_owned()) });
    service.clock.sleep(Duration::from_secs(20)).await;
    drop(dropped);
    service.polls.lock().unwrap().clear();
    assert_eq!(kept.await.unwrap().unwrap(), "100");
    let polls = service.polls();
    assert!(
        !polls.is_empty() && polls.iter().all(|(_, id)| id == "100"),
        "{polls:?}"
    );
    // Without a watch nothing is polled.
    service.polls.lock().unwrap().clear();
    service.clock.sleep(Duration::from_secs(3_600)).await;
    assert!(service.polls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_does_not_stop_the_polls() {
    let service = Service::new();
    let aigc = service.aigc();
    let mut events = aigc.watch_all(["10", "20"].map(handle));
    assert!(events.next().await.is_some());
    service.clock.sleep(Duration::from_secs(60)).await;
    let before = service.polls().len();
    while events.next().await.is_some() {}
    assert_eq!(service.polls().len(), before);
}

/// The driver is a task of the runtime in which a watch is read first.
#[test]
fn a_watch_goes_on_when_the_runtime_of_another_one_ends() {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let (first, second) = (runtime(), runtime());
    let service = Service {
        latency: Duration::ZERO,
        ..Service::new()
    };
    let aigc = service.aigc();
    let (mut one, mut other) = (
        aigc.watch_all([handle("9999")]),
        aigc.watch_all([handle("0")]),
    );
    assert_eq!(first.block_on(one.next()).unwrap().task().id(), "9999");
    drop(first);
    assert_eq!(second.block_on(other.next()).unwrap().task().id(), "0");
}

#[tokio::test(start_paused = true)]
async fn an_id_that_preflight_refuses_ends_the_wait_at_once() {
    let service = Service::new();
    let asked = service.clock.monotonic();
    let task = service.aigc().video().task("");
    let error = task.until_done().await.unwrap_err();
    assert_ne!(error.kind(), ErrorKind::WaitTimedOut, "{error}");
    assert!(service.clock.monotonic() < asked + Duration::from_secs(5));
    assert!(service.polls().is_empty());
}
