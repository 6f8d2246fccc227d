//! `mps batch export`: every row of a batch with its state, as CSV or JSON Lines.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use mps_jobs::{Amount, JobFile, Jobs, State, Utc, ledger::ExportedRow};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{NameArgs, find::find};
use crate::{
    commands::tasks, context::Context, export_target::ExportTarget, failure::Failure, foreign_text,
};

const EXAMPLES: &str = "\
Examples:
  mps batch export rows.csv
  mps batch export --name spring | jq -r 'select(.state == \"failed\") | .key'
  # prompts too: keep the file private
  mps batch export rows.jsonl --with-request
  mps batch export --format csv";

/// The arguments of `mps batch export`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    batch: NameArgs,
    /// New file to write, which only you can read [default: stdout]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Format [default: csv if the name of the file ends with .csv, else jsonl]
    #[arg(long, value_name = "FORMAT")]
    format: Option<ExportFormat>,
    /// Write the request of each row too, with its prompt
    #[arg(long)]
    with_request: bool,
}

/// A format of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// Comma-separated values with a header
    Csv,
    /// One JSON object a line
    Jsonl,
}

/// Rows that are read at once.
const PAGE: usize = 500;

/// The columns of CSV.
const COLUMNS: &str = "key,state,action,model,task_id,request_id,code,message,seconds,price,added_at,\
                       created_at,done_at,expires_at,files,sha256";

/// `mps.row/1`: a row of a batch.
#[derive(Serialize)]
struct Exported {
    schema: &'static str,
    key: String,
    state: State,
    action: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    task_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<String>,
    added_at: Utc,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    done_at: Option<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Utc>,
    files: Vec<JobFile>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<Box<RawValue>>,
}

impl Exported {
    fn of(row: ExportedRow) -> Self {
        let files = row.saved_files();
        let ExportedRow { item, body, .. } = row;
        Self {
            schema: "mps.row/1",
            key: item.key.into(),
            state: item.state,
            action: item.action,
            model: item.model,
            task_id: item.task,
            request_id: item.request_id,
            code: item.code.as_deref().map(foreign_text::cut_name),
            message: item.message.as_deref().map(foreign_text::cut_message),
            seconds: Some(item.ms / 1_000).filter(|seconds| *seconds > 0),
            price: item
                .price
                .map(|price| Amount::from_micros(price).to_string()),
            added_at: Utc(item.added),
            created_at: item.created.map(Utc),
            done_at: item.done.map(Utc),
            expires_at: item.expires.map(Utc),
            files,
            request: body.and_then(|body| RawValue::from_string(body).ok()),
        }
    }

    fn json(&self) -> Result<String, Failure> {
        let line = serde_json::to_string(self);
        let line = line.map_err(|error| Failure::internal(error.to_string()))?;
        Ok(foreign_text::json_line(&line).into_owned())
    }

    /// Returns the line of CSV. Several files are in one cell, one a line.
    fn csv(&self) -> String {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let time = |time: &Option<Utc>| time.map(|time| time.to_string()).unwrap_or_default();
        let paths: Vec<_> = self
            .files
            .iter()
            .map(|it| it.path.display().to_string())
            .collect();
        let hashes: Vec<_> = self.files.iter().map(|it| it.sha256.clone()).collect();
        let mut cells = vec![
            self.key.clone(),
            self.state.to_string(),
            self.action.clone(),
            text(&self.model),
            text(&self.task_id),
            text(&self.request_id),
            text(&self.code),
            text(&self.message),
            self.seconds.map(|it| it.to_string()).unwrap_or_default(),
            text(&self.price),
            self.added_at.to_string(),
            time(&self.created_at),
            time(&self.done_at),
            time(&self.expires_at),
            paths.join("\n"),
            hashes.join("\n"),
        ];
        cells.extend(
            self.request
                .as_ref()
                .map(|request| request.get().to_owned()),
        );
        let cells: Vec<_> = cells.iter().map(|cell| quoted(cell)).collect();
        cells.join(",")
    }
}

/// Returns a cell of CSV, in quotes if it needs them (RFC 4180).
fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) || cell.starts_with(' ') || cell.ends_with(' ') {
        return format!("\"{}\"", cell.replace('"', "\"\""));
    }
    cell.to_owned()
}

pub(super) async fn run(args: &ExportArgs, context: &Context) -> Result<(), Failure> {
    let (ledger, _) = tasks::account_ledger(context).await?;
    tasks::tidy(&ledger).await;
    let batch = find(&ledger, args.batch.name.as_ref(), context).await?;
    let jobs = Jobs::from(ledger).batch(batch.id.as_str());
    let format = args.format.unwrap_or_else(|| of_name(args.file.as_deref()));
    let mut target = ExportTarget::of(args.file.as_deref())?;
    if format == ExportFormat::Csv {
        let head = if args.with_request {
            format!("{COLUMNS},request")
        } else {
            COLUMNS.to_owned()
        };
        if !target.write(&head)? {
            return Ok(());
        }
    }
    let mut after = 0;
    loop {
        let page = jobs.export(after, PAGE, args.with_request).await?;
        let Some(last) = page.last() else {
            return target.finish();
        };
        after = last.item.row.seq;
        for row in page {
            let exported = Exported::of(row);
            let line = match format {
                ExportFormat::Csv => exported.csv(),
                ExportFormat::Jsonl => exported.json()?,
            };
            if !target.write(&line)? {
                return Ok(());
            }
        }
    }
}

/// Returns the format that a file's name asks for; JSON Lines for stdout.
fn of_name(file: Option<&Path>) -> ExportFormat {
    let extension = file.and_then(Path::extension);
    match extension {
        Some(extension) if extension.eq_ignore_ascii_case("csv") => ExportFormat::Csv,
        _ => ExportFormat::Jsonl,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_quoted_when_it_needs_it() {
        for (cell, expected) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            (" padded ", "\" padded \""),
            ("", ""),
        ] {
            assert_eq!(quoted(cell), expected);
        }
    }
}
