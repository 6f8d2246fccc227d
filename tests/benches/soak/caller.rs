//! One of the callers, and the outcomes that it counts.

use std::{path::PathBuf, time::Duration};

use fastrand::Rng;
use mps_aigc::{
    Aigc,
    models::{CreateAigcVideoTask, DescribeAigcTaskList},
};
use mps_core::clock::{SharedClock, timeout};

/// Outcomes of calls, counted by the callers.
#[derive(Debug, Default)]
pub(crate) struct Outcomes {
    pub(crate) created: u64,
    pub(crate) in_doubt: u64,
    /// Creates that their caller dropped before the outcome.
    pub(crate) dropped_creates: u64,
    dropped: u64,
    downloaded: u64,
    answered: u64,
    failed: u64,
}

impl Outcomes {
    pub(crate) fn add(&mut self, other: &Self) {
        self.created += other.created;
        self.in_doubt += other.in_doubt;
        self.dropped_creates += other.dropped_creates;
        self.dropped += other.dropped;
        self.downloaded += other.downloaded;
        self.answered += other.answered;
        self.failed += other.failed;
    }

    fn count<T, E>(&mut self, outcome: Option<&Result<T, E>>) {
        match outcome {
            Some(Ok(_)) => self.answered += 1,
            Some(Err(_)) => self.failed += 1,
            None => self.dropped += 1,
        }
    }
}

pub(crate) struct Caller {
    number: usize,
    aigc: Aigc,
    clock: SharedClock,
    folder: PathBuf,
    random: Rng,
    outcomes: Outcomes,
    /// Tasks that it created and did not download yet.
    tasks: Vec<String>,
}

impl Caller {
    pub(crate) fn new(
        number: usize,
        aigc: &Aigc,
        clock: &SharedClock,
        folder: &std::path::Path,
    ) -> Self {
        Self {
            number,
            aigc: aigc.clone(),
            clock: clock.clone(),
            folder: folder.to_owned(),
            random: Rng::with_seed(number as u64),
            outcomes: Outcomes::default(),
            tasks: Vec::new(),
        }
    }

    pub(crate) async fn call_until(mut self, end: Duration) -> Outcomes {
        let mut calls = 0_u64;
        while self.clock.monotonic() < end {
            match self.random.u8(..10) {
                0..4 => self.create(calls).await,
                4..7 => self.describe().await,
                7 => self.list().await,
                _ => self.download().await,
            }
            calls += 1;
        }
        self.outcomes
    }

    /// Returns a timeout: mostly none, sometimes one that expires during the call.
    fn max_wait(&mut self) -> Duration {
        match self.random.u8(..8) {
            0 => Duration::from_micros(self.random.u64(..2_000_000)),
            _ => Duration::MAX,
        }
    }

    async fn create(&mut self, calls: u64) {
        // The prompt is unique, so a duplicate on the bill was sent by this caller.
        let prompt = format!("caller {}, call {calls}", self.number);
        let request = CreateAigcVideoTask::new().prompt(prompt).duration(1);
        let max_wait = self.max_wait();
        let create = self.aigc.video();
        let outcome = timeout(&*self.clock, max_wait, create.create(&request)).await;
        match outcome {
            Some(Ok(task)) => {
                self.outcomes.created += 1;
                self.tasks.push(task.id().to_owned());
            }
            Some(Err(error)) if error.in_doubt() => self.outcomes.in_doubt += 1,
            Some(Err(_)) => self.outcomes.failed += 1,
            None => self.outcomes.dropped_creates += 1,
        }
    }

    async fn describe(&mut self) {
        let id = self.some_task();
        let max_wait = self.max_wait();
        let task = self.aigc.video().task(id);
        let outcome = timeout(&*self.clock, max_wait, task.status()).await;
        self.outcomes.count(outcome.as_ref());
    }

    async fn list(&mut self) {
        let max_wait = self.max_wait();
        let call = self.aigc.client();
        let request = DescribeAigcTaskList::new();
        let outcome = timeout(&*self.clock, max_wait, call.send(&request)).await;
        self.outcomes.count(outcome.as_ref());
    }

    async fn download(&mut self) {
        let Some(id) = self.tasks.pop() else { return };
        let to = self.folder.join(format!("{}.mp4", self.number));
        let max_wait = self.max_wait();
        let task = self.aigc.video().task(id);
        let download = async { task.until_done().await?.results().save_all(&to).await };
        let outcome = timeout(&*self.clock, max_wait, download).await;
        self.outcomes.count(outcome.as_ref());
        self.outcomes.downloaded += u64::from(matches!(outcome, Some(Ok(_))));
        // Removes the file and a partial one, so that the next download starts without.
        let _ = std::fs::remove_file(&to);
        let _ = std::fs::remove_file(to.with_extension("mp4.part"));
    }

    fn some_task(&mut self) -> String {
        let known = self.random.choice(&self.tasks);
        known.cloned().unwrap_or_else(|| "none".to_owned())
    }
}
