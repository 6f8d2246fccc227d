//! `mps batch gallery`: one HTML file that shows a batch with its results.

use std::path::PathBuf;

use clap::Args;

use super::NameArgs;
use crate::{context::Context, failure::Failure};

#[cfg(feature = "gallery")]
mod write;

const EXAMPLES: &str = "\
Examples:
  # the newest batch, beside its results
  mps batch gallery
  mps batch gallery --name spring-2026
  mps batch gallery --name spring-2026 --out clips/index.html";

/// The arguments of `mps batch gallery`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct GalleryArgs {
    #[command(flatten)]
    batch: NameArgs,
    /// The file, a new one or an earlier gallery [default: gallery.html in the folder of the results]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Writes the gallery and prints its path.
#[cfg(feature = "gallery")]
pub(crate) async fn run(args: GalleryArgs, context: &Context) -> Result<(), Failure> {
    write::run(args, context).await
}

#[cfg(not(feature = "gallery"))]
#[expect(clippy::unused_async, reason = "the signature with the feature")]
pub(crate) async fn run(_: GalleryArgs, _: &Context) -> Result<(), Failure> {
    Err(Failure::lacks_feature("batch gallery", "gallery"))
}
