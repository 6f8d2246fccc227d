//! A single idempotent call for workflow engines.

use std::time::Duration;

use mps_core::clock::{Clock as _, SystemClock, timeout};
use mps_emulator::Fault;
use mps_jobs::{Key, State, Step};

use crate::world::{Error, World, request};

/// Repeats the step until it is more than still running.
async fn outcome(world: &World, key: &Key) -> Result<Step, Error> {
    let (jobs, aigc) = (world.jobs(), world.aigc());
    for _ in 0..20 {
        match jobs.step(&aigc, key, request(1)).await? {
            Step::StillRunning => SystemClock::new().sleep(Duration::from_secs(1)).await,
            step => return Ok(step),
        }
    }
    Ok(Step::StillRunning)
}

#[tokio::test(start_paused = true)]
async fn a_step_ends_with_the_files_and_repeats_nothing() -> Result<(), Error> {
    let world = World::new();
    let key = "row-1".parse()?;
    for _ in 0..2 {
        let Step::Done(files) = outcome(&world, &key).await? else {
            panic!("not done");
        };
        assert!(files[0].path.exists() && files[0].bytes > 0);
    }
    assert_eq!(world.service.bill().creates, 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_step_in_doubt_has_the_page_that_a_person_needs() -> Result<(), Error> {
    let world = World::new();
    world
        .service
        .fail(Fault::reply_lost().action("CreateAigcVideoTask").times(1))?;
    for _ in 0..2 {
        let Step::InDoubt(page) = outcome(&world, &"row-1".parse()?).await? else {
            panic!("not in doubt");
        };
        let text = page.to_string();
        for part in [
            "row-1",
            "CreateAigcVideoTask",
            "none came",
            "SHA-256",
            "next steps",
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
    }
    assert_eq!(world.service.bill().creates, 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_refused_step_has_the_reason() -> Result<(), Error> {
    let world = World::new();
    world
        .service
        .fail(Fault::refuse("InvalidParameterValue").action("CreateAigcVideoTask"))?;
    let step = outcome(&world, &"row-1".parse()?).await?;
    assert!(matches!(step, Step::Refused(_)), "{step:?}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_recorded_after_the_step_was_dropped() -> Result<(), Error> {
    let world = World::new();
    let key = "row-1".parse()?;
    let late = Fault::delay(Duration::from_secs(20));
    world
        .service
        .fail(late.action("CreateAigcVideoTask").times(1))?;
    let (jobs, aigc) = (world.jobs(), world.aigc());
    let step = jobs.step(&aigc, &key, request(1));
    let dropped = timeout(&SystemClock::new(), Duration::from_secs(5), step).await;
    assert!(dropped.is_none());
    SystemClock::new().sleep(Duration::from_secs(30)).await;
    let job = jobs.get(&key).await?.unwrap();
    assert_eq!(job.state(), State::Created);
    assert_eq!(world.service.bill().creates, 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_run_of_the_same_process_finishes_what_a_step_began() -> Result<(), Error> {
    let world = World::new();
    let (jobs, aigc) = (world.jobs(), world.aigc());
    // Submitted within the step, so that only the step sends it.
    let step = async {
        let key = "row-1".parse()?;
        jobs.step(&aigc, &key, request(1)).await?;
        SystemClock::new().sleep(Duration::from_secs(60)).await;
        Ok::<_, Error>(jobs.get(&key).await?.unwrap())
    };
    let other = world.jobs();
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let run = other.run(world.aigc(), async { drop(ended.await) });
    let (job, report) = tokio::join!(
        async {
            let job = step.await;
            drop(end);
            job
        },
        run
    );
    assert_eq!(job?.state(), State::Fetched);
    world.check(&report?, 1, 1);
    Ok(())
}
