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
    let open = rows(&[State::Intent, State::Sending, State::Created, State::Done]);
    let given_up = work.given_up_rows() + work.unreturned_claims();
    if usize::try_from(open).unwrap_or(usize::MAX) > given_up {
        return Ok(false);
    }
    Ok(rows(&[State::Planned]) == 0 || work.pace.gave_up())
}
