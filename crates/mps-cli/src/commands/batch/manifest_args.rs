//! The arguments that name a manifest, its batch and its folder.

use std::path::PathBuf;

use clap::Args;
use mps_jobs::{ledger::BatchId, manifest::Manifest};

use crate::failure::Failure;

/// The manifest of a batch, its name and its folder.
#[derive(Args, Debug)]
pub(super) struct ManifestArgs {
    /// Manifest: JSON Lines, or CSV if the name ends with .csv
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// Folder for the results, which is made if needed
    #[arg(long, value_name = "DIR")]
    pub(super) out: PathBuf,
    /// Name of the batch; name it to join a batch that was begun from another file or host [default:
    /// the name of the file without its extension]
    #[arg(long, value_name = "NAME")]
    pub(super) name: Option<BatchId>,
}

impl ManifestArgs {
    /// Returns the name of the batch.
    pub(super) fn batch(&self, manifest: &Manifest) -> Result<BatchId, Failure> {
        match &self.name {
            Some(name) => Ok(name.clone()),
            None => Ok(manifest.name()?),
        }
    }
}
