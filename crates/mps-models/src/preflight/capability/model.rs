//! Whether there is such a model, and still is.

use super::{Ask, Choice, breach::listed};
use crate::{
    capabilities::{Model, Row},
    preflight::{
        Finding, Path, Report, Severity,
        check::{shown, with_text},
        extra::did_you_mean,
        rules,
    },
};

pub(super) fn check(ask: &Ask<'_>, choice: Choice, at: &Path<'_>, report: &mut Report) {
    let Some(name) = ask.model else {
        return;
    };
    let Some(model) = ask.family.model(name) else {
        return report.add(unknown_model(ask, name, &at.member("ModelName")));
    };
    if let Some(version) = ask.version.filter(|name| model.version(name).is_none()) {
        report.add(unknown_version(model, version, &at.member("ModelVersion")));
    }
    if let Some(row) = choice.rows().next().filter(|row| row.is_withdrawn()) {
        report.add(withdrawn(ask, model, row, at));
    }
}

fn unknown_model(ask: &Ask<'_>, name: &str, at: &Path<'_>) -> Finding {
    let current = ask
        .family
        .models
        .iter()
        .filter(|model| !model.is_withdrawn());
    let names: Vec<&str> = current.map(|model| model.name).collect();
    let message = format!(
        "no document lists a {} model {}",
        ask.family.name,
        shown(at, name)
    );
    let hint = ask.family.closest(name).map_or_else(
        || format!("it is sent as it is; known are {}", names.join(", ")),
        did_you_mean,
    );
    let finding = Finding::new(at, rules::UNKNOWN_MODEL, Severity::Warning, message)
        .hint(hint)
        .bound(names)
        .source(ask.family.source);
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
        (None, []) => "it is sent as it is; no version is known".to_owned(),
        (None, names) => format!("it is sent as it is; known are {}", names.join(", ")),
    };
    let mut finding =
        Finding::new(at, rules::UNKNOWN_VERSION, Severity::Warning, message).hint(hint);
    finding.bound = (!names.is_empty()).then(|| names.into());
    finding.source = model.rows.first().map(|row| row.source);
    with_text(finding, at, version)
}

fn withdrawn(ask: &Ask<'_>, model: &Model, row: &'static Row, at: &Path<'_>) -> Finding {
    let days: Vec<String> = row.until.iter().map(ToString::to_string).collect();
    let (member, name, left) = if model.is_withdrawn() {
        let models = ask.family.models.iter();
        let left = models
            .filter(|model| !model.is_withdrawn())
            .map(|model| model.name);
        ("ModelName", model.name.to_owned(), left.collect::<Vec<_>>())
    } else {
        let left = model.rows.iter().filter(|row| !row.is_withdrawn());
        let left = left.filter_map(|row| row.version);
        ("ModelVersion", row.to_string(), left.collect())
    };
    let message = format!("{name} is listed no more since {}", days.join(" and "));
    let at = at.member(member);
    Finding::new(&at, rules::WITHDRAWN_MODEL, Severity::Warning, message)
        .hint(format!("use {}", listed(&left)))
        .source(ask.family.source)
}
