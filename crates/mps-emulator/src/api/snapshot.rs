//! The whole state at one moment, as JSON that a later emulator can read.

mod check;

use std::{error, fmt};

use serde::{Deserialize, Serialize};

use crate::{
    api::{service_state::ServiceState, state::State},
    engine::{
        bill::Ledger,
        clock::{SavedTimeline, VirtualClock},
        limits::{Limiter, SavedMeter},
        log::{DownloadRecord, Log, RequestRecord},
        tasks::{Task, Tasks},
    },
    faults::Faults,
};

/// Name and version of the format. Members may be added to a version, never renamed or removed.
const SCHEMA: &str = "mps.emulator-state/1";

/// The whole state of an emulator: tasks, bill, request log, rate limit counts, clock, faults, and
/// the number of issued ids.
///
/// Accounts are identified by their index: the first account of one emulator is the first account
/// of another. Settings, keys and tokens are not included. The JSON form omits prompts and scripts,
/// so scenarios restored from it have no `RequestBody`.
#[derive(Clone, Serialize, Deserialize)]
pub struct Snapshot {
    schema: String,
    pub(crate) seed: u64,
    ids: u64,
    clock: SavedTimeline,
    tasks: Vec<Task>,
    requests: Vec<RequestRecord>,
    forgotten: u64,
    #[serde(default)]
    downloads: Vec<DownloadRecord>,
    #[serde(default)]
    downloads_forgotten: u64,
    bill: Ledger,
    limits: Vec<SavedMeter>,
    #[serde(default)]
    faults: Faults,
}

/// The error for a text that is not a valid snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotError {
    message: String,
}

impl Snapshot {
    /// Parses a snapshot from JSON.
    ///
    /// # Errors
    /// Returns an error that names the place if the text is not JSON, has another version, or
    /// contains values that no emulator writes.
    pub fn from_json(json: &[u8]) -> Result<Self, SnapshotError> {
        check::schema(json)?;
        let reader = &mut serde_json::Deserializer::from_slice(json);
        let snapshot: Self = serde_path_to_error::deserialize(reader)
            .map_err(|error| SnapshotError::at(&error.path().to_string(), &error.inner()))?;
        check::contents(&snapshot)?;
        Ok(snapshot)
    }

    /// Returns the snapshot as JSON for [`from_json`](Self::from_json).
    #[must_use]
    pub fn to_json(&self) -> String {
        // Serialization cannot fail: all map keys are numbers.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Returns the number of tasks.
    #[must_use]
    pub fn tasks(&self) -> usize {
        self.tasks.len()
    }

    pub(crate) fn take(service: &ServiceState) -> Self {
        let state = service.state();
        Self {
            schema: SCHEMA.to_owned(),
            seed: service.ids.seed(),
            ids: service.ids.given(),
            // Read under the lock, so that nothing in the state is later than this.
            clock: service.time.save(),
            tasks: state.tasks.iter().cloned().collect(),
            requests: state.requests.records(),
            forgotten: state.requests.forgotten(),
            downloads: state.downloads.records(),
            downloads_forgotten: state.downloads.forgotten(),
            bill: state.ledger.clone(),
            limits: state.limiter.save(),
            faults: state.faults.clone(),
        }
    }

    /// Sets a clock to the time of this snapshot, plus the time since.
    pub(crate) fn turn(&self, clock: &VirtualClock) {
        clock.restore(&self.clock);
    }

    pub(crate) fn restore_into(self, service: &ServiceState) {
        let mut state = service.state();
        let flavour = state.limiter.flavour();
        let mut tasks = Tasks::default();
        for task in self.tasks {
            tasks.add(task);
        }
        let objects = std::mem::take(&mut state.objects);
        *state = State {
            objects,
            tasks,
            limiter: Limiter::restored(flavour, self.limits),
            requests: Log::restored(self.requests, self.forgotten),
            downloads: Log::restored(self.downloads, self.downloads_forgotten),
            ledger: self.bill,
            faults: self.faults,
        };
        service.ids.restore(self.seed, self.ids);
        service.time.restore(&self.clock);
        drop(state);
        service.changed.notify_one();
    }
}

impl SnapshotError {
    fn new(message: String) -> Self {
        Self { message }
    }

    pub(crate) fn at(place: &str, what: &dyn fmt::Display) -> Self {
        Self::new(format!("`{place}`: {what}"))
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("schema", &self.schema)
            .field("tasks", &self.tasks.len())
            .field("requests", &self.requests.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl error::Error for SnapshotError {}
