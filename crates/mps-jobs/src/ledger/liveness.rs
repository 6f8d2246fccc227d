//! Processes of the ledger, and the rows that ended ones left behind.

use super::{
    Ledger,
    change::Change,
    error::LedgerError,
    item::{is_orphan, select},
    names::Timestamp,
    rows::{Fence, Item, Token, Worker},
    send::LEASE,
    settle::{is_known_task, released},
    tx::{Op, Transaction, values},
};
use crate::state::{State, Transition};

/// The number of rows that were taken from processes that have ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reaped {
    /// Rows that were not sent: planned again, or unsent.
    pub released: u64,
    /// Rows that may have been sent: now in doubt.
    pub in_doubt: u64,
    /// Rows whose task id was found in the seal.
    pub created: u64,
}

impl Ledger {
    /// Takes the rows of processes that have ended. Rows that were not sent return to their
    /// [`home`](super::Item::home), rows that may have been sent become in doubt. Idempotent.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn reap(&self) -> Result<Reaped, LedgerError> {
        let orphans = self
            .run(Op::read("orphans"), (), |tx, ()| Box::pin(orphans(tx)))
            .await?;
        if orphans.is_empty() {
            return Ok(Reaped::default());
        }
        let tasks = self.sealed_tasks(orphans).await?;
        let op = Op::durable("reap").idempotent();
        self.run(op, tasks, |tx, tasks| Box::pin(reap(tx, tasks)))
            .await
    }

    /// Records that this process is alive. Call it every 5 s on a shared server; a file needs none.
    /// Idempotent.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all.
    pub async fn heartbeat(&self) -> Result<(), LedgerError> {
        let op = Op::relaxed("heartbeat").idempotent();
        self.run(op, (), |tx, ()| Box::pin(register(tx))).await
    }

    /// Returns the living processes that have claimed a row of a batch or sent a heartbeat.
    ///
    /// # Errors
    /// Any error of the store.
    ///
    /// # Cancel safety
    /// Reads only.
    pub async fn workers(&self) -> Result<Vec<Worker>, LedgerError> {
        self.run(Op::read("workers"), (), |tx, ()| Box::pin(workers(tx)))
            .await
    }
}

/// The rows that are claimed or being sent.
const HELD: &str = "phase = 'claimed'";

/// Returns the rows of processes that have ended.
pub(crate) async fn orphans(tx: &mut dyn Transaction) -> Result<Vec<Token>, LedgerError> {
    let mut orphans = Vec::new();
    for item in select(tx, HELD, &[]).await? {
        if is_orphan(tx, &item) {
            orphans.push(token(&item));
        }
    }
    Ok(orphans)
}

fn token(item: &Item) -> Token {
    Token {
        row: item.row.clone(),
        fence: item.fence,
    }
}

async fn reap(tx: &mut dyn Transaction, tasks: &[(Token, String)]) -> Result<Reaped, LedgerError> {
    let mut reaped = Reaped::default();
    for item in select(tx, &format!("{HELD} FOR UPDATE SKIP LOCKED"), &[]).await? {
        if !is_orphan(tx, &item) {
            continue;
        }
        if item.state == State::Intent {
            let Fence(fence) = item.fence;
            let change = Change::new(Transition::Release)
                .note("its process ended before it sent")
                .set("fence", fence + 1);
            released(tx, change, &item).await?;
            reaped.released += 1;
            continue;
        }
        let claim = token(&item);
        let task = tasks.iter().find(|(of, _)| *of == claim);
        match task {
            Some((_, task)) if !is_known_task(tx, &item, task).await? => {
                let now = tx.now().0;
                Change::new(Transition::Create)
                    .note("the seal has the task id")
                    .set("task", task)
                    .set("created", now)
                    .clear(&["owner", "lease", "code", "message"])
                    .apply(tx, &item)
                    .await?;
                reaped.created += 1;
            }
            _ => {
                // The owner stays, for the page that a person reads.
                Change::new(Transition::Doubt)
                    .note("its process ended while it sent")
                    .clear(&["lease"])
                    .apply(tx, &item)
                    .await?;
                reaped.in_doubt += 1;
            }
        }
    }
    remove_workers(tx).await?;
    Ok(reaped)
}

/// Records this process, and that it is alive.
pub(crate) async fn register(tx: &mut dyn Transaction) -> Result<(), LedgerError> {
    let process = tx.process();
    let values = values![
        process.id.as_str(),
        process.host.as_str(),
        process.pid,
        tx.now().0
    ]
    .to_vec();
    tx.execute_late(
        "INSERT INTO worker (id, host, pid, started, seen) VALUES ($1, $2, $3, $4, $4)
            ON CONFLICT (id) DO UPDATE SET seen = excluded.seen",
        &values,
    )
    .await
}

async fn all_workers(tx: &mut dyn Transaction) -> Result<Vec<(Worker, bool)>, LedgerError> {
    let sql = "SELECT id, host, pid, started, seen FROM worker ORDER BY started, id";
    let mut workers = Vec::new();
    for mut row in tx.query(sql, &[]).await? {
        let worker = Worker {
            id: row.text()?,
            host: row.text()?,
            pid: row.int()?,
            started: Timestamp(row.int()?),
            seen: Timestamp(row.int()?),
        };
        let has_ended = tx.is_orphan(&worker.id, worker.seen.after(LEASE));
        workers.push((worker, has_ended));
    }
    Ok(workers)
}

async fn workers(tx: &mut dyn Transaction) -> Result<Vec<Worker>, LedgerError> {
    let all = all_workers(tx).await?.into_iter();
    Ok(all
        .filter(|(_, has_ended)| !has_ended)
        .map(|(worker, _)| worker)
        .collect())
}

async fn remove_workers(tx: &mut dyn Transaction) -> Result<(), LedgerError> {
    for (worker, has_ended) in all_workers(tx).await? {
        if has_ended {
            tx.execute("DELETE FROM worker WHERE id = $1", values![&worker.id])
                .await?;
        }
    }
    Ok(())
}
