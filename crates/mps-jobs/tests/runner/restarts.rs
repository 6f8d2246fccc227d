//! Shutdown, restarts and several runners.

use std::time::Duration;

use mps_core::clock::{Clock as _, SystemClock};
use mps_emulator::Fault;
use mps_jobs::{Jobs, Ledger, State, never};
use tempfile::TempDir;

use crate::world::{Error, World, files, request};

#[tokio::test(start_paused = true)]
async fn a_run_that_was_shut_down_is_continued_at_any_moment() -> Result<(), Error> {
    for millis in [0, 50, 500, 1_200, 2_500, 4_000, 7_000] {
        let world = World::new();
        let jobs = world.jobs();
        world.submit(&jobs, 20).await?;
        let shutdown = SystemClock::new().sleep(Duration::from_millis(millis));
        let report = jobs.clone().run(world.aigc(), shutdown).await?;
        for state in [State::Intent, State::Sending, State::InDoubt] {
            assert_eq!(report.count(state), 0, "after {millis} ms: {report}");
        }
        assert_eq!(world.service.bill().duplicates, 0);
        let report = world.run(&jobs).await?;
        world.check(&report, 20, 20);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_waits_for_the_answer_of_a_create_on_the_wire() -> Result<(), Error> {
    let world = World::new();
    let jobs = world.jobs();
    world.submit(&jobs, 1).await?;
    world
        .service
        .fail(Fault::delay(Duration::from_secs(30)).action("CreateAigcVideoTask"))?;
    let shutdown = SystemClock::new().sleep(Duration::from_secs(5));
    let report = jobs.clone().run(world.aigc(), shutdown).await?;
    assert_eq!(
        report.count(State::Created) + report.count(State::Done),
        1,
        "{report}"
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_dropped_loses_no_answer() -> Result<(), Error> {
    let world = World::new();
    let jobs = world.jobs();
    world.submit(&jobs, 1).await?;
    world
        .service
        .fail(Fault::delay(Duration::from_secs(30)).action("CreateAigcVideoTask"))?;
    let clock = SystemClock::new();
    let run = jobs.run_until_empty(world.aigc(), never());
    let dropped = mps_core::clock::timeout(&clock, Duration::from_secs(5), run).await;
    assert!(dropped.is_none());
    clock.sleep(Duration::from_secs(30)).await;
    let job = jobs.get(&"row-1".parse()?).await?.unwrap();
    assert_eq!(job.state(), State::Created);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_run_needs_little_of_the_stack() -> Result<(), Error> {
    let world = World::new();
    let jobs = world.jobs();
    let run = jobs.run_until_empty(world.aigc(), never());
    let bytes = size_of_val(&run);
    assert!(bytes < 8_192, "{bytes} bytes");
    Ok(())
}

#[tokio::test]
async fn two_runners_share_one_ledger_file() -> Result<(), Error> {
    let world = World::new();
    let folder = TempDir::new()?;
    let path = folder.path().join("tasks.db");
    let open = async || -> Result<Jobs, Error> {
        let ledger = Ledger::open(path.to_str().unwrap(), SystemClock::shared()).await?;
        Ok(Jobs::from(ledger).folder(world.folder.path()))
    };
    let (one, two) = (open().await?, open().await?);
    for row in 1..=30 {
        let jobs = if row % 2 == 0 { &one } else { &two };
        jobs.submit(format!("row-{row}"), request(row)).await?;
    }
    let aigc = world.aigc();
    let (first, second) = tokio::join!(
        one.run_until_empty(aigc.clone(), never()),
        two.run_until_empty(aigc.clone(), never())
    );
    world.check(&first?, 30, 30);
    world.check(&second?, 30, 30);
    assert_eq!(files(world.folder.path()), 30);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_machine_whose_clock_is_hours_slow_notices_ends_as_soon_as_any_other() -> Result<(), Error>
{
    for hours in [13, -13] {
        let world = World::new();
        let jobs = world.jobs();
        world.service.fail(Fault::skew(hours * 3_600))?;
        world.submit(&jobs, 3).await?;
        let clock = SystemClock::new();
        let report = world.run(&jobs).await?;
        world.check(&report, 3, 3);
        let took = clock.monotonic();
        assert!(took < Duration::from_secs(30), "{hours} h: {took:?}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn durations_that_one_run_has_learned_are_known_to_the_next_one() -> Result<(), Error> {
    let world = World::new();
    let jobs = world.jobs();
    world.submit(&jobs, 20).await?;
    let first = world.aigc();
    assert!(first.curves().is_empty());
    jobs.run_until_empty(first, never()).await?;
    let next = world.aigc();
    let (_, known) = (
        jobs.run_until_empty(next.clone(), never()).await?,
        next.curves(),
    );
    assert!(!known.is_empty());
    Ok(())
}
