//! An emulator that runs through a sequence of steps, and the expectations about it.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use http::Request;
use mps_core::clock::{Clock, TestClock};
use mps_emulator::{Emulator, Fault, RateLimit, ResultState, Service, Snapshot, TaskFamily};
use serde_json::{Value, json};

use super::{
    calls::{Asked, Heard},
    step::Step,
    wire::Wire,
};
use crate::{
    call::START,
    families::{FAMILIES, STATUS},
};

const ENDINGS: [&str; 4] = ["", "", "[emulator:fail]", "[emulator:stop]"];

pub(super) struct Sequence {
    service: Service,
    wire: Wire,
    clock: TestClock,
    flavour: RateLimit,
    concurrency: Option<usize>,
    /// The calls of this step, with their answers.
    heard: Vec<Heard>,
    /// The number of checked requests of the log.
    logged: usize,
    ids: HashSet<String>,
    /// The status of each task at the last check.
    statuses: HashMap<String, String>,
    /// Calls the limits let through, by action, in microseconds of the request log.
    admitted: HashMap<&'static str, Vec<u64>>,
    refused: usize,
    unheard: usize,
    /// The number of requests affected by rules that were cleared since.
    struck_before: u32,
}

/// Counts of checked items.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) tasks: usize,
    pub(super) ended: usize,
    pub(super) refused: usize,
    pub(super) unheard: usize,
    pub(super) available: usize,
    pub(super) struck: u32,
}

impl Sequence {
    pub(super) fn new(flavour: RateLimit, concurrency: Option<usize>) -> Self {
        let clock = TestClock::new(START).auto_advance();
        let service = service(&clock, flavour, concurrency, 1);
        Self {
            wire: Wire::new(service.clone()),
            service,
            clock,
            flavour,
            concurrency,
            heard: Vec::new(),
            logged: 0,
            ids: HashSet::new(),
            statuses: HashMap::new(),
            admitted: HashMap::new(),
            refused: 0,
            unheard: 0,
            struck_before: 0,
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
            Step::List => self.call("DescribeAigcTaskList", &json!({}), Asked::Else),
            Step::Pass { ms } => self.clock.advance(Duration::from_millis(ms)),
            Step::Advance { seconds } => time.advance(Duration::from_secs(seconds)),
            Step::Rate { rate } => time.set_rate(rate).unwrap(),
            Step::Freeze => time.freeze(),
            Step::Resume => time.resume(),
            Step::Restart { away_ms } => self.restart(Duration::from_millis(away_ms)),
            Step::Fail { ref rule } => self.fail(rule.clone()),
            Step::Clear => self.clear(),
        }
    }

    fn create(&mut self, family: usize, count: usize, ending: usize) {
        let family = &FAMILIES[family % FAMILIES.len()];
        let marker = ENDINGS[ending % ENDINGS.len()];
        let is_classic = family.describe != STATUS;
        let marker = if is_classic && marker.contains("stop") {
            ""
        } else {
            marker
        };
        for _ in 0..count {
            let request = (family.request)(&format!("a {marker}"));
            self.call(family.create, &request, Asked::Create);
        }
    }

    fn describe(&mut self, number: usize) {
        let tasks = self.service.tasks();
        let task = tasks.get(number);
        let action = match task.map(|task| task.family) {
            Some(TaskFamily::Image) => "DescribeAigcImageTask",
            Some(TaskFamily::Audio) => "DescribeAigcAudioTask",
            Some(TaskFamily::Scenario) => STATUS,
            _ => "DescribeAigcVideoTask",
        };
        let id = task.map_or("nobody", |task| &task.task_id);
        let asked = task.map_or(Asked::Nobody, |task| Asked::Task(task.status.clone()));
        self.call(action, &json!({ "TaskId": id }), asked);
    }

    fn call(&mut self, action: &'static str, body: &Value, asked: Asked) {
        let at_us = self.service.clock().state().monotonic_us;
        let answer = self.wire.call(action, body);
        self.heard.push(Heard {
            action,
            asked,
            at_us,
            answer,
        });
    }

    fn fail(&self, rule: Fault) {
        // At most a thousand rules are kept, which no sequence reaches.
        self.service.fail(rule).unwrap();
    }

    fn clear(&mut self) {
        self.struck_before += self.service.fault_counts().iter().sum::<u32>();
        self.service.clear_faults();
    }

    /// Moves the state to another emulator as JSON; that one's machine has another monotonic time.
    fn restart(&mut self, away: Duration) {
        let text = self.service.snapshot().to_json();
        let rules = self.rules();
        let wall = self.clock.wall() + away;
        let since = wall.duration_since(std::time::UNIX_EPOCH).unwrap();
        let whole = since.as_secs();
        self.clock = TestClock::new(whole).auto_advance();
        self.clock
            .advance(since.saturating_sub(Duration::from_secs(whole)));
        self.service = service(&self.clock, self.flavour, self.concurrency, 2);
        self.service
            .restore(Snapshot::from_json(text.as_bytes()).unwrap());
        self.wire = Wire::new(self.service.clone());
        assert_eq!(self.rules(), rules, "a restart changed the rules");
    }

    /// The rules as the control API shows them.
    fn rules(&self) -> Value {
        let request = Request::get("/_emulator/v1/faults").body(Bytes::new());
        let response = self.service.handle(request.unwrap());
        serde_json::from_slice::<Value>(response.body()).unwrap()["faults"].take()
    }

    pub(super) fn check(&mut self) {
        self.check_calls();
        self.check_statuses();
        self.check_bill();
        self.check_limits();
        self.check_rules();
        self.check_results();
    }

    /// Checks that the answers agree with the log, and that the tasks are those that it says were
    /// created, in this order.
    fn check_calls(&mut self) {
        let tasks = self.service.tasks();
        let mut new = tasks.iter().skip(self.ids.len());
        let requests = self.service.requests();
        let records = requests.get(self.logged..).unwrap();
        assert_eq!(records.len(), self.heard.len(), "one record a call");
        self.logged = requests.len();
        for (heard, record) in self.heard.drain(..).zip(records) {
            heard.check(record);
            self.unheard += usize::from(heard.answer.is_none());
            if heard.was_admitted(record) {
                let starts = self.admitted.entry(heard.action).or_default();
                starts.push(heard.at_us);
            }
            if !heard.made_a_task(record) {
                self.refused += usize::from(heard.asked == Asked::Create);
                continue;
            }
            let id = &new.next().expect("an executed create made a task").task_id;
            assert!(self.ids.insert(id.clone()), "{id} came twice");
            assert!(heard.task_id().is_none_or(|told| told == id), "{heard:?}");
        }
        assert_eq!(new.next(), None, "nobody made it");
    }

    /// Changed answers do not change the state.
    fn check_statuses(&mut self) {
        for task in self.service.tasks() {
            let now = stage(&task.status);
            assert_eq!(task.is_final, now == LAST_STAGE, "{task:?}");
            let before = self.statuses.insert(task.task_id, task.status.clone());
            if let Some(before) = before.filter(|before| *before != task.status) {
                assert!(stage(&before) < now, "from {before} to {}", task.status);
            }
        }
    }

    fn check_bill(&self) {
        let bill = self.service.bill();
        let created = u64::try_from(self.ids.len()).unwrap();
        assert_eq!(bill.creates, created);
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

    /// A rule applies as often as allowed, and the log contains each time.
    fn check_rules(&self) {
        for rule in self.rules().as_array().unwrap() {
            let most = rule["times"].as_u64().unwrap_or(u64::MAX);
            assert!(rule["struck"].as_u64().unwrap() <= most, "{rule}");
        }
        let requests = self.service.requests();
        let struck = requests.iter().filter(|request| request.fault.is_some());
        assert_eq!(struck.count(), self.struck() as usize);
    }

    fn struck(&self) -> u32 {
        self.struck_before + self.service.fault_counts().iter().sum::<u32>()
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

    /// Checks the storage itself, which no rule affects.
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
            let request = Request::head(path).body(Bytes::new()).unwrap();
            assert_eq!(self.service.handle(request).status(), status, "{task:?}");
        }
    }

    pub(super) fn seen(&self) -> Seen {
        let tasks = self.service.tasks();
        let is_there = |result| result == ResultState::Available;
        Seen {
            tasks: tasks.len(),
            ended: tasks.iter().filter(|task| task.is_final).count(),
            refused: self.refused,
            unheard: self.unheard,
            available: tasks.iter().filter(|task| is_there(task.result)).count(),
            struck: self.struck(),
        }
    }
}

const LAST_STAGE: u8 = 2;

/// Returns the stage of a task's status; a status that only a fault sends has none.
fn stage(status: &str) -> u8 {
    match status {
        "WAIT" | "PENDING" => 0,
        "RUN" | "RUNNING" => 1,
        "DONE" | "FAIL" | "FINISHED" | "FAILED" | "STOP" => LAST_STAGE,
        other => panic!("no task is {other}"),
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
