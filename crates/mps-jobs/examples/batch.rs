//! Makes a clip for each line of a JSONL file, such as `{"id": "fox", "prompt": "a fox in the snow"}`.
//! Run it again after a crash, or with more lines: each line is billed once. It reads `prompts.jsonl`
//! and keeps `batch.db` and `clips/` in the current folder; `MPS_ENDPOINT` names an emulator.
#![allow(clippy::print_stdout)] // a program prints

use mps_jobs::aigc::{Aigc, models::CreateAigcVideoTask};

#[derive(serde::Deserialize)]
struct Row {
    id: String,
    prompt: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let jobs = mps_jobs::Jobs::open("batch.db").await?.max_seconds(3_000);
    for line in std::fs::read_to_string("prompts.jsonl")?.lines() {
        let Row { id, prompt } = serde_json::from_str(line)?;
        let request = CreateAigcVideoTask::new()
            .model_name("Kling")
            .prompt(prompt)
            .duration(5);
        jobs.submit(id, request).out("clips/{key}.{ext}").await?;
    }
    let report = jobs
        .run_until_empty(Aigc::from_env()?, mps_jobs::shutdown_signal())
        .await?;
    report.in_doubt().for_each(|doubt| println!("{doubt}")); // key, when, what to do
    println!("{report}"); // 298 fetched, 1 failed, 1 in doubt, 1,490 of 3,000 s
    Ok(())
}
