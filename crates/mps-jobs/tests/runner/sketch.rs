//! The test that the library's users write.

use mps_aigc::{Aigc, models::CreateAigcVideoTask};
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
