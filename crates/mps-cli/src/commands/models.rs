//! `mps models`: the capability tables. Sends nothing.

use mps_aigc::models::capabilities::{self, Row};
use serde::Serialize;
use serde_json::Value;

use crate::{args, context::Context, failure::Failure};

#[derive(Serialize)]
struct ModelResult {
    schema: &'static str,
    #[serde(flatten)]
    row: &'static Row,
}

pub(crate) fn run(args: &args::Models, context: &Context<'_>) -> Result<(), Failure> {
    let rows = match &args.model {
        Some(name) => rows_of(name)?,
        None => all_rows().collect(),
    };
    for row in rows {
        let schema = "mps.models/1";
        let human = human(row)?;
        context
            .output
            .result(&human, &ModelResult { schema, row })?;
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

/// The rows of a model in every family, whatever the letter case it is typed in.
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

/// The row's name, then a line for each fact that is stated.
fn human(row: &Row) -> Result<String, Failure> {
    let facts = serde_json::to_value(row).map_err(|error| Failure::internal(error.to_string()))?;
    let mut text = format!("{} {row}", row.family);
    for (name, value) in facts.as_object().into_iter().flatten() {
        if !["family", "model", "version"].contains(&name.as_str()) {
            let value = in_words(value);
            text.push_str("\n  ");
            text.extend([name.as_str(), ": ", value.as_str()]);
        }
    }
    Ok(text)
}

/// Texts without their quotes, lists without their brackets.
fn in_words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(in_words).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
