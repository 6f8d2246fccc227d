//! Several processes on one ledger file, killed at random moments.

use std::{fs, path::Path, time::Duration};

use mps_aigc::models::CreateAigcVideoTask;
use mps_core::clock::{Clock as _, SystemClock};
use mps_emulator::Emulator;
use mps_jobs::Jobs;
use rustix::process::Signal;
use tempfile::TempDir;
use tokio::process::Child;

use crate::{
    bounded::within,
    child, program,
    server::{self, Account},
};

struct Crew<'a> {
    emulator: &'a Emulator,
    folder: &'a Path,
    workers: Vec<Child>,
}

impl<'a> Crew<'a> {
    fn start(emulator: &'a Emulator, folder: &'a Path, processes: usize) -> Self {
        let mut crew = Self {
            emulator,
            folder,
            workers: Vec::new(),
        };
        for _ in 0..processes {
            crew.workers.push(crew.worker());
        }
        crew
    }

    fn worker(&self) -> Child {
        program::start(
            &mut program::worker(child::WORKER),
            self.emulator,
            self.folder,
        )
    }

    /// Kills one process after another, each some creates after the one before, and replaces it.
    async fn kill(&mut self, times: usize, rows: usize) {
        for time in 0..times {
            let goal = u64::try_from(rows * time / times / 2).unwrap();
            let goal = goal + fastrand::u64(..3);
            // Rows in doubt may leave so few that the processes end before.
            let (emulator, workers) = (self.emulator, &mut self.workers);
            server::until("creates", || {
                emulator.bill().creates >= goal || workers.iter_mut().all(program::has_ended)
            })
            .await;
            // At any moment: right after a create, its answer would be on the wire each time.
            let later = Duration::from_millis(fastrand::u64(..300));
            SystemClock::new().sleep(later).await;
            let victim = fastrand::usize(..self.workers.len());
            program::end(&mut self.workers[victim], Signal::KILL).await;
            self.workers[victim] = self.worker();
        }
    }

    async fn finish(self) {
        for mut worker in self.workers {
            let end = within("end of a worker", worker.wait()).await;
            assert!(end.unwrap().success());
        }
    }
}

async fn submit(folder: &Path, rows: usize) {
    let jobs = Jobs::open(folder.join("jobs.db").to_str().unwrap())
        .await
        .unwrap();
    fs::create_dir_all(folder.join("clips")).unwrap();
    for row in 0..rows {
        let request = CreateAigcVideoTask::new()
            .model_name("Kling")
            .prompt(format!("clip {row}"));
        jobs.submit(format!("row-{row}"), request.duration(5))
            .await
            .unwrap();
    }
}

/// Runs the jobs in some processes, with kills, prints the rate, and returns the end of all rows.
async fn run(rows: usize, processes: usize, kills: usize) -> Account {
    let emulator = server::start().await;
    let folder = TempDir::new().unwrap();
    submit(folder.path(), rows).await;
    let mut crew = Crew::start(&emulator, folder.path(), processes);
    crew.kill(kills, rows).await;
    crew.finish().await;
    let account = Account::of(&emulator, &folder.path().join("jobs.db")).await;
    let rate = server::rate(&emulator);
    println!(
        "{processes} processes, {kills} kills: {account:?}, {} false doubts, {rate:.2}/s",
        account.false_doubts()
    );
    account.check(rows);
    server::check_limit(&emulator);
    account
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_that_are_killed_lose_nothing_and_pay_nothing_twice() {
    run(60, 2, 8).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "runs for minutes; nightly"]
async fn two_processes_that_are_killed_100_times_lose_nothing_and_pay_nothing_twice() {
    run(1_200, 2, 100).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "runs for a minute and prints the rate; nightly"]
async fn four_undisturbed_processes_leave_no_doubt() {
    let account = run(400, 4, 0).await;
    assert_eq!(account.in_doubt, 0);
}
