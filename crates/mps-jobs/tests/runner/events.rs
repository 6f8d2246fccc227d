//! The stream of changes.

use futures_util::StreamExt as _;
use mps_jobs::State::{self, Created, Done, Fetched, Intent, Sending};

use crate::world::{Error, World};

#[tokio::test(start_paused = true)]
async fn a_stream_has_every_change_of_a_job_in_order() -> Result<(), Error> {
    let world = World::new();
    let jobs = world.jobs();
    let events = jobs.events_after(0).take(5).collect::<Vec<_>>();
    world.submit(&jobs, 1).await?;
    let (events, report) = tokio::join!(events, world.run(&jobs));
    report?;
    let states: Result<Vec<_>, _> = events.into_iter().map(|it| it.map(|it| it.state)).collect();
    assert_eq!(states?, [Intent, Sending, Created, Done, Fetched][..]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_stream_from_now_on_leaves_earlier_changes_out() -> Result<(), Error> {
    let world = World::new();
    let jobs = world.jobs();
    world.submit(&jobs, 1).await?;
    world.run(&jobs).await?;
    let mut events = Box::pin(jobs.events());
    let second = async {
        tokio::task::yield_now().await;
        world.submit(&jobs, 2).await?;
        world.run(&jobs).await
    };
    let (event, second) = tokio::join!(events.next(), second);
    second?;
    let event = event.unwrap()?;
    assert_eq!((event.key.as_str(), event.state), ("row-2", State::Intent));
    Ok(())
}
