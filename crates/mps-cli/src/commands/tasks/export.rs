//! `mps tasks export`: everything that the ledger has, with the requests.

use std::path::Path;

use mps_jobs::{Job, Ledger, ledger::Filter};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{TaskLine, account_ledger};
use crate::{context::Context, export_target::ExportTarget, failure::Failure, foreign_text};

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
    let mut target = ExportTarget::of(file)?;
    let mut filter = Filter {
        limit: PAGE,
        ..Filter::default()
    };
    loop {
        let page = ledger.list(&filter).await?;
        let Some(last) = page.last() else {
            return target.finish();
        };
        filter.after = Some((last.added, last.row.clone()));
        for item in page {
            let line = line(&ledger, item).await?;
            if !target.write(&line)? {
                return Ok(());
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
