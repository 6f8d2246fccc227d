//! The batch that a command is about.

use mps_jobs::{
    Ledger,
    ledger::{Batch, BatchId},
};

use crate::{failure::Failure, foreign_text};

/// Returns the batch with a name, or the newest one.
///
/// # Errors
/// Returns a usage error when there is none.
pub(super) async fn find(ledger: &Ledger, name: Option<&BatchId>) -> Result<Batch, Failure> {
    let mut batches = ledger.batches().await?;
    batches.retain(|batch| !batch.id.is_singles());
    let Some(name) = name else {
        let newest = batches.into_iter().next();
        return newest.ok_or_else(|| {
            Failure::usage("the ledger has no batch").hint("run one: mps batch run FILE --out DIR")
        });
    };
    let known: Vec<_> = batches
        .iter()
        .take(5)
        .map(|batch| foreign_text::name(batch.id.as_str()).into_owned())
        .collect();
    let found = batches.into_iter().find(|batch| batch.id == *name);
    found.ok_or_else(|| {
        let shown = foreign_text::name(name.as_str());
        let failure = Failure::usage(format!("the ledger has no batch {shown}"));
        failure.hint(match known.as_slice() {
            [] => "run it first: mps batch run FILE --out DIR".to_owned(),
            known => format!("name one that it has: {}", known.join(", ")),
        })
    })
}
