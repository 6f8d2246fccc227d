//! One of many who call.

use std::{path::PathBuf, time::Duration};

use fastrand::Rng;
use mps_aigc::{
    Aigc,
    models::{CreateAigcVideoTask, DescribeAigcTaskList},
};
use mps_core::clock::{SharedClock, timeout};

/// What callers were told.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) created: u64,
    pub(crate) in_doubt: u64,
    /// Left while a create was under way, and so heard nothing.
    pub(crate) left_creating: u64,
    left: u64,
    fetched: u64,
    answered: u64,
    failed: u64,
}

impl Told {
    pub(crate) fn add(&mut self, other: &Self) {
        self.created += other.created;
        self.in_doubt += other.in_doubt;
        self.left_creating += other.left_creating;
        self.left += other.left;
        self.fetched += other.fetched;
        self.answered += other.answered;
        self.failed += other.failed;
    }

    fn count<T, E>(&mut self, outcome: Option<&Result<T, E>>) {
        match outcome {
            Some(Ok(_)) => self.answered += 1,
            Some(Err(_)) => self.failed += 1,
            None => self.left += 1,
        }
    }
}

pub(crate) struct Caller {
    number: usize,
    aigc: Aigc,
    clock: SharedClock,
    folder: PathBuf,
    random: Rng,
    told: Told,
    /// The latest tasks it knows.
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
            told: Told::default(),
            tasks: Vec::new(),
        }
    }

    pub(crate) async fn call_until(mut self, end: Duration) -> Told {
        let mut calls = 0_u64;
        while self.clock.monotonic() < end {
            match self.random.u8(..10) {
                0..4 => self.create(calls).await,
                4..7 => self.describe().await,
                7 => self.list().await,
                _ => self.fetch().await,
            }
            calls += 1;
        }
        self.told
    }

    /// Most have time enough; some leave within the call.
    fn patience(&mut self) -> Duration {
        match self.random.u8(..8) {
            0 => Duration::from_micros(self.random.u64(..2_000_000)),
            _ => Duration::MAX,
        }
    }

    async fn create(&mut self, calls: u64) {
        // Nobody else ever asks for the same, so a duplicate on the bill is ours.
        let prompt = format!("caller {}, call {calls}", self.number);
        let request = CreateAigcVideoTask::new().prompt(prompt).duration(1);
        let patience = self.patience();
        let create = self.aigc.video();
        let outcome = timeout(&*self.clock, patience, create.create(&request)).await;
        match outcome {
            Some(Ok(task)) => {
                self.told.created += 1;
                self.tasks.push(task.id().to_owned());
            }
            Some(Err(error)) if error.in_doubt() => self.told.in_doubt += 1,
            Some(Err(_)) => self.told.failed += 1,
            None => self.told.left_creating += 1,
        }
    }

    async fn describe(&mut self) {
        let id = self.some_task();
        let patience = self.patience();
        let task = self.aigc.video().task(id);
        let outcome = timeout(&*self.clock, patience, task.status()).await;
        self.told.count(outcome.as_ref());
    }

    async fn list(&mut self) {
        let patience = self.patience();
        let call = self.aigc.client();
        let request = DescribeAigcTaskList::new();
        let outcome = timeout(&*self.clock, patience, call.send(&request)).await;
        self.told.count(outcome.as_ref());
    }

    async fn fetch(&mut self) {
        let Some(id) = self.tasks.pop() else { return };
        let to = self.folder.join(format!("{}.mp4", self.number));
        let patience = self.patience();
        let task = self.aigc.video().task(id);
        let fetch = async { task.wait().await?.download(&to).await };
        let outcome = timeout(&*self.clock, patience, fetch).await;
        self.told.count(outcome.as_ref());
        self.told.fetched += u64::from(matches!(outcome, Some(Ok(_))));
        // Whatever is left of it, so that the next one finds no file.
        let _ = std::fs::remove_file(&to);
        let _ = std::fs::remove_file(to.with_extension("mp4.part"));
    }

    fn some_task(&mut self) -> String {
        let known = self.random.choice(&self.tasks);
        known.cloned().unwrap_or_else(|| "none".to_owned())
    }
}
