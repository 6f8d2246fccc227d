//! `--dry-run`: prints the exact request, its preflight findings and its string to sign. Sends
//! nothing.

use mps_aigc::models::{Action, preflight::Report};
use serde::Serialize;
use serde_json::{json, value::RawValue};

use crate::{context::Context, failure::Failure, preflight::Checked};

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
    canonical_request: &'a str,
    string_to_sign: &'a str,
}

pub(crate) fn run<A: Action>(checked: &Checked<'_, A>, context: &Context) -> Result<(), Failure> {
    let prepared = context.offline()?.prepare(checked.request)?;
    let body: &RawValue = serde_json::from_slice(&prepared.body)
        .map_err(|error| Failure::internal(error.to_string()))?;
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
        billable_seconds: checked.request.billable_seconds(),
        canonical_request: &prepared.canonical_request.text,
        string_to_sign: &prepared.string_to_sign,
    };
    context.output.listing(&human_dry_run(&result), &result)?;
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
