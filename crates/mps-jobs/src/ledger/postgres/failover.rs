//! A server that was failed over or restored: noticed, reported, and accepted by a person.
//!
//! Such a server may have forgotten commits, sends among them. So starts stop, each process replays
//! its host's seal, and a person accepts the server once all hosts have done so.

use mps_core::{postgres::Connection, sync::lock};

use super::{PostgresStore, attempt::Failed, begin::Begun, open::newest_is_known};
use crate::ledger::{
    error::{LedgerError, LedgerErrorKind},
    learned::set_meta,
    recall::recall,
    seal::Sealed,
    thread_ended,
    tx::{Op, Transaction, values},
};

/// The newest state of a server that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) cluster: String,
    pub(super) epoch: i64,
}

impl Seen {
    /// Returns why a server may have forgotten commits: it is another one, or older than it was.
    pub(super) fn suspicion(&self, begun: &Begun) -> Option<&'static str> {
        if self.cluster != begun.cluster {
            return Some(OTHER);
        }
        (begun.epoch() < self.epoch).then_some("its write-ahead log went back")
    }
}

/// The reason for a cluster that was never accepted.
pub(super) const OTHER: &str = "it is another server or another timeline";

pub(super) fn not_accepted(reason: &str) -> LedgerError {
    let message = format!(
        "the ledger's PostgreSQL server was failed over or restored ({reason}), so it may have forgotten sends; nothing is started"
    );
    LedgerError::new(LedgerErrorKind::FailedOver, message).with_hint(
        "stop all hosts, start each host that has a seal once, then accept the server: Ledger::accept_failover",
    )
}

impl PostgresStore {
    /// Stops starts of all processes unless the server was accepted, and replays the seal.
    pub(super) async fn take_notice(
        &self,
        begun: &Begun,
        reason: &'static str,
    ) -> Result<(), LedgerError> {
        let _only_one = self.noticing.lock().await;
        if lock(&self.seen).suspicion(begun).is_none() {
            return Ok(());
        }
        let is_accepted = reason == OTHER && begun.cluster == begun.accepted_cluster;
        if !is_accepted {
            self.stop_starts(reason, begun.accepted).await?;
        }
        self.replay().await?;
        let mut seen = lock(&self.seen);
        seen.cluster.clone_from(&begun.cluster);
        seen.epoch = begun.epoch();
        Ok(())
    }

    /// Records in the store that starts wait for a person, unless a failover was accepted meanwhile.
    async fn stop_starts(&self, reason: &'static str, accepted: i64) -> Result<(), LedgerError> {
        tracing::warn!(
            reason,
            "the ledger's server may have forgotten commits; starts wait"
        );
        let args = (reason, accepted.to_string());
        let op = Op::durable("stop_starts");
        self.run_unchecked(op, &args, |tx, (reason, accepted)| {
            Box::pin(stop_starts(tx, reason, accepted))
        })
        .await
    }

    /// Compares all sends of the seal with the store. Returns the number of those that it had
    /// forgotten.
    pub(super) async fn replay(&self) -> Result<u64, LedgerError> {
        let seal = self.seal.clone();
        // One part at a time is in memory, however long the seal is.
        let (to, mut parts) = tokio::sync::mpsc::channel::<Vec<Sealed>>(1);
        let read = self.seal_thread.run(move || {
            seal.for_each_part(|sends| {
                // Nobody receives it after an error of the store, which is what is reported.
                let _received = to.blocking_send(sends);
                Ok(())
            })
        });
        let compare = async move {
            let mut recalled = 0;
            while let Some(sends) = parts.recv().await {
                let op = Op::durable("recall");
                let forgotten = self.run_unchecked(op, &sends, |tx, sends: &Vec<Sealed>| {
                    Box::pin(recall(tx, sends))
                });
                recalled += forgotten.await?;
            }
            Ok::<_, LedgerError>(recalled)
        };
        let (read, recalled) = tokio::join!(read, compare);
        read.unwrap_or_else(|error| Err(thread_ended(error)))?;
        let recalled = recalled?;
        if recalled > 0 {
            tracing::warn!(
                recalled,
                "the ledger forgot sends; they are in doubt, see `mps tasks --in-doubt`"
            );
        }
        Ok(recalled)
    }

    /// Compares a new connection's server with the newest send of the seal: a server loses its
    /// newest transactions first.
    pub(super) async fn compare_with_seal(&self, connection: &Connection) -> Result<(), Failed> {
        let seal = self.seal.clone();
        let newest = self.seal_thread.run(move || seal.newest()).await;
        let newest = newest.unwrap_or_else(|error| Err(thread_ended(error)));
        let Some(sent) = newest.map_err(Failed::Operation)? else {
            return Ok(());
        };
        let begun = Begun::read(connection, &self.server, Op::read("compare")).await?;
        let is_known = newest_is_known(connection, &sent).await;
        let ended = connection.rows("ROLLBACK").await;
        ended.map_err(|failure| Failed::at_begin(&failure))?;
        if is_known? || lock(&self.seen).suspicion(&begun).is_some() {
            // A suspicious server is dealt with at the beginning of the transaction.
            return Ok(());
        }
        // Else a person accepted it without waiting for this host, whose sends are in doubt now.
        if begun.accepted <= Begun::accepted_in(sent.epoch) {
            let reason = "it does not know the newest send of a host";
            let stopped = self.stop_starts(reason, begun.accepted).await;
            stopped.map_err(Failed::Operation)?;
        }
        self.replay().await.map(drop).map_err(Failed::Operation)
    }

    /// Accepts the server as it is, after a replay of this host's seal.
    pub(in crate::ledger) async fn accept_failover(&self) -> Result<u64, LedgerError> {
        let connection = self.connect().await.map_err(Failed::into_error)?;
        let begun = Begun::read(&connection, &self.server, Op::read("accept")).await;
        let begun = begun.map_err(Failed::into_error)?;
        drop(connection);
        let recalled = self.replay().await?;
        let seen = lock(&self.seen).clone();
        let accepted = begun.accepted.max(Begun::accepted_in(seen.epoch)) + 1;
        let args = (begun.cluster.clone(), accepted.to_string());
        let op = Op::durable("accept_failover");
        self.run_unchecked(op, &args, |tx, (cluster, accepted)| {
            Box::pin(accept(tx, cluster, accepted))
        })
        .await?;
        let mut seen = lock(&self.seen);
        seen.cluster = begun.cluster;
        seen.epoch = 0;
        Ok(recalled)
    }
}

async fn stop_starts(
    tx: &mut dyn Transaction,
    reason: &str,
    accepted: &str,
) -> Result<(), LedgerError> {
    let known = "SELECT v FROM meta WHERE k = 'accepted' AND v = $1 FOR UPDATE";
    if tx.query(known, values![accepted]).await?.is_empty() {
        return Ok(());
    }
    set_meta(tx, "failover", reason).await
}

async fn accept(
    tx: &mut dyn Transaction,
    cluster: &str,
    accepted: &str,
) -> Result<(), LedgerError> {
    set_meta(tx, "cluster", cluster).await?;
    set_meta(tx, "accepted", accepted).await?;
    let forget = "DELETE FROM meta WHERE k = $1";
    tx.execute(forget, values!["failover"]).await.map(drop)
}
