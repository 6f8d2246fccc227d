//! Caps on spending and on concurrency.

use mps_aigc::models::CreateAigcVideoTask;
use mps_jobs::{Amount, JobsError, State, Stopped};

use crate::world::{Error, World, request};

#[tokio::test(start_paused = true)]
async fn a_cap_of_50_rows_starts_exactly_50() -> Result<(), Error> {
    let world = World::new();
    let jobs = world.jobs().max_seconds(250);
    world.submit(&jobs, 60).await?;
    let report = world.run(&jobs).await?;
    world.check(&report, 50, 50);
    assert!(matches!(report.stopped, Some(Stopped::Cap(_))));
    assert_eq!(report.to_string(), "50 fetched, 10 planned, 250 of 250 s");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_failed_task_frees_its_seconds_for_another_one() -> Result<(), Error> {
    let world = World::new();
    let jobs = world.jobs().max_seconds(10);
    let fails = CreateAigcVideoTask::new()
        .model_name("Kling")
        .prompt("[emulator:fail]")
        .duration(5);
    jobs.submit("fails", fails).await?;
    world.submit(&jobs, 3).await?;
    let report = world.run(&jobs).await?;
    assert_eq!(
        report.to_string(),
        "2 fetched, 1 failed, 1 planned, 10 of 10 s"
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_cap_on_money_needs_prices() -> Result<(), Error> {
    let world = World::new();
    let jobs = world.jobs().max_spend("1".parse()?);
    let refused = jobs.submit("row-1", request(1)).await.unwrap_err();
    assert!(matches!(refused, JobsError::UnknownPrice(_)), "{refused}");

    let jobs = jobs.price_table(|priced| {
        let seconds = i64::try_from(priced.seconds?).ok()?;
        Some(Amount::from_micros(seconds * 70_000))
    });
    world.submit(&jobs, 4).await?;
    let report = world.run(&jobs).await?;
    world.check(&report, 2, 2);
    assert_eq!(report.count(State::Planned), 2);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn no_more_tasks_run_at_once_than_allowed() -> Result<(), Error> {
    let world = World::new();
    let jobs = world.jobs().concurrency(2);
    // Refuses a third task that runs at the same time.
    world.submit(&jobs, 6).await?;
    let report = world.run(&jobs).await?;
    world.check(&report, 6, 6);
    let refused = world
        .service
        .requests()
        .into_iter()
        .filter(|request| request.code.is_some());
    assert_eq!(refused.count(), 0);
    Ok(())
}
