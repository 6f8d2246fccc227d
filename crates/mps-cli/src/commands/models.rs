//! `mps models`: the capability tables. Sends nothing.

use std::{
    collections::BTreeSet,
    io::{self, IsTerminal as _},
};

use clap::Args;
use mps_aigc::{
    Site,
    models::capabilities::{self, Row},
};
use serde::Serialize;
use serde_json::{Map, Value};

mod facts;

use self::facts::{accepts_duration, features, has, text_of};
use crate::{
    context::Context, failure::Failure, foreign_text, live, options::OutputFormat,
    request::natural_number, suggest, table::Table,
};

/// The arguments of `mps models`.
#[derive(Args, Debug)]
pub(crate) struct ModelsArgs {
    /// One model, such as Kling, with all that is known about each version [default: a table of all
    /// models]
    model: Option<String>,
    /// Only models that have this feature: a column of the tables, such as `last_frame` or
    /// `reference_video`; may be repeated
    #[arg(long = "can", value_name = "FEATURE")]
    features: Vec<String>,
    /// Only models that accept this duration, in seconds
    #[arg(long, value_name = "SECONDS", value_parser = natural_number)]
    duration: Option<u64>,
}

/// `mps.models/1`.
#[derive(Serialize)]
struct ModelResult {
    schema: &'static str,
    #[serde(flatten)]
    row: &'static Row,
}

/// The members of a row that name it, rather than state a feature.
const NAMES: [&str; 6] = ["family", "model", "version", "since", "until", "source"];

pub(crate) fn run(args: &ModelsArgs, context: &Context) -> Result<(), Failure> {
    let site = context.global.site();
    let rows = rows(site)?;
    let wanted = wanted(args, &rows)?;
    let mut selected = match &args.model {
        Some(name) => of_model(name, rows, site)?,
        None => rows,
    };
    selected.retain(|it| wanted.iter().all(|feature| has(&it.facts, feature)));
    if let Some(seconds) = args.duration {
        selected.retain(|it| accepts_duration(&it.facts, seconds));
    }
    if selected.is_empty() {
        return Err(Failure::usage("no model has all of that").hint("ask for less: mps models"));
    }
    print(args, &selected, context)
}

fn print(args: &ModelsArgs, rows: &[Facts], context: &Context) -> Result<(), Failure> {
    let is_table = context.global.output() == OutputFormat::Human && args.model.is_none();
    if is_table {
        let width = if io::stdout().is_terminal() {
            live::columns_of(io::stdout())
        } else {
            usize::MAX
        };
        return context.output.listing(&table(rows).text(width), &());
    }
    for it in rows {
        let schema = "mps.models/1";
        let result = ModelResult {
            schema,
            row: it.row,
        };
        context.output.listing(&human(it), &result)?;
    }
    Ok(())
}

/// A row of a capability table, and its facts by name.
struct Facts {
    row: &'static Row,
    facts: Map<String, Value>,
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

/// Returns the rows of a site with their facts.
fn rows(site: Site) -> Result<Vec<Facts>, Failure> {
    let facts = |row| match serde_json::to_value(row) {
        Ok(Value::Object(facts)) => Ok(Facts { row, facts }),
        Ok(_) => Err(Failure::internal("a row of the tables is no object")),
        Err(error) => Err(Failure::internal(error.to_string())),
    };
    all_rows(site).map(facts).collect()
}

/// Returns the features that are asked for, as the tables name them.
fn wanted(args: &ModelsArgs, rows: &[Facts]) -> Result<Vec<String>, Failure> {
    let columns: BTreeSet<&str> = rows
        .iter()
        .flat_map(|it| it.facts.keys())
        .map(String::as_str)
        .filter(|name| !NAMES.contains(name))
        .collect();
    let wanted = args.features.iter().map(|feature| {
        let name = feature.to_ascii_lowercase().replace('-', "_");
        if columns.contains(name.as_str()) {
            return Ok(name);
        }
        let message = format!("there is no feature {}", foreign_text::name(feature));
        let known: Vec<_> = columns.iter().copied().collect();
        let failure = Failure::usage(message).hint(format!("known are {}", known.join(", ")));
        Err(suggest::with_closest(failure, &name, known))
    });
    wanted.collect()
}

/// Returns the rows of a model in every family; letter case does not matter.
fn of_model(name: &str, rows: Vec<Facts>, site: Site) -> Result<Vec<Facts>, Failure> {
    let known: BTreeSet<_> = rows.iter().map(|it| it.row.model).collect();
    let is_it = |it: &Facts| it.row.model.eq_ignore_ascii_case(name);
    let found: Vec<_> = rows.into_iter().filter(is_it).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let message = format!("there is no model {name:?} in the tables of the site {site}");
    let mut elsewhere = Site::ALL.iter().filter(|other| {
        let mut rows = all_rows(**other);
        rows.any(|row| row.model.eq_ignore_ascii_case(name))
    });
    if let Some(other) = elsewhere.next() {
        let hint = format!("the site {other} has it: use --site {other}");
        return Err(Failure::usage(message).hint(hint));
    }
    let names: Vec<_> = known.iter().copied().collect();
    let failure = Failure::usage(message).hint(format!("known are {}", names.join(", ")));
    Err(suggest::with_closest(failure, name, known))
}

fn table(rows: &[Facts]) -> Table<6> {
    let mut table = Table::new([
        "family",
        "model",
        "version",
        "seconds",
        "resolutions",
        "features",
    ]);
    for it in rows {
        let fact = |name: &str| it.facts.get(name).map_or_else(|| "-".to_owned(), text_of);
        table.row([
            it.row.family,
            it.row.model,
            &fact("version"),
            &fact("durations"),
            &fact("resolutions"),
            &features(&it.facts).join(", "),
        ]);
    }
    table
}

/// Formats the row's name, then a line for each stated fact.
fn human(it: &Facts) -> String {
    let mut text = format!("{} {}", it.row.family, it.row);
    for (name, value) in &it.facts {
        if !["family", "model", "version"].contains(&name.as_str()) {
            let value = text_of(value);
            text.push_str("\n  ");
            text.extend([name.as_str(), ": ", value.as_str()]);
        }
    }
    text
}
