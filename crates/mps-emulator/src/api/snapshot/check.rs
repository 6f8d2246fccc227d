//! Validates a snapshot, which may have been written or edited by anyone.

use std::collections::HashSet;

use serde::Deserialize;

use super::{SCHEMA, Snapshot, SnapshotError};
use crate::engine::tasks::{MAX_OUTPUTS, Task};

/// Prefix of the names of all versions.
const FAMILY: &str = "mps.emulator-state/";
/// Length of the longest video that can be made.
const MAX_SECONDS: u32 = 3_600;
/// Larger counts are rejected, so that counting never overflows.
const MAX_COUNTED: u64 = u64::MAX / 4;

/// Checks the version first, since the rest of another version has an unknown meaning.
pub(super) fn schema(json: &[u8]) -> Result<(), SnapshotError> {
    #[derive(Deserialize)]
    struct Head {
        schema: String,
    }
    let head: Head = serde_json::from_slice(json)
        .map_err(|error| SnapshotError::new(format!("no snapshot: {error}")))?;
    if head.schema == SCHEMA {
        return Ok(());
    }
    let hint = if head.schema.starts_with(FAMILY) {
        "it was written by another version of the emulator"
    } else {
        "it was not written by an emulator"
    };
    let schema: String = head.schema.chars().take(64).collect();
    Err(SnapshotError::new(format!(
        "the schema is {schema:?}, but this emulator reads {SCHEMA:?}; {hint}"
    )))
}

/// Rejects values that the types allow but no emulator writes.
pub(super) fn contents(snapshot: &Snapshot) -> Result<(), SnapshotError> {
    if !snapshot.clock.is_valid() {
        return Err(SnapshotError::at("clock", &"no such time or rate"));
    }
    for (name, count) in [
        ("ids", snapshot.ids),
        ("forgotten", snapshot.forgotten),
        ("downloads_forgotten", snapshot.downloads_forgotten),
    ] {
        if count > MAX_COUNTED {
            return Err(SnapshotError::at(
                name,
                &format!("{count} is more than {MAX_COUNTED}"),
            ));
        }
    }
    let mut ids = HashSet::new();
    for (number, task) in snapshot.tasks.iter().enumerate() {
        let fault =
            |what: &dyn std::fmt::Display| SnapshotError::at(&format!("tasks[{number}]"), what);
        one_task(task).map_err(|what| fault(&what))?;
        if !ids.insert(&task.id) {
            return Err(fault(&"its id is that of an earlier one"));
        }
    }
    Ok(())
}

fn one_task(task: &Task) -> Result<(), String> {
    if !task.work.media().is_valid(MAX_SECONDS) {
        return Err("no file can be made of its size and seconds".to_owned());
    }
    if !(1..=MAX_OUTPUTS).contains(&task.outputs) {
        return Err(format!(
            "`outputs` is {}, but must be from 1 to {MAX_OUTPUTS}",
            task.outputs
        ));
    }
    Ok(())
}
