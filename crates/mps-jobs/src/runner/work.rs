//! The state that the loops of a run share.

use std::{
    collections::{HashMap, HashSet},
    num::NonZeroUsize,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use mps_aigc::{Aigc, DownloadOptions, ExistingFile, Results};
use mps_core::{clock::SharedClock, sync::lock};
use tokio::sync::Notify;

use super::{PAUSE, claims::Claims, on_wire::OnWire, pace::Pace};
use crate::{
    jobs::Jobs,
    ledger::{BatchId, Item, Key, Ledger, RowId},
    report::{Report, Unrecorded},
    settings::Settings,
};

/// The most results of done tasks that are kept in memory. Others are asked for again.
const KEPT_RESULTS: usize = 1_000;

/// Results that are fetched at the same time: at 10 starts a second, a clip has to be fetched every
/// 100 ms.
const CONNECTIONS: NonZeroUsize = NonZeroUsize::new(16).unwrap();

/// Pauses before results are fetched again.
const FETCH_PAUSES: [Duration; 3] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(120),
];
const LONGEST_FETCH_PAUSE: Duration = Duration::from_secs(600);

/// The state that the loops of a run share. Everything that has to outlive the process is in the ledger.
pub(crate) struct Work {
    pub(crate) ledger: Ledger,
    pub(crate) batch: BatchId,
    pub(crate) aigc: Aigc,
    pub(crate) settings: Arc<Settings>,
    /// Shares the bound on connections.
    pub(super) downloads: DownloadOptions,
    pub(super) claims: Claims,
    pub(super) on_wire: OnWire,
    pub(super) pace: Pace,
    /// Wakes the loops after a change in the ledger by this process.
    pub(super) changed: Arc<Notify>,
    /// `true` while results are not fetched as fast as they would expire.
    behind: AtomicBool,
    shared: Mutex<Shared>,
}

#[derive(Default)]
struct Shared {
    /// Created rows that are not followed yet.
    created: Vec<Item>,
    /// Rows that are followed, or are about to be.
    followed: HashSet<RowId>,
    /// Results of rows that were found done a moment ago.
    results: HashMap<RowId, Results>,
    unrecorded: Vec<Unrecorded>,
    unsaved: HashMap<RowId, Unsaved>,
    /// Claims that could not be given back, as on a full disk. They end with this process, or their lease.
    unreturned: HashSet<RowId>,
    /// Fetched rows whose files were deleted: those that were fetched again, those that the service no
    /// longer has, and those that could not be fetched now, with the reason.
    restored: Vec<Key>,
    gone: Vec<Key>,
    not_restored: Vec<(Key, String)>,
}

/// A row whose results could not be saved.
struct Unsaved {
    key: Key,
    reason: String,
    attempts: u32,
    /// The time of the next attempt, on the monotonic clock.
    retry_at: Duration,
}

impl Work {
    pub(super) fn new(jobs: &Jobs, ledger: &Ledger, batch: BatchId, aigc: &Aigc) -> Self {
        Self {
            ledger: ledger.clone(),
            batch,
            aigc: aigc.clone(),
            settings: jobs.settings.clone(),
            downloads: DownloadOptions::new()
                .existing(ExistingFile::AcceptIdentical)
                .connections(CONNECTIONS),
            claims: Claims::default(),
            on_wire: jobs.on_wire.clone(),
            pace: Pace::new(aigc.client().clock().clone()),
            changed: jobs.changed.clone(),
            behind: AtomicBool::new(false),
            shared: Mutex::default(),
        }
    }

    pub(crate) fn clock(&self) -> &SharedClock {
        self.aigc.client().clock()
    }

    /// Stores what this process has learned of the durations of tasks. A failure costs estimates only.
    pub(super) async fn keep_curves(&self) {
        let endpoint = self.aigc.client().endpoint();
        let curves = self.aigc.curves();
        if let Err(error) = self.ledger.keep_curves(endpoint, &curves).await {
            tracing::warn!(%error, "the learned durations could not be kept");
        }
    }

    /// Waits for a change in the ledger, by this process or by another one.
    pub(super) async fn change(&self) {
        tokio::select! {
            () = self.changed.notified() => {}
            () = self.clock().sleep(PAUSE) => {}
        }
    }

    pub(crate) fn notify(&self) {
        self.changed.notify_waiters();
    }

    /// Returns the number of tasks of this process that are being sent or rendered.
    pub(super) fn in_flight(&self) -> usize {
        let shared = lock(&self.shared);
        self.claims.len() + shared.followed.len()
    }

    /// Hands a created row to the loop that follows it, unless it is followed already.
    pub(crate) fn hand_over(&self, item: Item) {
        let mut shared = lock(&self.shared);
        if shared.followed.insert(item.row.clone()) {
            shared.created.push(item);
            drop(shared);
            self.notify();
        }
    }

    /// Takes the created rows that were handed over.
    pub(super) fn take_created(&self) -> Vec<Item> {
        std::mem::take(&mut lock(&self.shared).created)
    }

    /// Records that a row is no longer followed.
    pub(super) fn ended(&self, row: &RowId) {
        lock(&self.shared).followed.remove(row);
    }

    pub(crate) fn keep_results(&self, row: &RowId, results: Results) {
        let mut shared = lock(&self.shared);
        if shared.results.len() < KEPT_RESULTS {
            shared.results.insert(row.clone(), results);
        }
    }

    pub(crate) fn take_results(&self, row: &RowId) -> Option<Results> {
        lock(&self.shared).results.remove(row)
    }

    /// Returns `true` while fetching cannot keep up, so that nothing should be started.
    pub(super) fn is_behind(&self) -> bool {
        self.behind.load(Ordering::Relaxed)
    }

    pub(super) fn set_behind(&self, behind: bool) {
        self.behind.store(behind, Ordering::Relaxed);
    }

    pub(super) fn unreturned_claims(&self) -> usize {
        lock(&self.shared).unreturned.len()
    }

    /// Records a claim that could not be given back.
    pub(super) fn claim_unreturned(&self, row: &RowId) {
        lock(&self.shared).unreturned.insert(row.clone());
    }

    /// Records that a row is claimed again.
    pub(super) fn reclaimed(&self, row: &RowId) {
        lock(&self.shared).unreturned.remove(row);
    }

    pub(super) fn unrecorded(&self, unrecorded: Unrecorded) {
        lock(&self.shared).unrecorded.push(unrecorded);
    }

    /// Records that results could not be saved, and returns how often in a row. The pause before the next
    /// attempt grows.
    pub(crate) fn unsaved(&self, item: &Item, reason: String) -> u32 {
        let now = self.clock().monotonic();
        let mut shared = lock(&self.shared);
        let before = shared.unsaved.get(&item.row);
        let attempts = before.map_or(0, |unsaved| unsaved.attempts) + 1;
        let index = usize::try_from(attempts - 1).unwrap_or(usize::MAX);
        let pause = FETCH_PAUSES.get(index).unwrap_or(&LONGEST_FETCH_PAUSE);
        let unsaved = Unsaved {
            key: item.key.clone(),
            reason,
            attempts,
            retry_at: now.saturating_add(*pause),
        };
        shared.unsaved.insert(item.row.clone(), unsaved);
        attempts
    }

    pub(crate) fn saved(&self, row: &RowId) {
        lock(&self.shared).unsaved.remove(row);
    }

    /// Returns `true` when the results of a row are not to be fetched yet.
    pub(super) fn waits_to_save(&self, row: &RowId) -> bool {
        let now = self.clock().monotonic();
        let shared = lock(&self.shared);
        shared
            .unsaved
            .get(row)
            .is_some_and(|unsaved| unsaved.retry_at > now)
    }

    pub(super) fn unsaved_rows(&self) -> usize {
        lock(&self.shared).unsaved.len()
    }

    /// Returns the number of rows whose results could not be saved in several attempts.
    pub(super) fn given_up_rows(&self) -> usize {
        let shared = lock(&self.shared);
        let unsaved = shared.unsaved.values();
        let most = u32::try_from(FETCH_PAUSES.len()).unwrap_or(u32::MAX);
        unsaved.filter(|unsaved| unsaved.attempts > most).count()
    }

    pub(super) fn restored(&self, item: &Item) {
        lock(&self.shared).restored.push(item.key.clone());
    }

    pub(super) fn gone(&self, item: &Item) {
        lock(&self.shared).gone.push(item.key.clone());
    }

    pub(super) fn not_restored(&self, item: &Item, reason: String) {
        let key = item.key.clone();
        lock(&self.shared).not_restored.push((key, reason));
    }

    /// Adds what a report says about files that were deleted.
    pub(super) fn report_restored(&self, report: &mut Report) {
        let mut shared = lock(&self.shared);
        report.restored.append(&mut shared.restored);
        report.gone.append(&mut shared.gone);
        report.unsaved.append(&mut shared.not_restored);
    }

    /// Returns what a report says about trouble.
    pub(super) fn take_troubles(&self) -> (Vec<Unrecorded>, Vec<(Key, String)>) {
        let mut shared = lock(&self.shared);
        let unsaved = std::mem::take(&mut shared.unsaved).into_values();
        let unsaved = unsaved
            .map(|unsaved| (unsaved.key, unsaved.reason))
            .collect();
        (std::mem::take(&mut shared.unrecorded), unsaved)
    }
}
