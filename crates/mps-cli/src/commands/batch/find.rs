//! The batch that a command is about.

use mps_jobs::{
    Ledger,
    ledger::{Batch, BatchId},
};

use crate::{context::Context, failure::Failure, foreign_text};

/// The hint where a ledger is that of one endpoint.
const OTHER_LEDGERS: &str = "run one: mps batch run FILE --out DIR; --emulator keeps its ledger for one command only, and each \
                             endpoint on this machine has a ledger of its own: repeat the endpoint and the keys of the run";

/// Returns the batch with a name, or the newest one.
///
/// # Errors
/// Returns a usage error when there is none.
pub(super) async fn find(
    ledger: &Ledger,
    name: Option<&BatchId>,
    context: &Context,
) -> Result<Batch, Failure> {
    let run_one = if is_of_one_endpoint(context)? {
        OTHER_LEDGERS
    } else {
        "run one: mps batch run FILE --out DIR"
    };
    let mut batches = ledger.batches().await?;
    batches.retain(|batch| !batch.id.is_singles());
    let Some(name) = name else {
        let newest = batches.into_iter().next();
        return newest.ok_or_else(|| {
            let failure = Failure::usage("the ledger has no batch");
            failure.hint(run_one)
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
            [] => run_one.to_owned(),
            known => format!("name one that it has: {}", known.join(", ")),
        })
    })
}

/// Returns `true` if the ledger follows from the endpoint: that of `--emulator`, or of an endpoint on this
/// machine.
fn is_of_one_endpoint(context: &Context) -> Result<bool, Failure> {
    let global = &context.global;
    Ok(global.emulator || (global.ledger.is_none() && context.endpoint()?.is_loopback()))
}
