//! Measurements that outlive the process: the time of a commit, and how long tasks take.

use std::{sync::atomic::Ordering, time::Duration};

use mps_aigc::{Curves, Endpoint};

use super::{
    Ledger,
    error::LedgerError,
    tx::{Op, Transaction, Value, values},
};

/// The name under which the time of a commit is kept, in microseconds.
pub(super) const COMMIT: &str = "learned:commit_us";

/// The name of the durations of tasks, before the host of the endpoint.
const CURVES: &str = "learned:curves:";

impl Ledger {
    /// Returns the smoothed time that [`arm`](Self::arm) takes: by default 5 ms, later the measurements of this
    /// and earlier processes. Arm that long before the slot.
    #[must_use]
    pub fn commit_time(&self) -> Duration {
        Duration::from_micros(self.0.commit_us.load(Ordering::Relaxed))
    }

    /// Returns the durations of tasks that were learned at an endpoint; empty if none were, or if a newer
    /// version stored them.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn curves(&self, endpoint: &Endpoint) -> Result<Curves, LedgerError> {
        let stored = self.learned(curves_of(endpoint)).await?;
        let curves = stored.and_then(|json| serde_json::from_str(&json).ok());
        Ok(curves.unwrap_or_default())
    }

    /// Stores the durations of tasks that were learned at an endpoint; the last writer wins. May be lost
    /// with the machine. Idempotent.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn keep_curves(
        &self,
        endpoint: &Endpoint,
        curves: &Curves,
    ) -> Result<(), LedgerError> {
        match serde_json::to_string(curves) {
            Ok(json) if !curves.is_empty() => self.learn(curves_of(endpoint), json).await,
            _ => Ok(()),
        }
    }

    async fn learned(&self, name: String) -> Result<Option<String>, LedgerError> {
        self.run(Op::read("learned"), name, |tx, name| {
            Box::pin(meta(tx, name))
        })
        .await
    }

    async fn learn(&self, name: String, value: String) -> Result<(), LedgerError> {
        let op = Op::relaxed("learn").idempotent();
        self.run(op, (name, value), |tx, (name, value)| {
            Box::pin(set_meta(tx, name, value))
        })
        .await
    }

    /// Reads the time of a commit that earlier processes measured.
    #[cfg(feature = "postgres")]
    pub(super) async fn load_commit_time(&self) -> Result<(), LedgerError> {
        let stored = self.learned(COMMIT.to_owned()).await?;
        self.start_with_commit_time(stored.and_then(|us| us.parse().ok()));
        Ok(())
    }

    /// Starts with the time of a commit that earlier processes measured.
    pub(super) fn start_with_commit_time(&self, us: Option<u64>) {
        if let Some(us) = us {
            self.0.commit_us.store(us, Ordering::Relaxed);
            self.0.stored_commit_us.store(us, Ordering::Relaxed);
        }
    }

    /// Smooths a measured time of [`arm`](Self::arm): a fifth of the new one. An outlier of more than
    /// 50 ms counts as that, which is when a slot is missed anyway.
    pub(super) fn measure_commit(&self, measured: Duration) {
        let us = u64::try_from(measured.as_micros())
            .unwrap_or(u64::MAX)
            .min(50_000);
        let smoothed = |old: u64| Some((old * 4 + us) / 5);
        let _always = self
            .0
            .commit_us
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, smoothed);
    }

    /// Returns the time of a commit if it changed by more than a quarter since it was stored.
    pub(super) fn changed_commit_time(&self) -> Option<u64> {
        let us = self.0.commit_us.load(Ordering::Relaxed);
        let stored = self.0.stored_commit_us.load(Ordering::Relaxed);
        (us.abs_diff(stored) * 4 > stored).then_some(us)
    }

    /// Remembers that a time of a commit is stored.
    pub(super) fn commit_time_is_kept(&self, us: u64) {
        self.0.stored_commit_us.store(us, Ordering::Relaxed);
    }

    /// Stores the time of a commit if it changed by more than a quarter. Errors do not matter.
    pub(super) async fn store_commit_time(&self) {
        if let Some(us) = self.changed_commit_time()
            && self.learn(COMMIT.to_owned(), us.to_string()).await.is_ok()
        {
            self.commit_time_is_kept(us);
        }
    }
}

/// Stores the time of a commit, in a transaction that has another purpose.
pub(super) async fn keep_commit_time(
    tx: &mut dyn Transaction,
    us: Option<u64>,
) -> Result<(), LedgerError> {
    match us {
        Some(us) => set_meta(tx, COMMIT, us.to_string()).await,
        None => Ok(()),
    }
}

/// Returns the name under which the durations of tasks at an endpoint are kept. Those of emulators say
/// nothing about the service.
fn curves_of(endpoint: &Endpoint) -> String {
    let host = if endpoint.is_loopback() {
        "loopback"
    } else {
        endpoint.host()
    };
    format!("{CURVES}{host}")
}

/// Returns a value of the table `meta`.
pub(crate) async fn meta(
    tx: &mut dyn Transaction,
    name: &str,
) -> Result<Option<String>, LedgerError> {
    let sql = "SELECT v FROM meta WHERE k = $1";
    let found = tx.query(sql, values![name]).await?.pop();
    found.map(|mut row| row.text()).transpose()
}

/// Sets a value of the table `meta`.
pub(crate) async fn set_meta(
    tx: &mut dyn Transaction,
    name: &str,
    value: impl Into<Value>,
) -> Result<(), LedgerError> {
    let value: Value = value.into();
    tx.execute(
        "INSERT INTO meta (k, v) VALUES ($1, $2) ON CONFLICT (k) DO UPDATE SET v = excluded.v",
        values![name, value],
    )
    .await?;
    Ok(())
}
