//! `mps tasks export`: everything that the ledger has, with the requests.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write as _},
    path::Path,
};

use mps_jobs::{Job, Ledger, ledger::Filter};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{TaskLine, account_ledger};
use crate::{context::Context, failure::Failure, foreign_text, streams};

/// Rows that are read at once.
const PAGE: usize = 500;

/// `mps.task/1` with its request.
#[derive(Serialize)]
struct Exported {
    #[serde(flatten)]
    line: TaskLine,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<Box<RawValue>>,
}

pub(super) async fn run(file: Option<&Path>, context: &Context) -> Result<(), Failure> {
    let (ledger, _) = account_ledger(context).await?;
    let file = file.filter(|path| *path != Path::new("-"));
    let mut target = match file {
        Some(path) => Some(create(path).map_err(|error| cannot_write(path, &error))?),
        None => None,
    };
    let mut filter = Filter {
        limit: PAGE,
        ..Filter::default()
    };
    loop {
        let page = ledger.list(&filter).await?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        filter.after = Some((last.added, last.row.clone()));
        for item in page {
            let line = line(&ledger, item).await?;
            match (&mut target, file) {
                (Some(target), Some(path)) => {
                    let written = writeln!(target, "{line}");
                    written.map_err(|error| cannot_write(path, &error))?;
                }
                _ => match streams::write_stdout(&line) {
                    Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
                    written => written.map_err(|error| {
                        Failure::internal(format!("cannot write to stdout: {error}"))
                    })?,
                },
            }
        }
    }
}

async fn line(ledger: &Ledger, item: mps_jobs::ledger::Item) -> Result<String, Failure> {
    let body = ledger.body(&item.row).await?;
    let exported = Exported {
        request: body.and_then(|body| RawValue::from_string(body).ok()),
        line: TaskLine::of(&Job::of(ledger, item).await?),
    };
    let line = serde_json::to_string(&exported);
    let line = line.map_err(|error| Failure::internal(error.to_string()))?;
    Ok(foreign_text::json_line(&line).into_owned())
}

/// Creates a new file that only its owner can read: it contains prompts.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    let shown = foreign_text::path(path);
    let failure = Failure::usage(format!("cannot write {shown}: {error}"));
    failure.hint("name a new file in a folder that can be written")
}
