//! The results of a task of any family.

use mps_aigc::{AnyTask, Audio, Error, Family, Image, Results, Scenario, Snapshot, Video};

/// Returns the results that a description of a task shows, or why it has none; `None` while it runs.
pub(super) fn outcome(task: &AnyTask, snapshot: &Snapshot) -> Option<Result<Results, Error>> {
    of::<Video>(task, snapshot)
        .or_else(|| of::<Image>(task, snapshot))
        .or_else(|| of::<Audio>(task, snapshot))
        .or_else(|| of::<Scenario>(task, snapshot))
}

fn of<F: Family>(task: &AnyTask, snapshot: &Snapshot) -> Option<Result<Results, Error>> {
    let outcome = task.typed::<F>()?.outcome(snapshot.clone())?;
    Some(outcome.map(|done| done.results().clone()))
}
