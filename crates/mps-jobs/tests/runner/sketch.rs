//! The test that the library's users write.

use std::time::Duration;

use mps_aigc::{Aigc, ErrorKind, models::CreateAigcVideoTask};
use mps_emulator::{Emulator, Fault};
use mps_jobs::{Jobs, never};

use crate::world::Error;

#[tokio::test(start_paused = true)]
async fn a_lost_reply_is_not_paid_twice() -> Result<(), Error> {
    let service = Emulator::builder().service();
    let jobs = Jobs::in_memory();
    service.fail(Fault::reply_lost().times(1))?;
    jobs.submit("row-1", CreateAigcVideoTask::new().prompt("a cat"))
        .await?;
    let aigc = Aigc::from_builder(service.client()?)?;
    let report = jobs.run_until_empty(aigc, never()).await?;
    assert_eq!((service.bill().creates, service.bill().duplicates), (1, 0));
    assert_eq!(report.in_doubt().count(), 1);
    service.advance("12h");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_stored_handle_is_enough() -> Result<(), Error> {
    let service = Emulator::builder().service();
    let aigc = Aigc::from_builder(service.client()?)?;
    let request = CreateAigcVideoTask::new().prompt("a cat");
    let task = aigc.video().create(&request).await?;
    let stored = serde_json::to_string(task.handle())?;

    let aigc = Aigc::from_builder(service.client()?)?;
    let handle = serde_json::from_str(&stored)?;
    let results = aigc.task(handle).until_done().await?;
    service.clock().advance(Duration::from_secs(13 * 3_600));
    let error = results.save_all("late.mp4").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Expired);
    Ok(())
}
