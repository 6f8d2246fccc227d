//! A change of a row's state: decided by the pure state machine, compared with the row's token and
//! state, counted against the caps, and recorded as an event.

use super::{
    error::{LedgerError, LedgerErrorKind},
    item::locked,
    phase,
    rows::{Fence, Item, RowId},
    tx::{Transaction, Value, values},
};
use crate::state::{self, State, Transition};

/// A transition of a row, with the columns that change beside the state.
pub(crate) struct Change<'a> {
    transition: Transition,
    note: Option<&'a str>,
    columns: Vec<(&'static str, Value)>,
}

impl<'a> Change<'a> {
    pub(crate) fn new(transition: Transition) -> Self {
        Self {
            transition,
            note: None,
            columns: Vec::new(),
        }
    }

    /// Sets the reason that the event records, one of this program's own texts.
    pub(crate) fn note(mut self, note: &'a str) -> Self {
        self.note = Some(note);
        self
    }

    pub(crate) fn set(mut self, column: &'static str, value: impl Into<Value>) -> Self {
        self.columns.push((column, value.into()));
        self
    }

    pub(crate) fn clear(mut self, columns: &[&'static str]) -> Self {
        let columns = columns.iter().map(|column| (*column, Value::Null));
        self.columns.extend(columns);
        self
    }

    /// Applies the change to a row that was read in the same transaction: to the row and to the sums of its
    /// batch, with an event. Returns the state after it.
    pub(crate) async fn apply(
        self,
        tx: &mut dyn Transaction,
        item: &Item,
    ) -> Result<State, LedgerError> {
        let to = self.target(item)?;
        let (sql, values) = self.statement(item, to);
        if !tx.change_one(&sql, &values).await? {
            return Err(claim_lost(&item.row));
        }
        self.count_and_record(tx, item, to).await?;
        Ok(to)
    }

    /// Applies the change to a row that was read in the same transaction, and returns the row after it.
    pub(crate) async fn apply_and_read(
        self,
        tx: &mut dyn Transaction,
        item: &Item,
    ) -> Result<Item, LedgerError> {
        self.apply(tx, item).await?;
        let changed = locked(tx, &item.row).await?;
        changed.ok_or_else(|| no_row(&item.row))
    }

    /// Returns the state after the change.
    pub(crate) fn target(&self, item: &Item) -> Result<State, LedgerError> {
        state::next(item.state, self.transition, item.home)
            .map_err(|illegal| wrong_state(&item.row, item.state).with_source(illegal))
    }

    /// Counts a change of a row against the caps, and records the event. `item` is the row before it.
    pub(crate) async fn count_and_record(
        &self,
        tx: &mut dyn Transaction,
        item: &Item,
        to: State,
    ) -> Result<(), LedgerError> {
        if let Some((sql, values)) = self.sums(item, to)
            && !tx.change_one(&sql, &values).await?
        {
            return Err(cap_reached(tx, item).await?);
        }
        self.record(tx, item, to).await
    }

    async fn record(
        &self,
        tx: &mut dyn Transaction,
        item: &Item,
        to: State,
    ) -> Result<(), LedgerError> {
        let new_fence = self.columns.iter().find_map(|column| match column {
            ("fence", Value::Int(fence)) => Some(Fence(*fence)),
            _ => None,
        });
        let fence = new_fence.unwrap_or(item.fence);
        record(tx, &item.row, fence, Some(item.state), to, self.note.into()).await
    }

    fn statement(&self, item: &Item, to: State) -> (String, Vec<Value>) {
        let mut sql = String::from("UPDATE item SET state = $5, phase = $6");
        let mut values = values![
            item.row.batch.as_str(),
            item.row.seq,
            item.fence.0,
            item.state.as_str(),
            to.as_str(),
            phase::of(to),
        ]
        .to_vec();
        for (column, value) in &self.columns {
            values.push(value.clone());
            let number = values.len().to_string();
            sql.extend([", ", column, " = $", &number]);
        }
        // An open row has no end. Only where it had one: a column that is set changes the pages of its indexes.
        let is_open = !to.is_ended() && to != State::Done;
        if is_open && item.done.is_some() && self.columns.iter().all(|(name, _)| *name != "done") {
            sql.push_str(", done = NULL");
        }
        sql.push_str(" WHERE batch = $1 AND seq = $2 AND fence = $3 AND state = $4");
        (sql, values)
    }

    /// Returns the statement that moves the row's price between the sums of its batch; `None` if they do not
    /// change. A transition that begins an attempt must fit the caps; any other records a past event.
    fn sums(&self, item: &Item, to: State) -> Option<(String, Vec<Value>)> {
        let money = state::money(item.state, to, self.transition);
        if money == state::Money::default() {
            return None;
        }
        let price = item.price.unwrap_or_default();
        let (held, held_ms) = (money.held * price, money.held * item.ms);
        let (spent, spent_ms) = (money.spent * price, money.spent * item.ms);
        let begins = matches!(
            self.transition,
            Transition::Claim | Transition::Resubmit | Transition::RecreateNow
        );
        let mut sql = String::from(
            "UPDATE batch SET held = held + $2, held_ms = held_ms + $3, spent = spent + $4,
                spent_ms = spent_ms + $5 WHERE id = $1",
        );
        if begins {
            let priced = if item.price.is_some() {
                ""
            } else {
                " AND cap IS NULL"
            };
            sql.push_str(priced);
            sql.push_str(
                " AND (cap IS NULL OR held + spent + $2 + $4 <= cap)
                    AND (cap_ms IS NULL OR held_ms + spent_ms + $3 + $5 <= cap_ms)",
            );
        }
        let batch = item.row.batch.as_str();
        let values = values![batch, held, held_ms, spent, spent_ms];
        Some((sql, values.to_vec()))
    }
}

/// Records an event of a row.
pub(crate) async fn record(
    tx: &mut dyn Transaction,
    row: &RowId,
    fence: Fence,
    was: Option<State>,
    now: State,
    note: Value,
) -> Result<(), LedgerError> {
    let worker = tx.process().id.clone();
    let mut values = values![
        row.batch.as_str(),
        row.seq,
        fence.0,
        was.map(State::as_str),
        now.as_str(),
        worker,
        note,
    ]
    .to_vec();
    let at = now_or_parameter(tx, &mut values);
    let sql = format!(
        "INSERT INTO event (batch, seq, fence, was, now, worker, note, at /*SQLite:, previous*/)
            VALUES ($1, $2, $3, $4, $5, $6, $7, {at} /*SQLite:,
                (SELECT last_event FROM item WHERE batch = ?1 AND seq = ?2)*/)"
    );
    tx.execute_late(&sql, &values).await
}

/// Returns the time as an expression of a statement with these parameters, to which it is added if necessary.
pub(crate) fn now_or_parameter(tx: &dyn Transaction, values: &mut Vec<Value>) -> String {
    if let Some(now) = tx.now_in_sql() {
        return now.to_owned();
    }
    values.push(tx.now().0.into());
    format!("${}", values.len())
}

/// Returns the error that names the cap which the row's price does not fit.
async fn cap_reached(tx: &mut dyn Transaction, item: &Item) -> Result<LedgerError, LedgerError> {
    let batch = values![item.row.batch.as_str()];
    let sums = "SELECT cap, held + spent, cap_ms, held_ms + spent_ms FROM batch WHERE id = $1";
    let Some(mut row) = tx.query(sums, batch).await?.pop() else {
        return Ok(no_batch(item.row.batch.as_str()));
    };
    let (cap, used) = (row.optional_int()?, row.int()?);
    let (cap_ms, used_ms) = (row.optional_int()?, row.int()?);
    let price = item.price.unwrap_or_default();
    if let (Some(_), None) = (cap, item.price) {
        return Ok(no_price(&item.row));
    }
    let message = match (cap, cap_ms) {
        (Some(cap), _) if used + price > cap => format!(
            "the next row costs {} and {} of {} are used: the cap on money is reached",
            decimal(price, 6),
            decimal(used, 6),
            decimal(cap, 6)
        ),
        _ => format!(
            "the next row is {} s long and {} of {} s are used: the cap on seconds is reached",
            decimal(item.ms, 3),
            decimal(used_ms, 3),
            decimal(cap_ms.unwrap_or_default(), 3)
        ),
    };
    Ok(LedgerError::new(LedgerErrorKind::CapReached, message)
        .with_hint("raise the cap, or wait until rows in doubt are resolved: mps tasks --in-doubt"))
}

/// Returns a number of `10^-digits` units as a decimal without trailing zeros.
pub(crate) fn decimal(value: i64, digits: u32) -> String {
    let unit = 10_i64.pow(digits);
    let rest = (value % unit).abs();
    if rest == 0 {
        return (value / unit).to_string();
    }
    let width = usize::try_from(digits).unwrap_or_default();
    let text = format!("{}.{rest:0width$}", value / unit);
    text.trim_end_matches('0').to_owned()
}

pub(crate) fn no_price(row: &RowId) -> LedgerError {
    let message = format!("the price of {row} is not known, and the cap on money needs it");
    LedgerError::new(LedgerErrorKind::NoPrice, message)
        .with_hint("supply a price table, or use a cap on seconds: --max-seconds N")
}

pub(crate) fn claim_lost(row: &RowId) -> LedgerError {
    let message = format!("{row} was taken over by another process; nothing was sent");
    LedgerError::new(LedgerErrorKind::ClaimLost, message).with_hint("look at it: mps tasks")
}

pub(crate) fn wrong_state(row: &RowId, state: State) -> LedgerError {
    let message = format!("{row} is {}, which does not allow this", state.words());
    LedgerError::new(LedgerErrorKind::WrongState, message).with_hint("look at it: mps tasks")
}

pub(crate) fn no_row(row: &RowId) -> LedgerError {
    let message = format!("the ledger has no row {row}");
    LedgerError::new(LedgerErrorKind::NotFound, message).with_hint("list the rows: mps tasks")
}

pub(crate) fn no_batch(id: &str) -> LedgerError {
    let message = format!("the ledger has no batch {id}");
    LedgerError::new(LedgerErrorKind::NotFound, message)
        .with_hint("submit its requests first: Jobs::submit")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_shown_without_trailing_zeros() {
        for (value, digits, text) in [
            (0, 6, "0"),
            (5_000, 3, "5"),
            (5_250, 3, "5.25"),
            (1, 6, "0.000001"),
            (12_000_100, 6, "12.0001"),
        ] {
            assert_eq!(decimal(value, digits), text);
        }
    }
}
