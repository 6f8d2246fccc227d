//! `mps man`: the manual, one page for each command.

#[cfg(feature = "shell")]
mod pages;

use std::path::PathBuf;

use clap::Args;

use crate::{context::Context, failure::Failure};

/// The arguments of `mps man`.
#[derive(Args, Debug)]
pub(crate) struct ManArgs {
    /// Folder to write all pages to, which is made if needed [default: print the page of mps]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// Writes the manual.
#[cfg(feature = "shell")]
pub(crate) fn run(args: &ManArgs, context: &Context) -> Result<(), Failure> {
    pages::write(args.folder.as_deref(), context)
}

#[cfg(not(feature = "shell"))]
pub(crate) fn run(_: &ManArgs, _: &Context) -> Result<(), Failure> {
    Err(Failure::lacks_feature("man", "shell"))
}
