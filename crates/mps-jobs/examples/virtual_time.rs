//! Tests of a program that pays: without money, network or waiting. The emulator runs in the process
//! of a test, on a clock that stands still until nothing else can happen, and each test names the fault
//! that it is about. `cargo test --example virtual_time` takes no noticeable time.
#![allow(clippy::print_stdout)] // a program prints

use std::error::Error;

use mps_jobs::aigc::{Aigc, models::CreateAigcVideoTask};
use mps_jobs::{Jobs, JobsError, Report};

/// The program: makes a clip for each prompt.
async fn clips(jobs: &Jobs, aigc: Aigc, prompts: &[&str]) -> Result<Report, JobsError> {
    for (row, prompt) in (1..).zip(prompts) {
        let request = CreateAigcVideoTask::new()
            .model_name("Kling")
            .prompt(*prompt)
            .duration(5);
        jobs.submit(format!("clip-{row}"), request).await?;
    }
    jobs.run_until_empty(aigc, mps_jobs::never()).await
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let jobs = Jobs::open("clips.db").await?.folder("clips");
    let report = clips(&jobs, Aigc::from_env()?, &["a fox", "an owl"]).await?;
    println!("{report}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use mps_emulator::{Emulator, Fault, Service};
    use mps_jobs::State;

    use super::*;

    /// Returns the end of the program, with as many clips as prompts, and the service's view of it.
    async fn run(fault: Fault, prompts: &[&str]) -> Result<(Report, Service), Box<dyn Error>> {
        let service = Emulator::builder().service();
        service.fail(fault)?;
        let folder = tempfile::tempdir()?;
        let jobs = Jobs::in_memory().folder(folder.path());
        let aigc = Aigc::from_builder(service.client()?)?;
        Ok((clips(&jobs, aigc, prompts).await?, service))
    }

    #[tokio::test(start_paused = true)]
    async fn a_lost_reply_is_not_paid_twice() -> Result<(), Box<dyn Error>> {
        let (report, service) = run(Fault::reply_lost().times(1), &["a fox"]).await?;
        assert_eq!((service.bill().creates, service.bill().duplicates), (1, 0));
        assert_eq!(report.in_doubt().len(), 1); // a page for a person, with what identifies the request
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn throttling_slows_down_and_loses_nothing() -> Result<(), Box<dyn Error>> {
        let fault = Fault::throttle().action("CreateAigcVideoTask").times(30);
        let (report, service) = run(fault, &["a fox", "an owl", "an elk"]).await?;
        assert_eq!((service.bill().creates, service.bill().duplicates), (3, 0));
        assert_eq!(report.count(State::Fetched), 3);
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_prompt_costs_nothing() -> Result<(), Box<dyn Error>> {
        let refusal = Fault::refuse("InvalidParameter.ViolationContent").times(1);
        let (report, service) = run(refusal, &["a fox", "an owl"]).await?;
        assert_eq!(service.bill().creates, 1);
        assert_eq!(
            (report.count(State::Refused), report.count(State::Fetched)),
            (1, 1)
        );
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn a_download_that_breaks_off_is_continued() -> Result<(), Box<dyn Error>> {
        let fault = Fault::truncate().action("download").times(2);
        let (report, _) = run(fault, &["a fox"]).await?;
        assert!(report.is_complete());
        Ok(())
    }
}
