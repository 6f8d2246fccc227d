//! A worker process: does the jobs of a ledger within the limit that all processes share.

use std::{env, path::PathBuf};

use mps_aigc::{Aigc, credentials::DefaultChain};
use mps_core::{clock::SystemClock, limit::FileLimiter};
use mps_jobs::{Jobs, never};

use crate::server;

/// The name of the test below.
pub(crate) const WORKER: &str = "child::works_until_the_ledger_is_empty";

#[tokio::test]
#[ignore = "runs in a process of its own"]
async fn works_until_the_ledger_is_empty() {
    let Ok(endpoint) = env::var("MPS_ENDPOINT") else {
        return;
    };
    let folder: PathBuf = env::current_dir().unwrap();
    let limiter = FileLimiter::new(folder.join("limit"), "account", SystemClock::shared());
    let builder = Aigc::builder()
        .credentials(DefaultChain::new().from_environment())
        .endpoint(server::endpoint(&endpoint))
        .limiter(limiter);
    let aigc = Aigc::from_builder(builder).unwrap();
    let jobs = Jobs::open("jobs.db").await.unwrap().folder("clips");
    jobs.run_until_empty(aigc, never()).await.unwrap();
}
