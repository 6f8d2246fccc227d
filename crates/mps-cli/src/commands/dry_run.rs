//! `--dry-run`: prints the exact request, its preflight findings and its string to sign. Sends
//! nothing.

use mps_aigc::models::{Action, preflight::Report};
use mps_jobs::{PriceTable, Priced};
use serde::Serialize;
use serde_json::{json, value::RawValue};

use super::batch::prices::{PricesResult, origin};
use crate::{
    context::Context,
    failure::Failure,
    media::{LocalMedia, PlannedUpload},
    preflight::Checked,
};

/// `mps.dry-run/1`.
#[derive(Serialize)]
struct DryRun<'a> {
    schema: &'static str,
    action: &'static str,
    endpoint: &'a str,
    headers: serde_json::Value,
    request: &'a RawValue,
    #[serde(flatten)]
    report: &'a Report,
    #[serde(skip_serializing_if = "Option::is_none")]
    billable_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prices: Option<PricesResult<'a>>,
    canonical_request: &'a str,
    string_to_sign: &'a str,
    /// The local files that the create would upload first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    uploads: Vec<PlannedUpload<'a>>,
}

pub(crate) fn run<A: Action>(
    checked: &Checked<'_, A>,
    media: &LocalMedia,
    prices: Option<&PriceTable>,
    context: &Context,
) -> Result<(), Failure> {
    let prepared = context.offline()?.prepare(checked.request)?;
    let body: &RawValue = serde_json::from_slice(&prepared.body)
        .map_err(|error| Failure::internal(error.to_string()))?;
    let seconds = checked.request.billable_seconds();
    let price =
        prices.and_then(|prices| prices.price(&Priced::new(A::INFO.name, body.get(), seconds)));
    let result = DryRun {
        schema: "mps.dry-run/1",
        action: A::INFO.name,
        endpoint: prepared.endpoint.as_str(),
        headers: prepared
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), json!(value.to_str().unwrap_or_default())))
            .collect(),
        request: body,
        report: &checked.report,
        billable_seconds: seconds,
        price: price.map(|price| price.to_string()),
        prices: prices.map(PricesResult::of),
        canonical_request: &prepared.canonical_request.text,
        string_to_sign: &prepared.string_to_sign,
        uploads: media.uploads(),
    };
    let mut human = human_dry_run(&result);
    if let Some(prices) = prices {
        let price = result.price.as_ref();
        let price = price.map_or_else(
            || "unknown".to_owned(),
            |price| format!("{price} {}", prices.currency()),
        );
        human.extend(["\n\n# price\n", &price, ", by the ", &origin(prices)]);
    }
    for upload in &result.uploads {
        human.extend(["\n\n# upload\n", &upload.to_string()]);
    }
    context.output.listing(&human, &result)?;
    checked.refusal(&context.global).map_or(Ok(()), Err)
}

fn human_dry_run(result: &DryRun<'_>) -> String {
    let headers: Vec<_> = result
        .headers
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| format!("{name}: {}", value.as_str().unwrap_or_default()))
        .collect();
    let findings = if result.report.findings().is_empty() {
        "no findings".to_owned()
    } else {
        result.report.to_string()
    };
    let seconds = result.billable_seconds;
    let seconds = seconds.map_or_else(|| "unknown".to_owned(), |seconds| format!("{seconds} s"));
    format!(
        "# request\nPOST {}\n{}\n\n{}\n\n# preflight\n{}\n\n# billable seconds\n{seconds}\n\n# canonical request\n{}\n\n# string to sign\n{}",
        result.endpoint,
        headers.join("\n"),
        result.request.get(),
        findings.trim_end(),
        result.canonical_request,
        result.string_to_sign,
    )
}
