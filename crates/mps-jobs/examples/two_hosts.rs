//! Makes the clips of a list on as many hosts as run this program, each clip once. The hosts share a
//! ledger and the account's rate limit in a PostgreSQL server:
//! `LEDGER=postgres://mps@db.internal/jobs cargo run --example two_hosts --features postgres`.
#![allow(clippy::print_stdout)] // a program prints

use std::{env, error::Error};

use mps_jobs::Jobs;
use mps_jobs::aigc::core::{clock::SystemClock, limit::Account, limit::PostgresLimiter};
use mps_jobs::aigc::models::CreateAigcVideoTask;
use mps_jobs::aigc::{Aigc, Endpoint, credentials::DefaultChain};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let ledger = env::var("LEDGER")?;
    let endpoint = match env::var("MPS_ENDPOINT") {
        Ok(url) => Endpoint::parse(&url)?,
        Err(_) => Endpoint::default(),
    };
    let account = Account::from_name("studio"); // who pays: the same name on every host
    let limiter = PostgresLimiter::new(&ledger, &account.at(&endpoint), SystemClock::shared())?;
    let builder = Aigc::builder()
        .credentials(DefaultChain::new().from_environment())
        .endpoint(endpoint)
        .limiter(limiter);
    let aigc = Aigc::from_builder(builder)?;

    let jobs = Jobs::open(&ledger).await?.paid_by(account).max_seconds(300);
    for animal in ["fox", "owl", "elk", "hare", "lynx", "wolf"] {
        let request = CreateAigcVideoTask::new()
            .model_name("Kling")
            .prompt(format!("a {animal} in the snow"))
            .duration(5);
        jobs.submit(animal, request)
            .out("clips/{key}.{ext}")
            .await?; // known to the other host, too
    }
    let report = jobs
        .run_until_empty(aigc, mps_jobs::shutdown_signal())
        .await?;
    println!("{report}");
    Ok(())
}
