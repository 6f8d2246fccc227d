//! The arguments of `mps batch run`.

use std::num::NonZeroUsize;

use clap::Args;
use mps_jobs::Amount;

use crate::commands::batch::{manifest_args::ManifestArgs, prices::PricesArgs};

const EXAMPLES: &str = "\
Examples:
  mps batch run prompts.jsonl --out clips
  mps batch run prompts.csv --out clips --max-seconds 3000 --sidecar
  mps batch run prompts.csv --out clips --prices prices.toml --max-spend 50
  # from several hosts, one ledger
  mps batch run prompts.csv --out clips --name spring
  # try it without an account
  mps --emulator batch run prompts.jsonl --out clips

Run it again after a crash, or with more rows: each row is billed once.";

/// The arguments of `mps batch run`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(super) manifest: ManifestArgs,
    /// Stop starting when rows of the batch are billed for this many seconds, over all runs and hosts
    #[arg(long, value_name = "N", value_parser = crate::request::natural_number)]
    pub(super) max_seconds: Option<u64>,
    /// Stop starting when rows of the batch cost this much, in the currency of the price table
    #[arg(long, value_name = "AMOUNT")]
    pub(super) max_spend: Option<Amount>,
    #[command(flatten)]
    pub(super) prices: PricesArgs,
    /// Largest number of tasks that this process sends or waits for at the same time [default: no bound
    /// but the service's]
    #[arg(long, value_name = "N")]
    pub(super) concurrency: Option<NonZeroUsize>,
    /// Write a JSON file beside each result: prompt, parameters, model, ids and SHA-256
    #[arg(long)]
    pub(super) sidecar: bool,
    /// Go on although the server of the ledger was restored or failed over, and may have forgotten sends.
    /// Run `mps tasks` once before on every host that has sent rows: each host keeps its sends in a file,
    /// its seal, and reports those that the server has lost
    #[arg(long)]
    pub(super) accept_failover: bool,
}
