//! `mps models`: prints the capability tables. Sends nothing.

use clap::Args;
use mps_aigc::models::capabilities::{self, Row};
use serde::Serialize;
use serde_json::Value;

use crate::{context::Context, failure::Failure};

/// The arguments of `mps models`.
#[derive(Args, Debug)]
pub(crate) struct ModelsArgs {
    /// One model, such as Kling
    model: Option<String>,
}

/// `mps.models/1`.
#[derive(Serialize)]
struct ModelResult {
    schema: &'static str,
    #[serde(flatten)]
    row: &'static Row,
}

pub(crate) fn run(args: &ModelsArgs, context: &Context) -> Result<(), Failure> {
    let rows = match &args.model {
        Some(name) => rows_of(name)?,
        None => all_rows().collect(),
    };
    for row in rows {
        let schema = "mps.models/1";
        let human = human(row)?;
        context
            .output
            .listing(&human, &ModelResult { schema, row })?;
    }
    Ok(())
}

fn all_rows() -> impl Iterator<Item = &'static Row> {
    [
        capabilities::video(),
        capabilities::image(),
        capabilities::audio(),
    ]
    .into_iter()
    .flat_map(capabilities::Family::rows)
}

/// Returns the rows of a model in every family; letter case does not matter.
fn rows_of(name: &str) -> Result<Vec<&'static Row>, Failure> {
    let rows: Vec<_> = all_rows()
        .filter(|row| row.model.eq_ignore_ascii_case(name))
        .collect();
    if rows.is_empty() {
        let mut known: Vec<_> = all_rows().map(|row| row.model).collect();
        known.sort_unstable();
        known.dedup();
        return Err(
            Failure::usage(format!("there is no model {name:?} in the tables"))
                .hint(format!("known are {}", known.join(", "))),
        );
    }
    Ok(rows)
}

/// Formats the row's name, then a line for each stated fact.
fn human(row: &Row) -> Result<String, Failure> {
    let facts = serde_json::to_value(row).map_err(|error| Failure::internal(error.to_string()))?;
    let mut text = format!("{} {row}", row.family);
    for (name, value) in facts.as_object().into_iter().flatten() {
        if !["family", "model", "version"].contains(&name.as_str()) {
            let value = plain_text(value);
            text.push_str("\n  ");
            text.extend([name.as_str(), ": ", value.as_str()]);
        }
    }
    Ok(text)
}

/// Formats a value without quotes and brackets.
fn plain_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain_text).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
