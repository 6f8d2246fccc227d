//! Checks that the model and its version exist and are not withdrawn.

use super::{Candidates, CapabilityQuery, row_fact::listed};
use crate::{
    capabilities::{Model, Row},
    preflight::{
        Finding, Path, Report, Severity,
        check::{shown, with_text},
        extra::did_you_mean,
        rules,
    },
};

pub(super) fn check(
    query: &CapabilityQuery<'_>,
    candidates: Candidates,
    at: &Path<'_>,
    report: &mut Report,
) {
    let Some(name) = query.model else {
        return;
    };
    let Some(model) = query.family.model(name) else {
        return report.add(unknown_model(query, name, &at.member("ModelName")));
    };
    if let Some(version) = query.version.filter(|name| model.version(name).is_none()) {
        report.add(unknown_version(model, version, &at.member("ModelVersion")));
    }
    if let Some(row) = candidates.rows().next().filter(|row| row.is_withdrawn()) {
        report.add(withdrawn(query, model, row, at));
    }
}

fn unknown_model(query: &CapabilityQuery<'_>, name: &str, at: &Path<'_>) -> Finding {
    let current = query
        .family
        .models
        .iter()
        .filter(|model| !model.is_withdrawn());
    let names: Vec<&str> = current.map(|model| model.name).collect();
    let message = format!(
        "no document lists {} {} model {}",
        if query.family.name.starts_with(['a', 'e', 'i', 'o', 'u']) {
            "an"
        } else {
            "a"
        },
        query.family.name,
        shown(at, name)
    );
    let hint = query.family.closest(name).map_or_else(
        || format!("it is sent unchanged; known are {}", names.join(", ")),
        did_you_mean,
    );
    let finding = Finding::new(at, rules::UNKNOWN_MODEL, Severity::Warning, message)
        .hint(hint)
        .bound(names)
        .source(query.family.source);
    with_text(finding, at, name)
}

fn unknown_version(model: &Model, version: &str, at: &Path<'_>) -> Finding {
    let names: Vec<&str> = model.rows.iter().filter_map(|row| row.version).collect();
    let message = format!(
        "no document lists a version {} of {}",
        shown(at, version),
        model.name
    );
    let hint = match (model.closest(version), names.as_slice()) {
        (Some(meant), _) => did_you_mean(meant),
        (None, []) => "it is sent unchanged; no version is known".to_owned(),
        (None, names) => format!("it is sent unchanged; known are {}", names.join(", ")),
    };
    let mut finding =
        Finding::new(at, rules::UNKNOWN_VERSION, Severity::Warning, message).hint(hint);
    finding.bound = (!names.is_empty()).then(|| names.into());
    finding.source = model.rows.first().map(|row| row.source);
    with_text(finding, at, version)
}

fn withdrawn(
    query: &CapabilityQuery<'_>,
    model: &Model,
    row: &'static Row,
    at: &Path<'_>,
) -> Finding {
    let days: Vec<String> = row.until.iter().map(ToString::to_string).collect();
    let (member, name, left) = if model.is_withdrawn() {
        let models = query.family.models.iter();
        let left = models
            .filter(|model| !model.is_withdrawn())
            .map(|model| model.name);
        ("ModelName", model.name.to_owned(), left.collect::<Vec<_>>())
    } else {
        let left = model.rows.iter().filter(|row| !row.is_withdrawn());
        let left = left.filter_map(|row| row.version);
        ("ModelVersion", row.to_string(), left.collect())
    };
    let message = format!("{name} is no longer listed since {}", days.join(" and "));
    let at = at.member(member);
    Finding::new(&at, rules::WITHDRAWN_MODEL, Severity::Warning, message)
        .hint(format!("use {}", listed(&left)))
        .source(query.family.source)
}
