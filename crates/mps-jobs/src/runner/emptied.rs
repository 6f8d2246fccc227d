//! Waits until a batch has nothing left to do.

use super::{PAUSE, Work};
use crate::{ledger::LedgerError, state::State};

/// Waits until no job is left that this or another process can move on.
pub(super) async fn emptied(work: &Work) {
    loop {
        match is_empty(work).await {
            Ok(true) => return,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "the jobs could not be counted"),
        }
        // Counting a large batch takes a while, so it is not done after every change.
        work.clock().sleep(PAUSE).await;
    }
}

async fn is_empty(work: &Work) -> Result<bool, LedgerError> {
    let counts = work.ledger.count(&work.batch).await?;
    let rows = |states: &[State]| {
        let counted = counts.iter().filter(|count| states.contains(&count.state));
        counted.map(|count| count.rows).sum::<i64>()
    };
    let count = |states: &[State]| usize::try_from(rows(states)).unwrap_or(usize::MAX);
    // Claims that could not be given back are intents until another process takes them.
    let intents = count(&[State::Intent]).saturating_sub(work.unreturned_claims());
    let others = count(&[State::Sending, State::Created, State::Done]);
    if intents > 0 || others > work.given_up_rows() {
        return Ok(false);
    }
    Ok(count(&[State::Planned]) == 0 || work.pace.gave_up())
}
