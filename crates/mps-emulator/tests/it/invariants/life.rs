//! An emulator that lives through steps, and what is known of it beside what it says.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use mps_core::clock::{Clock, TestClock, unix_seconds};
use mps_emulator::{Emulator, Outcome, RateLimit, ResultState, Service, Snapshot, TaskFamily};
use serde_json::{Value, json};

use super::step::Step;
use crate::{
    call::{Call, START, answer, code},
    families::FAMILIES,
};

const ENDINGS: [&str; 4] = ["", "", "[emulator:fail]", "[emulator:stop]"];
const TOO_MANY: &str = "RequestLimitExceeded";

pub(super) struct Life {
    service: Service,
    clock: TestClock,
    flavour: RateLimit,
    concurrency: Option<usize>,
    ids: HashSet<String>,
    /// The words in which tasks have ended.
    ended: HashMap<String, String>,
    /// Calls the limits let through, by action, in microseconds of the request log.
    admitted: HashMap<&'static str, Vec<u64>>,
    refused: usize,
}

/// How much there was to check.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) tasks: usize,
    pub(super) ended: usize,
    pub(super) refused: usize,
    pub(super) available: usize,
}

impl Life {
    pub(super) fn new(flavour: RateLimit, concurrency: Option<usize>) -> Self {
        let clock = TestClock::new(START);
        Self {
            service: service(&clock, flavour, concurrency, 1),
            clock,
            flavour,
            concurrency,
            ids: HashSet::new(),
            ended: HashMap::new(),
            admitted: HashMap::new(),
            refused: 0,
        }
    }

    pub(super) fn take(&mut self, step: &Step) {
        let time = self.service.clock();
        match *step {
            Step::Create {
                family,
                count,
                ending,
            } => self.create(family, count, ending),
            Step::Describe { task } => self.describe(task),
            Step::List => drop(self.call("DescribeAigcTaskList", &json!({}))),
            Step::Pass { ms } => self.clock.advance(Duration::from_millis(ms)),
            Step::Advance { seconds } => time.advance(Duration::from_secs(seconds)),
            Step::Rate { rate } => time.set_rate(rate).unwrap(),
            Step::Freeze => time.freeze(),
            Step::Resume => time.resume(),
            Step::Restart { away_ms } => self.restart(Duration::from_millis(away_ms)),
        }
    }

    fn create(&mut self, family: usize, count: usize, ending: usize) {
        let family = &FAMILIES[family % FAMILIES.len()];
        let marker = ENDINGS[ending % ENDINGS.len()];
        let is_classic = family.describe != crate::families::STATUS;
        let marker = if is_classic && marker.contains("stop") {
            ""
        } else {
            marker
        };
        for _ in 0..count {
            let created = self.call(family.create, &(family.request)(&format!("a {marker}")));
            match created["TaskId"].as_str() {
                Some(id) => assert!(self.ids.insert(id.to_owned()), "{id} came twice"),
                None => self.refused += 1,
            }
        }
    }

    fn describe(&mut self, number: usize) {
        let tasks = self.service.tasks();
        let task = tasks.get(number);
        let action = match task.map(|task| task.family) {
            Some(TaskFamily::Image) => "DescribeAigcImageTask",
            Some(TaskFamily::Audio) => "DescribeAigcAudioTask",
            Some(TaskFamily::Scenario) => "DescribeAigcTaskStatus",
            _ => "DescribeAigcVideoTask",
        };
        let id = task.map_or("nobody", |task| &task.task_id);
        let told = self.call(action, &json!({ "TaskId": id }));
        match task {
            _ if code(&told) == TOO_MANY => (),
            None => assert_eq!(code(&told), "ResourceNotFound.TaskNotFound"),
            Some(task) => {
                let status = told["Status"].as_str().or(told["TaskStatus"].as_str());
                assert_eq!(status, Some(task.status.as_str()), "{told}");
            }
        }
    }

    /// Calls at the service's own time, and notes whether the limits let it through.
    fn call(&mut self, action: &'static str, body: &Value) -> Value {
        let now = unix_seconds(self.service.clock().wall());
        let call = Call::new(&self.service, action, body.to_string()).at(now);
        let at = self.service.clock().state().monotonic_us;
        let answer = answer(&self.service, call.request());
        let message = answer["Error"]["Message"].as_str().unwrap_or_default();
        let is_about_tasks = message.contains("maximum concurrency");
        if code(&answer) != TOO_MANY || is_about_tasks {
            self.admitted.entry(action).or_default().push(at);
        }
        answer
    }

    /// The state goes to another emulator by way of its text; the machine it runs on counts its
    /// monotonic time from elsewhere.
    fn restart(&mut self, away: Duration) {
        let text = self.service.snapshot().to_json();
        let wall = self.clock.wall() + away;
        let since = wall.duration_since(std::time::UNIX_EPOCH).unwrap();
        let whole = since.as_secs();
        self.clock = TestClock::new(whole);
        self.clock
            .advance(since.saturating_sub(Duration::from_secs(whole)));
        self.service = service(&self.clock, self.flavour, self.concurrency, 2);
        self.service
            .restore(Snapshot::from_json(text.as_bytes()).unwrap());
    }

    pub(super) fn check(&mut self) {
        self.check_endings();
        self.check_bill();
        self.check_limits();
        self.check_results();
    }

    fn check_endings(&mut self) {
        for task in self.service.tasks() {
            assert!(
                self.ids.contains(&task.task_id),
                "nobody made {}",
                task.task_id
            );
            if let Some(before) = self.ended.get(&task.task_id) {
                assert_eq!(before, &task.status, "{} went on", task.task_id);
            } else if task.is_final {
                self.ended.insert(task.task_id, task.status);
            }
        }
    }

    fn check_bill(&self) {
        let bill = self.service.bill();
        let requests = self.service.requests();
        let executed = requests.iter().filter(|request| {
            request.outcome == Outcome::Executed && request.action.starts_with("Create")
        });
        let created = u64::try_from(self.ids.len()).unwrap();
        assert_eq!(bill.creates, created);
        assert_eq!(u64::try_from(executed.count()).unwrap(), created);
        let billed: HashSet<String> = bill.items.iter().map(|item| item.task_id.clone()).collect();
        assert_eq!(billed, self.ids);
    }

    /// By brute force: every second that begins with a start.
    fn check_limits(&self) {
        for (action, starts) in &self.admitted {
            let limit = mps_models::action(action).unwrap().rate_limit;
            let limit = usize::try_from(limit).unwrap();
            let most = match self.flavour {
                RateLimit::FixedWindow => 2 * limit,
                RateLimit::TokenBucket => 2 * limit - 1,
                _ => limit,
            };
            for from in starts {
                let second = *from..*from + 1_000_000;
                let held = starts.iter().filter(|at| second.contains(*at)).count();
                assert!(held <= most, "{held} starts of {action} in a second");
            }
        }
    }

    fn check_results(&self) {
        let now = self.service.clock().state().virtual_us;
        for task in self.service.tasks() {
            let hours = if task.family == TaskFamily::Scenario {
                7 * 24
            } else {
                12
            };
            let end = task.created_us + task.wait_us + task.run_us;
            let expected = match task.status.as_str() {
                "DONE" | "FINISHED" if now >= end + hours * 3_600_000_000 => ResultState::Expired,
                "DONE" | "FINISHED" => ResultState::Available,
                _ => ResultState::Missing,
            };
            assert_eq!(task.result, expected, "{task:?} at {now}");
            assert_eq!(task.urls.is_empty(), expected == ResultState::Missing);
        }
    }

    /// What the storage itself says.
    pub(super) fn check_files(&self) {
        for task in self.service.tasks() {
            let status = match task.result {
                ResultState::Available => 200,
                ResultState::Expired => 403,
                _ => 404,
            };
            let extension = match task.family {
                TaskFamily::Image => "png",
                TaskFamily::Audio => "mp3",
                _ => "mp4",
            };
            let path = format!("/results/{}/0.{extension}", task.task_id);
            let request = http::Request::head(path).body(bytes::Bytes::new()).unwrap();
            assert_eq!(self.service.handle(request).status(), status, "{task:?}");
        }
    }

    pub(super) fn seen(&self) -> Seen {
        let tasks = self.service.tasks();
        let is_there = |result| result == ResultState::Available;
        Seen {
            tasks: tasks.len(),
            ended: self.ended.len(),
            refused: self.refused,
            available: tasks.iter().filter(|task| is_there(task.result)).count(),
        }
    }
}

fn service(
    clock: &TestClock,
    flavour: RateLimit,
    concurrency: Option<usize>,
    seed: u64,
) -> Service {
    let clock = Arc::new(clock.clone());
    let builder = Emulator::builder()
        .clock(clock)
        .seed(seed)
        .rate_limit(flavour);
    match concurrency {
        Some(most) => builder.concurrency(most).service(),
        None => builder.service(),
    }
}
