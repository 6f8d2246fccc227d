//! Selections of rows, and the pages of a listing.

use super::{
    error::LedgerError,
    import::list as parameters,
    names::{BatchId, Timestamp},
    phase,
    read::selected,
    rows::{Item, RowId},
    tx::{Transaction, Value, values},
};
use crate::state::State;

/// A selection of rows. The default selects all, newest first, up to 1,000.
///
/// # Examples
/// ```
/// use mps_jobs::{State, ledger::Filter};
///
/// let doubtful = Filter { states: vec![State::InDoubt], ..Filter::default() };
/// assert_eq!(doubtful.limit, 1_000);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Rows of this batch, in its order; of all batches and single creates, newest first, if `None`.
    pub batch: Option<BatchId>,
    /// Rows of this account.
    pub account: Option<String>,
    /// Rows of this endpoint.
    pub endpoint: Option<String>,
    /// Rows in one of these states; in any, if empty.
    pub states: Vec<State>,
    /// Rows whose results expire before this time, the earliest first; in one page, unless in a batch.
    pub expires_before: Option<Timestamp>,
    /// Rows after this one: the last row of the page before.
    pub after: Option<(Timestamp, RowId)>,
    /// The most rows to return.
    pub limit: usize,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            batch: None,
            account: None,
            endpoint: None,
            states: Vec::new(),
            expires_before: None,
            after: None,
            limit: 1_000,
        }
    }
}

/// Returns a page of the selected rows.
pub(super) async fn list(
    tx: &mut dyn Transaction,
    filter: &Filter,
) -> Result<Vec<Item>, LedgerError> {
    let (mut conditions, mut values) = (vec!["1 = 1".to_owned()], Vec::new());
    let mut equal = |column: &str, operator: &str, value: Value| {
        values.push(value);
        conditions.push(format!("{column} {operator} ${}", values.len()));
    };
    if let Some(account) = &filter.account {
        equal("account", "=", account.into());
    }
    if let Some(endpoint) = &filter.endpoint {
        equal("endpoint", "=", endpoint.into());
    }
    if let Some(time) = filter.expires_before {
        equal("expires", "<", time.0.into());
    }
    if let Some(batch) = &filter.batch {
        equal("batch", "=", batch.as_str().into());
        if let Some((_, row)) = &filter.after {
            equal("seq", ">", row.seq.into());
        }
    }
    if !filter.states.is_empty() {
        let list = parameters(values.len() + 1, filter.states.len());
        conditions.push(format!("state IN ({list})"));
        values.extend(
            filter
                .states
                .iter()
                .map(|state| Value::from(state.as_str())),
        );
        if has_few_rows(filter) {
            // By its index, where reading the rows in order would read nearly all of them.
            conditions.push(format!("phase IN ({})", phase::list(&filter.states)));
        }
    }
    let order = if filter.batch.is_some() {
        "seq"
    } else if filter.expires_before.is_some() {
        "expires, batch, seq"
    } else {
        if let Some((added, row)) = &filter.after {
            let (batch, seq, time) = (values.len() + 1, values.len() + 2, values.len() + 3);
            // The row may have been removed since.
            conditions.push(format!(
                "n < COALESCE((SELECT n FROM item WHERE batch = ${batch} AND seq = ${seq}),
                    (SELECT MIN(n) FROM item WHERE added >= ${time}))"
            ));
            values.extend_from_slice(values![row.batch.as_str(), row.seq, added.0]);
        }
        "n DESC"
    };
    values.push(Value::Int(i64::try_from(filter.limit).unwrap_or(i64::MAX)));
    let conditions = conditions.join(" AND ");
    let condition = format!("{conditions} ORDER BY {order} LIMIT ${}", values.len());
    selected(tx, &condition, &values).await
}

/// Returns `true` when the states of a selection are those of few rows, or are in the order of a batch.
fn has_few_rows(filter: &Filter) -> bool {
    let is_rare = |state: &State| {
        matches!(
            state,
            State::Intent | State::Sending | State::InDoubt | State::Done
        )
    };
    filter.states.iter().all(is_rare) || filter.batch.is_some() && filter.states.len() == 1
}
