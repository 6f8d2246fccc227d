//! `mps batch gallery`: one HTML file that shows a batch with its results.

use std::path::{Path, PathBuf};

use clap::Args;
use mps_jobs::{
    Ledger,
    gallery::{DEFAULT_NAME, Gallery, GalleryError, Written},
    ledger::BatchId,
};
use serde::Serialize;

use super::super::tasks::{account_ledger, tidy};
use crate::{context::Context, failure::Failure, foreign_text, output::Event, resume::CommandLine};

const EXAMPLES: &str = "\
Examples:
  mps batch gallery                              # the only batch of this ledger
  mps batch gallery --name spring-2026
  mps batch gallery --name spring-2026 --out clips/index.html";

/// The most batches that a hint names.
const NAMES: usize = 5;

/// The arguments of `mps batch gallery`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct GalleryArgs {
    /// The batch; needed if the ledger has more than one
    #[arg(long)]
    name: Option<String>,
    /// The file, a new one or an earlier gallery [default: gallery.html in the folder of the results]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// `mps.gallery/1`.
#[derive(Serialize)]
struct GalleryResult<'a> {
    schema: &'static str,
    name: &'a str,
    file: &'a Path,
    rows: u64,
    files: u64,
    gone: u64,
}

pub(crate) async fn run(args: GalleryArgs, context: &Context) -> Result<(), Failure> {
    let (ledger, _) = account_ledger(context).await?;
    tidy(&ledger).await;
    let batch = match args.name {
        Some(name) => name.parse()?,
        None => only_batch(&ledger).await?,
    };
    let words = CommandLine::of_account(&context.global).into_words();
    let gallery = Gallery::new(ledger, batch.clone()).program(words);
    let file = match args.out {
        Some(file) => file,
        None => default_file(&gallery).await?,
    };
    let written = match context.phase.race(Box::pin(gallery.write(&file))).await {
        Ok(written) => written.map_err(|error| failure(&error))?,
        Err(signal) => return Err(Failure::interrupted(signal)),
    };
    report(&batch, &file, written, context)
}

/// Returns the batch of a ledger that has one.
async fn only_batch(ledger: &Ledger) -> Result<BatchId, Failure> {
    let batches = ledger.batches().await?;
    let mut names = batches.into_iter().map(|batch| batch.id);
    let mut names: Vec<_> = names.by_ref().filter(|name| !name.is_singles()).collect();
    match names.len() {
        0 => Err(Failure::usage("this ledger has no batch").hint("start one: mps batch run FILE")),
        1 => Ok(names.remove(0)),
        count => {
            let shown = names.iter().take(NAMES);
            let shown: Vec<_> = shown
                .map(|name| foreign_text::name(name.as_str()))
                .collect();
            let more = if count > NAMES { ", ..." } else { "" };
            Err(
                Failure::usage(format!("this ledger has {count} batches")).hint(format!(
                    "name one: --name NAME ({}{more})",
                    shown.join(", ")
                )),
            )
        }
    }
}

async fn default_file(gallery: &Gallery) -> Result<PathBuf, Failure> {
    let folder = gallery.folder().await.map_err(|error| failure(&error))?;
    let folder = folder.ok_or_else(|| {
        Failure::usage("no row of the batch has a file yet, so that its folder is not known")
            .hint("name the gallery's file: --out FILE")
    })?;
    Ok(match folder.to_str() {
        Some(".") => PathBuf::from(DEFAULT_NAME),
        _ => folder.join(DEFAULT_NAME),
    })
}

fn failure(error: &GalleryError) -> Failure {
    if let GalleryError::Ledger(error) = error {
        return error.clone().into();
    }
    let message = foreign_text::cut_message(&error.to_string());
    let failure = match error {
        GalleryError::Render => Failure::internal(message),
        _ => Failure::usage(message),
    };
    match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

fn report(
    batch: &BatchId,
    file: &Path,
    written: Written,
    context: &Context,
) -> Result<(), Failure> {
    let Written {
        rows, files, gone, ..
    } = written;
    let result = GalleryResult {
        schema: "mps.gallery/1",
        name: batch.as_str(),
        file,
        rows,
        files,
        gone,
    };
    let missing = match gone {
        0 => String::new(),
        1 => "; 1 file is gone".to_owned(),
        gone => format!("; {gone} files are gone"),
    };
    let text = format!("{rows} rows, {files} files{missing}; open it in a browser");
    let details = serde_json::json!({"message": text});
    context
        .output
        .progress(&Event::new("gallery", &text).details(details));
    context
        .output
        .listing(&foreign_text::path(file).to_string(), &result)
}
