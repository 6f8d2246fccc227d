//! Measurements that outlive the process: the time of a commit, and how long tasks take.

use std::{sync::atomic::Ordering, time::Duration};

use super::{
    Ledger,
    error::LedgerError,
    tx::{Op, Transaction, values},
};

/// The name under which the time of a commit is kept, in microseconds.
const COMMIT: &str = "commit_us";

/// Measurements are stored in `meta` under this prefix.
const PREFIX: &str = "learned:";

impl Ledger {
    /// Returns the smoothed time that [`arm`](Self::arm) takes: by default 5 ms, later the measurements of this
    /// and earlier processes. Arm that long before the slot.
    #[must_use]
    pub fn commit_time(&self) -> Duration {
        Duration::from_micros(self.0.commit_us.load(Ordering::Relaxed))
    }

    /// Returns all stored measurements, as pairs of name and value; for example the durations of a model.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn learned(&self) -> Result<Vec<(String, String)>, LedgerError> {
        self.run(Op::read("learned"), (), |tx, ()| Box::pin(learned(tx)))
            .await
    }

    /// Stores a measurement under a name; the last writer wins. May be lost with the machine.
    /// Idempotent.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn learn(&self, name: &str, value: &str) -> Result<(), LedgerError> {
        let args = (name.to_owned(), value.to_owned());
        self.run(Op::relaxed("learn"), args, |tx, (name, value)| {
            Box::pin(learn(tx, name, value))
        })
        .await
    }

    /// Reads the time of a commit that earlier processes measured.
    pub(super) async fn load_commit_time(&self) -> Result<(), LedgerError> {
        let learned = self.learned().await?;
        let stored = learned.into_iter().find(|(name, _)| name == COMMIT);
        if let Some(us) = stored.and_then(|(_, us)| us.parse().ok()) {
            self.0.commit_us.store(us, Ordering::Relaxed);
            self.0.stored_commit_us.store(us, Ordering::Relaxed);
        }
        Ok(())
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

    /// Stores the time of a commit when it changed by more than a quarter. Errors do not matter.
    pub(super) async fn store_commit_time(&self) {
        let us = self.0.commit_us.load(Ordering::Relaxed);
        let stored = self.0.stored_commit_us.load(Ordering::Relaxed);
        if us.abs_diff(stored) * 4 > stored && self.learn(COMMIT, &us.to_string()).await.is_ok() {
            self.0.stored_commit_us.store(us, Ordering::Relaxed);
        }
    }
}

async fn learned(tx: &mut dyn Transaction) -> Result<Vec<(String, String)>, LedgerError> {
    let sql = "SELECT k, v FROM meta WHERE k LIKE 'learned:%' ORDER BY k";
    let mut learned = Vec::new();
    for mut row in tx.query(sql, &[]).await? {
        let name = row.text()?;
        let name = name.strip_prefix(PREFIX).unwrap_or(&name).to_owned();
        learned.push((name, row.text()?));
    }
    Ok(learned)
}

async fn learn(tx: &mut dyn Transaction, name: &str, value: &str) -> Result<(), LedgerError> {
    set_meta(tx, &format!("{PREFIX}{name}"), value).await
}

/// Sets a value of the table `meta`.
pub(crate) async fn set_meta(
    tx: &mut dyn Transaction,
    name: &str,
    value: &str,
) -> Result<(), LedgerError> {
    tx.execute(
        "INSERT INTO meta (k, v) VALUES ($1, $2) ON CONFLICT (k) DO UPDATE SET v = excluded.v",
        values![name, value],
    )
    .await?;
    Ok(())
}
