//! The file of `mps batch gallery`, and what is printed about it.

use std::path::{Path, PathBuf};

use mps_jobs::{
    gallery::{DEFAULT_NAME, Gallery, GalleryError, Written},
    ledger::BatchId,
};
use serde::Serialize;

use super::{
    super::{
        super::tasks::{account_ledger, tidy},
        find::find,
    },
    GalleryArgs,
};
use crate::{
    context::Context,
    failure::Failure,
    foreign_text,
    live::units::{are, counted},
    output::Event,
    resume::CommandLine,
};

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

pub(super) async fn run(args: GalleryArgs, context: &Context) -> Result<(), Failure> {
    let (ledger, _) = account_ledger(context).await?;
    tidy(&ledger).await;
    let batch = find(&ledger, args.batch.name.as_ref(), context).await?.id;
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
        gone => format!("; {} {} gone", counted(gone, "file"), are(gone)),
    };
    let (rows, files) = (counted(rows, "row"), counted(files, "file"));
    let text = format!("{rows}, {files}{missing}; open it in a browser");
    let details = serde_json::json!({"message": text});
    context
        .output
        .progress(&Event::new("gallery", &text).details(details));
    context.output.listing(&foreign_text::path(file), &result)
}
