//! The store of tasks, bounded in number and memory.

use std::collections::{HashMap, VecDeque};

use super::{Bucket, Task};
use crate::engine::ids::AccountIndex;

/// Every task, oldest first. At most [`MAX_TASKS`] tasks and [`MAX_BYTES`] of their requests are
/// kept; beyond, the oldest are forgotten.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    by_id: HashMap<String, Task>,
    order: VecDeque<String>,
    bytes: usize,
}

const MAX_TASKS: usize = 100_000;
/// Only scenario tasks keep their request, and few are long; so are the folders of buckets.
const MAX_BYTES: usize = 64 * 1024 * 1024;

impl Tasks {
    pub(crate) fn add(&mut self, task: Task) {
        self.bytes += weight(&task);
        self.order.push_back(task.id.clone());
        self.by_id.insert(task.id.clone(), task);
        while self.order.len() > MAX_TASKS || self.bytes > MAX_BYTES {
            self.forget_oldest();
        }
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Task> {
        self.by_id.get(id)
    }

    /// Returns a task of an account.
    pub(crate) fn of(&self, account: AccountIndex, id: &str) -> Option<&Task> {
        self.get(id).filter(|task| task.account == account)
    }

    /// Returns a mutable task of an account.
    pub(crate) fn of_mut(&mut self, account: AccountIndex, id: &str) -> Option<&mut Task> {
        let task = self.by_id.get_mut(id);
        task.filter(|task| task.account == account)
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Task> {
        self.order.iter().filter_map(|id| self.by_id.get(id))
    }

    fn forget_oldest(&mut self) {
        let oldest = self.order.pop_front();
        let oldest = oldest.and_then(|id| self.by_id.remove(&id));
        // The total was increased by the same weight when the task was added.
        self.bytes -= oldest.as_ref().map_or(self.bytes, weight);
    }
}

/// Returns the bytes that a task keeps of its request.
fn weight(task: &Task) -> usize {
    let request = task.scenario().map_or(0, |scenario| scenario.request.len());
    let bucket = task.bucket.as_ref().map_or(0, Bucket::weight);
    request + bucket
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use mps_models::ScenarioTaskType;

    use super::*;
    use crate::{
        engine::tasks::{PlannedOutcome, Scenario, Times, Work},
        media::{Clip, FrameSize},
    };

    fn task(number: usize, request_bytes: usize) -> Task {
        let clip = Clip {
            size: FrameSize::parse(None, None).unwrap(),
            seconds: 5,
        };
        let mut scenario = Scenario::new(ScenarioTaskType::AiDrama, clip);
        scenario.request = "x".repeat(request_bytes);
        Task {
            id: number.to_string(),
            account: 0,
            model: None,
            created: Duration::ZERO,
            created_wall: SystemTime::UNIX_EPOCH,
            times: Times {
                wait: Duration::ZERO,
                run: Duration::ZERO,
            },
            planned_outcome: PlannedOutcome::Succeed,
            work: Work::Scenario(Box::new(scenario)),
            outputs: 1,
            bucket: None,
        }
    }

    #[test]
    fn the_oldest_are_forgotten_when_there_are_too_many() {
        let mut tasks = Tasks::default();
        for number in 0..=MAX_TASKS {
            tasks.add(task(number, 1));
        }
        assert!(tasks.get("0").is_none());
        assert_eq!(tasks.iter().count(), MAX_TASKS);
        assert_eq!(tasks.bytes, MAX_TASKS);
    }

    #[test]
    fn the_oldest_are_forgotten_when_they_remember_too_much() {
        let mut tasks = Tasks::default();
        for number in 0..10 {
            tasks.add(task(number, 10_000_000));
        }
        let kept: Vec<&str> = tasks.iter().map(|task| task.id.as_str()).collect();
        assert_eq!(kept, ["4", "5", "6", "7", "8", "9"]);
    }
}
