//! Single creates, with their key and the guard against repeats.

use std::{cmp::Reverse, fmt};

use super::{
    Ledger, batch,
    change::Change,
    daily_cap,
    error::LedgerError,
    import::last_seq,
    insert::{insert, unclaimed},
    item::{is_orphan, select},
    liveness::orphans,
    names::BatchId,
    rows::{Claim, Fence, Item, NewItem, RowId},
    send::{LEASE, claimed},
    tx::{Op, Transaction, Value, values},
};
use crate::state::{Home, State, Transition};

/// Limits on the spending of a batch. The prices of open rows count as spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caps {
    /// The most money, in millionths of the currency. Needs the price of every row.
    pub money: Option<i64>,
    /// The most billable milliseconds.
    pub ms: Option<i64>,
}

/// A single create to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Single {
    /// The account that pays.
    pub account: String,
    /// The host of the endpoint.
    pub endpoint: String,
    /// The row.
    pub item: NewItem,
    /// Sends it even if the same content is in doubt, being sent, or created and not done. For a
    /// create whose key the caller chose, which is guarded by its key instead.
    pub again: bool,
    /// The caps of the account's single creates, if there are any.
    pub caps: Caps,
    /// For a create by an agent: the most billable milliseconds of the account's creates by agents on
    /// one day (UTC), in all processes. A task that is not billed by the second counts as one second.
    ///
    /// Such a create belongs to [`BatchId::agents`]. `None` for a create by a person.
    pub agent_cap_ms: Option<i64>,
}

impl Single {
    /// Returns the batch that the create belongs to.
    #[must_use]
    pub fn batch(&self) -> BatchId {
        match self.agent_cap_ms {
            Some(_) => BatchId::agents(&self.account, &self.endpoint),
            None => BatchId::singles(&self.account, &self.endpoint),
        }
    }
}

/// The outcome of recording a single create. `Debug` leaves bodies out.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Submission {
    /// The intent is recorded: arm it and send it.
    Claimed(Box<Claim>),
    /// The key has this row already, with the same content. Nothing may be sent.
    Existing(Box<Item>),
    /// The key has a row with another content, whose body is this JSON.
    Differs(Box<Item>, Option<String>),
    /// The same content is in doubt, being sent by a living process, or created and not done.
    Repeat(Box<Item>),
}

impl fmt::Debug for Submission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Claimed(claim) => f.debug_tuple("Claimed").field(claim).finish(),
            Self::Existing(item) => f.debug_tuple("Existing").field(item).finish(),
            Self::Differs(item, _) => f.debug_tuple("Differs").field(item).finish(),
            Self::Repeat(item) => f.debug_tuple("Repeat").field(item).finish(),
        }
    }
}

impl Ledger {
    /// Records a single create and claims it, unless its key or its content is recorded already.
    ///
    /// Looks at the key, at repeats and at the caps in the transaction of the intent, so of two callers
    /// at the same moment one receives the other's row. Rows of processes that have ended are reaped
    /// first. A row of the key that was refused or not sent is claimed again.
    ///
    /// # Examples
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), mps_jobs::LedgerError> {
    /// use mps_core::clock::SystemClock;
    /// use mps_jobs::{Ledger, content_hash, ledger::{Caps, Key, NewItem, Single, Submission}};
    ///
    /// let ledger = Ledger::in_memory(SystemClock::shared())?;
    /// let create = |key: Key| {
    ///     let (action, body) = ("CreateAigcVideoTask", r#"{"Prompt":"a cat"}"#);
    ///     Single {
    ///         account: "account=team".to_owned(),
    ///         endpoint: "mps.intl.tencentcloudapi.com".to_owned(),
    ///         item: NewItem {
    ///             key,
    ///             action: action.to_owned(),
    ///             model: None,
    ///             hash: content_hash(action, body),
    ///             body: body.to_owned(),
    ///             ms: 5_000,
    ///             price: None,
    ///             out: None,
    ///         },
    ///         again: false,
    ///         caps: Caps::default(),
    ///         agent_cap_ms: None,
    ///     }
    /// };
    /// let first = ledger.submit(create(Key::random())).await?;
    /// assert!(matches!(first, Submission::Claimed(_)));
    /// let second = ledger.submit(create(Key::random())).await?;
    /// assert!(matches!(second, Submission::Repeat(_)));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`CapReached`](super::LedgerErrorKind::CapReached), [`NoPrice`](super::LedgerErrorKind::NoPrice);
    /// else any error of the store.
    ///
    /// # Cancel safety
    /// A dropped call either happened completely or not at all. A claim that was not received becomes
    /// unsent when the process ends.
    pub async fn submit(&self, single: Single) -> Result<Submission, LedgerError> {
        let op = Op::durable("submit").joined();
        let first = self
            .run(op, single.clone(), |tx, single| {
                Box::pin(submit_unless_orphans(tx, single))
            })
            .await?;
        if let Some(submission) = first {
            return Ok(submission);
        }
        self.reap().await?;
        self.run(op, single, |tx, single| Box::pin(submit(tx, single)))
            .await
    }
}

/// Returns `None` when there are rows to be reaped first, which needs the seal.
async fn submit_unless_orphans(
    tx: &mut dyn Transaction,
    single: &Single,
) -> Result<Option<Submission>, LedgerError> {
    if !orphans(tx).await?.is_empty() {
        return Ok(None);
    }
    submit(tx, single).await.map(Some)
}

async fn submit(tx: &mut dyn Transaction, single: &Single) -> Result<Submission, LedgerError> {
    let batch = single.batch();
    batch::open_singles(tx, &batch, single).await?;
    let values = values![batch.as_str(), single.item.key.as_str()];
    let known = select(tx, "batch = $1 AND key = $2", values).await?.pop();
    if let Some(item) = known {
        return known_key(tx, single, item).await;
    }
    if !single.again
        && let Some(item) = repeat(tx, &batch, single).await?
    {
        return Ok(Submission::Repeat(Box::new(item)));
    }
    insert_claimed(tx, batch, single).await
}

async fn known_key(
    tx: &mut dyn Transaction,
    single: &Single,
    item: Item,
) -> Result<Submission, LedgerError> {
    if item.hash != single.item.hash {
        let body = batch::body(tx, &item.row).await?;
        return Ok(Submission::Differs(Box::new(item), body));
    }
    match item.state {
        State::Unsent | State::Refused => claim_again(tx, single, &item).await,
        _ => Ok(Submission::Existing(Box::new(item))),
    }
}

/// Returns the row of another create with the same content that may still be billed.
async fn repeat(
    tx: &mut dyn Transaction,
    batch: &BatchId,
    single: &Single,
) -> Result<Option<Item>, LedgerError> {
    let mut same = select(
        tx,
        // Open single creates have an index, which names them by the second and third line.
        "batch = $4 AND account = $1 AND endpoint = $2 AND hash = $3
            AND substr(batch, 1, 1) = '/' AND done IS NULL
            AND state IN ('intent', 'sending', 'in_doubt', 'created')",
        values![
            &single.account,
            &single.endpoint,
            &single.item.hash,
            batch.as_str()
        ],
    )
    .await?;
    // Not by the store, whose planner may read all rows in this order.
    same.sort_by_key(|item| Reverse(item.added));
    // A process that ended before it sent leaves nothing that could be billed.
    let is_living =
        |item: &Item, tx: &mut dyn Transaction| item.state != State::Intent || !is_orphan(tx, item);
    Ok(same.into_iter().find(|item| is_living(item, tx)))
}

/// Claims a row of the key that was refused or not sent.
async fn claim_again(
    tx: &mut dyn Transaction,
    single: &Single,
    item: &Item,
) -> Result<Submission, LedgerError> {
    if let Some(cap) = single.agent_cap_ms {
        daily_cap::admit(tx, item, cap).await?;
    }
    // The body that is sent: of equal content, but the URL of a file in it may be another one.
    let body = Value::private(&single.item.body);
    let body = values![item.row.batch.as_str(), item.row.seq, body];
    tx.execute(
        "INSERT INTO body (batch, seq, json) VALUES ($1, $2, $3)
            ON CONFLICT (batch, seq) DO UPDATE SET json = excluded.json",
        body,
    )
    .await?;
    let change = Change::new(Transition::Resubmit)
        .set("account", &single.account)
        .set("endpoint", &single.endpoint)
        .set("home", State::Unsent.as_str())
        // Its content is here again, and is removed again in time.
        .clear(&["forgotten"]);
    let item = Item {
        account: Some(single.account.clone()),
        endpoint: Some(single.endpoint.clone()),
        home: Home::Unsent,
        ..claimed(tx, change, item).await?
    };
    Ok(to_send(single, item))
}

fn to_send(single: &Single, item: Item) -> Submission {
    let body = single.item.body.clone();
    Submission::Claimed(Box::new(Claim { item, body }))
}

/// Inserts the row as one that is claimed: what inserting it unsent and claiming it would come to, with
/// half the work.
async fn insert_claimed(
    tx: &mut dyn Transaction,
    batch: BatchId,
    single: &Single,
) -> Result<Submission, LedgerError> {
    let seq = last_seq(tx, &batch).await? + 1;
    let unsent = Item {
        account: Some(single.account.clone()),
        endpoint: Some(single.endpoint.clone()),
        ..unclaimed(tx, RowId { batch, seq }, &single.item, Home::Unsent)
    };
    if let Some(cap) = single.agent_cap_ms {
        daily_cap::admit(tx, &unsent, cap).await?;
    }
    let change = Change::new(Transition::Resubmit).set("fence", FIRST.0);
    let item = Item {
        state: change.target(&unsent)?,
        fence: FIRST,
        attempt: 1,
        owner: Some(tx.process().id.clone()),
        lease: Some(tx.now().after(LEASE)),
        ..unsent.clone()
    };
    insert(tx, &item, &[&single.item]).await?;
    change.count_and_record(tx, &unsent, item.state).await?;
    Ok(to_send(single, item))
}

/// The token of a row's first claim.
const FIRST: Fence = Fence(1);
