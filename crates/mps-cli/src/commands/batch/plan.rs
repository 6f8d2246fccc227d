//! `mps batch plan`: checks a manifest. Sends and writes nothing, needs no network and no credentials.

use std::path::PathBuf;

use clap::Args;
use mps_aigc::PreflightLevel;
use mps_jobs::{
    Manifest, Plan, PriceTable,
    manifest::{Fingerprint, Format, ManifestError, RowFinding},
    plan::{ModelTotals, PlanOptions, plan},
};
use serde::Serialize;

use super::{
    findings,
    prices::{PricesArgs, PricesResult, origin},
    totals,
};
use crate::{
    context::Context,
    failure::Failure,
    foreign_text,
    live::units::counted,
    options::{GlobalOptions, PreflightMode},
};

/// The arguments of `mps batch plan`.
#[derive(Args, Debug)]
pub(crate) struct PlanArgs {
    /// Manifest: JSON Lines, or CSV if the name ends with .csv
    ///
    /// A line is a row, such as {"id":"fox","Prompt":"a fox"}: its id, then the members of the request
    /// as the API names them. The first line can be {"defaults":{"ModelName":"Kling","Duration":5}}. A CSV
    /// file has the same names as columns. docs/batch.md has the rest.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    prices: PricesArgs,
}

/// `mps.plan/1`.
#[derive(Serialize)]
struct PlanResult<'a> {
    schema: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    file: String,
    format: &'static str,
    site: &'static str,
    ok: bool,
    rows: u64,
    refused: u64,
    seconds: u64,
    unknown_seconds: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unpriced: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prices: Option<PricesResult<'a>>,
    models: Vec<ModelResult<'a>>,
    errors: u64,
    warnings: u64,
    findings: Vec<&'a RowFinding>,
    /// The number of findings that are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    more_findings: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
}

/// The totals of a model.
#[derive(Serialize)]
struct ModelResult<'a> {
    action: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    rows: u64,
    seconds: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<String>,
}

impl<'a> From<&'a ModelTotals> for ModelResult<'a> {
    fn from(totals: &'a ModelTotals) -> Self {
        Self {
            action: &totals.action,
            model: totals.model.as_deref(),
            rows: totals.rows,
            seconds: totals.seconds,
            price: totals.price.map(|price| price.to_string()),
        }
    }
}

pub(crate) async fn run(args: PlanArgs, context: &Context) -> Result<(), Failure> {
    let manifest = open(args.file, context)?;
    let prices = args.prices.load(context)?;
    let plan = planned(&manifest, prices.as_ref(), context).await?;
    let result = result(&manifest, &plan, prices.as_ref(), context);
    let human = human(&manifest, &plan, prices.as_ref());
    context.output.listing(&human, &result)?;
    if plan.is_ok() {
        Ok(())
    } else {
        Err(refused(&plan))
    }
}

/// Opens a manifest, for the site and the preflight mode of the options.
pub(super) fn open(file: PathBuf, context: &Context) -> Result<Manifest, Failure> {
    let manifest = Manifest::open(file).map_err(|error| unreadable(&error))?;
    let manifest = manifest.site(context.global.site());
    Ok(if context.global.preflight() == PreflightMode::Off {
        manifest.unchecked()
    } else {
        manifest
    })
}

/// Returns the plan of a manifest. A signal ends the wait for it.
pub(super) async fn planned(
    manifest: &Manifest,
    prices: Option<&PriceTable>,
    context: &Context,
) -> Result<Plan, Failure> {
    let (manifest, prices) = (manifest.clone(), prices.cloned());
    let level = level(&context.global);
    let planning = tokio::task::spawn_blocking(move || {
        let options = PlanOptions::default().level(level);
        plan(&manifest, &options.prices(prices.as_ref()))
    });
    match context.phase.race(planning).await {
        Ok(Ok(plan)) => plan.map_err(|error| unreadable(&error)),
        Ok(Err(panicked)) => Err(Failure::internal(panicked.to_string())),
        Err(signal) => Err(Failure::interrupted(signal)),
    }
}

/// Returns the findings of preflight that refuse a batch.
pub(super) fn level(global: &GlobalOptions) -> PreflightLevel {
    match global.preflight() {
        PreflightMode::Error if global.strict => PreflightLevel::Warnings,
        PreflightMode::Error => PreflightLevel::Errors,
        PreflightMode::Warn | PreflightMode::Off => PreflightLevel::Off,
    }
}

fn unreadable(error: &ManifestError) -> Failure {
    Failure::usage(foreign_text::message(&error.to_string())).hint(error.hint())
}

/// Returns the error of a manifest that no run would start.
pub(super) fn refused(plan: &Plan) -> Failure {
    let (errors, warnings) = (plan.findings.errors(), plan.findings.warnings());
    let reason = match errors {
        0 => counted(warnings, "warning"),
        _ => counted(errors, "error"),
    };
    Failure::preflight(format!("the manifest is refused: {reason}"))
}

fn result<'a>(
    manifest: &Manifest,
    plan: &'a Plan,
    prices: Option<&'a PriceTable>,
    context: &Context,
) -> PlanResult<'a> {
    let more = plan.findings.not_kept();
    PlanResult {
        schema: "mps.plan/1",
        name: manifest.name().ok().map(String::from),
        file: manifest.path().display().to_string(),
        format: match manifest.format() {
            Format::Csv => "csv",
            _ => "jsonl",
        },
        site: context.global.site().as_str(),
        ok: plan.is_ok(),
        rows: plan.rows,
        refused: plan.refused,
        seconds: plan.seconds,
        unknown_seconds: plan.unknown_seconds,
        price: plan.price.map(|price| price.to_string()),
        unpriced: prices.map(|_| plan.unpriced),
        prices: prices.map(PricesResult::of),
        models: plan.models.iter().map(ModelResult::from).collect(),
        errors: plan.findings.errors(),
        warnings: plan.findings.warnings(),
        findings: plan.findings.kept(),
        more_findings: (more > 0).then_some(more),
        sha256: plan.fingerprint.as_ref().map(Fingerprint::sha256),
    }
}

/// Returns the findings, then the totals.
fn human(manifest: &Manifest, plan: &Plan, prices: Option<&PriceTable>) -> String {
    let mut lines = findings::lines(&plan.findings, manifest.path());
    if !lines.is_empty() {
        lines.push(String::new());
    }
    if !plan.models.is_empty() {
        lines.push(totals::table(plan, prices));
    }
    let rows =
        |count: u64, what: &str| (count > 0).then(|| format!("{} {what}", counted(count, "row")));
    lines.extend(rows(
        plan.unknown_seconds,
        "without a Duration, of a length that no document states",
    ));
    lines.extend(rows(plan.unpriced, "without a price"));
    lines.extend(prices.map(origin));
    let (errors, warnings) = (plan.findings.errors(), plan.findings.warnings());
    lines.push(format!(
        "{}, {}, {}",
        counted(plan.rows, "row"),
        counted(errors, "error"),
        counted(warnings, "warning")
    ));
    lines.join("\n")
}
