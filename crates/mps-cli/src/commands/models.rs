//! `mps models`: prints the capability tables. Sends nothing.

use clap::Args;
use mps_aigc::{
    Site,
    models::capabilities::{self, Row},
};
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
    let site = context.global.site();
    let rows = match &args.model {
        Some(name) => rows_of(name, site)?,
        None => all_rows(site).collect(),
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

/// Returns the rows of the models that a site offers or offered, with the facts of that site.
fn all_rows(site: Site) -> impl Iterator<Item = &'static Row> {
    [
        capabilities::video(),
        capabilities::image(),
        capabilities::audio(),
    ]
    .into_iter()
    .flat_map(move |family| family.rows_on(site))
}

/// Returns the rows of a model in every family; letter case does not matter.
fn rows_of(name: &str, site: Site) -> Result<Vec<&'static Row>, Failure> {
    let rows: Vec<_> = all_rows(site)
        .filter(|row| row.model.eq_ignore_ascii_case(name))
        .collect();
    if rows.is_empty() {
        let elsewhere = Site::ALL.iter().filter(|other| {
            let mut rows = all_rows(**other);
            rows.any(|row| row.model.eq_ignore_ascii_case(name))
        });
        let message = format!("there is no model {name:?} in the tables of the site {site}");
        let failure = Failure::usage(message);
        if let Some(other) = elsewhere.last() {
            return Err(failure.hint(format!("the site {other} has it: use --site {other}")));
        }
        let mut known: Vec<_> = all_rows(site).map(|row| row.model).collect();
        known.sort_unstable();
        known.dedup();
        return Err(failure.hint(format!("known are {}", known.join(", "))));
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
