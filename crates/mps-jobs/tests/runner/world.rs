//! A service, a ledger and a folder.

use std::{error, path::Path, time::Duration};

use mps_aigc::{Aigc, models::CreateAigcVideoTask};
use mps_core::clock::SystemClock;
use mps_emulator::{Emulator, Service};
use mps_jobs::{Jobs, Ledger, Report, State, never};
use tempfile::TempDir;

pub(crate) type Error = Box<dyn error::Error>;

pub(crate) struct World {
    pub(crate) service: Service,
    pub(crate) ledger: Ledger,
    pub(crate) folder: TempDir,
}

impl World {
    /// Tasks take 2 s.
    pub(crate) fn new() -> Self {
        let times = (Duration::from_secs(1), Duration::from_secs(1));
        Self {
            service: Emulator::builder()
                .task_times(times.0, times.1)
                .seed(7)
                .service(),
            ledger: Ledger::in_memory(SystemClock::shared()).unwrap(),
            folder: TempDir::new().unwrap(),
        }
    }

    pub(crate) fn jobs(&self) -> Jobs {
        Jobs::from(self.ledger.clone()).folder(self.folder.path())
    }

    pub(crate) fn aigc(&self) -> Aigc {
        Aigc::from_builder(self.service.client().unwrap()).unwrap()
    }

    /// Submits jobs with the keys `row-1`, `row-2` and so on.
    pub(crate) async fn submit(&self, jobs: &Jobs, rows: usize) -> Result<(), Error> {
        for row in 1..=rows {
            jobs.submit(format!("row-{row}"), request(row))
                .out("{key}.{ext}")
                .await?;
        }
        Ok(())
    }

    pub(crate) async fn run(&self, jobs: &Jobs) -> Result<Report, Error> {
        Ok(jobs.run_until_empty(self.aigc(), never()).await?)
    }

    /// Checks that nothing was billed twice and that each fetched job has its file.
    pub(crate) fn check(&self, report: &Report, creates: u64, fetched: u64) {
        let bill = self.service.bill();
        assert_eq!((bill.creates, bill.duplicates), (creates, 0), "{report}");
        assert_eq!(report.count(State::Fetched), fetched, "{report}");
        assert_eq!(
            files(self.folder.path()),
            usize::try_from(fetched).unwrap(),
            "{report}"
        );
    }
}

pub(crate) fn request(row: usize) -> CreateAigcVideoTask {
    let prompt = format!("clip {row}");
    CreateAigcVideoTask::new()
        .model_name("Kling")
        .prompt(prompt)
        .duration(5)
}

/// Returns the number of finished videos in a folder.
pub(crate) fn files(folder: &Path) -> usize {
    let names = std::fs::read_dir(folder).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names
        .filter(|name| name.ends_with(".mp4") && !name.starts_with('.'))
        .count()
}
