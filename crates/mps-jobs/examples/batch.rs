//! Makes a clip for each line of a JSONL file, such as `{"id": "fox", "prompt": "a fox in the snow"}`.
//! Run it again after a crash, or with more lines: each line is billed once.

use std::{
    env,
    error::Error,
    fs::File,
    io::{BufRead as _, BufReader},
};

use mps_jobs::{
    Jobs,
    aigc::{Aigc, Endpoint, credentials::DefaultChain, models::CreateAigcVideoTask},
};

#[derive(serde::Deserialize)]
struct Row {
    id: String,
    prompt: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut aigc = Aigc::builder().credentials(DefaultChain::new().from_environment());
    if let Ok(url) = env::var("ENDPOINT") {
        aigc = aigc.endpoint(Endpoint::parse(&url)?);
    }
    let jobs = Jobs::open("batch.db").await?.max_seconds(3_000);
    for line in BufReader::new(File::open("prompts.jsonl")?).lines() {
        let row: Row = serde_json::from_str(&line?)?;
        let request = CreateAigcVideoTask::new()
            .model_name("Kling")
            .prompt(row.prompt)
            .duration(5);
        jobs.submit(row.id, request)
            .out("clips/{key}.{ext}")
            .await?;
    }
    let report = jobs
        .run_until_empty(Aigc::from_builder(aigc)?, tokio::signal::ctrl_c())
        .await?;
    for doubt in report.in_doubt() {
        println!("{doubt}"); // key, when, what to do
    }
    println!("{report}"); // 298 fetched, 1 failed, 1 in doubt, 1,490 of 3,000 s
    Ok(())
}
