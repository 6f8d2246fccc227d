//! Checks that the model and its version exist and are not withdrawn.

use super::{Candidates, CapabilityQuery, row_fact::listed};
use crate::{
    capabilities::{Model, Row},
    preflight::{
        Finding, Path, Report, Severity,
        check::{shown, with_text},
        closest::closest,
        extra::did_you_mean,
        rules,
    },
    service::Site,
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
    let site = report.site;
    let Some(model) = candidates.model() else {
        if !report.has_warnings() {
            return;
        }
        report.differs_by_site |= query.family.rows().any(Row::differs_by_site);
        return report.add(unknown_model(query, name, site, &at.member("ModelName")));
    };
    report.differs_by_site |= model.rows.iter().any(Row::differs_by_site);
    if !model.rows.iter().any(|row| row.is_released_on(site)) {
        return report.add(model_of_another_site(
            query,
            model,
            site,
            &at.member("ModelName"),
        ));
    }
    let version = query.version.map(|name| (name, model.version(name)));
    match version {
        Some((name, None)) if report.has_warnings() => {
            let at = at.member("ModelVersion");
            report.add(unknown_version(model, name, site, &at));
        }
        Some((_, Some(row))) if !row.is_released_on(site) => {
            let at = at.member("ModelVersion");
            report.add(version_of_another_site(query, model, row, site, &at));
        }
        _ => {}
    }
    if report.has_warnings()
        && let Some(row) = candidates.rows().next()
        && row.is_withdrawn_from(site)
    {
        report.add(withdrawn(query, model, &row, site, at));
    }
}

fn unknown_model(query: &CapabilityQuery<'_>, name: &str, site: Site, at: &Path<'_>) -> Finding {
    let names: Vec<&'static str> = query.family.models_on(site).map(|it| it.name).collect();
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
    let hint = closest(name, names.iter().copied()).map_or_else(
        || format!("it is sent unchanged; known are {}", names.join(", ")),
        did_you_mean,
    );
    let finding = Finding::new(at, rules::UNKNOWN_MODEL, Severity::Warning, message)
        .hint(hint)
        .bound(names)
        .source(query.family.source);
    with_text(finding, at, name)
}

fn unknown_version(model: &Model, version: &str, site: Site, at: &Path<'_>) -> Finding {
    let rows = model.rows.iter().filter(|row| row.is_released_on(site));
    let names: Vec<&'static str> = rows.filter_map(|row| row.version).collect();
    let message = format!(
        "no document lists a version {} of {}",
        shown(at, version),
        model.name
    );
    let hint = match (closest(version, names.iter().copied()), names.as_slice()) {
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

fn model_of_another_site(
    query: &CapabilityQuery<'_>,
    model: &Model,
    site: Site,
    at: &Path<'_>,
) -> Finding {
    let elsewhere = sites(|other| model.rows.iter().any(|row| row.is_released_on(other)));
    let left: Vec<&str> = query.family.models_on(site).map(|it| it.name).collect();
    let source = model
        .rows
        .first()
        .map_or(query.family.source, |row| row.source);
    of_another_site(query, model.name, (&elsewhere, &left), site, at).source(source)
}

fn version_of_another_site(
    query: &CapabilityQuery<'_>,
    model: &Model,
    row: &Row,
    site: Site,
    at: &Path<'_>,
) -> Finding {
    let elsewhere = sites(|other| row.is_released_on(other));
    let left = model.rows.iter().filter(|row| row.is_offered_on(site));
    let left: Vec<&str> = left.filter_map(|row| row.version).collect();
    let name = row.to_string();
    of_another_site(query, &name, (&elsewhere, &left), site, at).source(row.source)
}

fn sites(has: impl Fn(Site) -> bool) -> Vec<&'static str> {
    let sites = Site::ALL.iter().filter(|site| has(**site));
    sites.map(|site| site.as_str()).collect()
}

/// Returns the finding about a model that only other sites offer. Where the description of the site
/// lists its models, that is an error; else the service decides.
fn of_another_site(
    query: &CapabilityQuery<'_>,
    name: &str,
    (elsewhere, left): (&[&'static str], &[&'static str]),
    site: Site,
    at: &Path<'_>,
) -> Finding {
    let severity = if query.family.listed_on.contains(&site) {
        Severity::Error
    } else {
        Severity::Warning
    };
    let there = listed(elsewhere);
    let message = format!("{name} is a model of the site {there}, and not of {site}");
    let hint = format!(
        "use {}, or an account of the site {there} with `--site {there}`",
        listed(left)
    );
    let mut finding = Finding::new(at, rules::OTHER_SITE, severity, message).hint(hint);
    finding.site = Some(site);
    finding.bound = Some(left.into());
    finding
}

fn withdrawn(
    query: &CapabilityQuery<'_>,
    model: &Model,
    row: &Row,
    site: Site,
    at: &Path<'_>,
) -> Finding {
    let days: Vec<String> = row.until.iter().map(ToString::to_string).collect();
    let (member, name, left) = if model.is_offered_on(site) {
        let left = model.rows.iter().filter(|row| row.is_offered_on(site));
        let left = left.filter_map(|row| row.version);
        ("ModelVersion", row.to_string(), left.collect::<Vec<_>>())
    } else {
        let left = query.family.models_on(site).map(|model| model.name);
        ("ModelName", model.name.to_owned(), left.collect())
    };
    let message = format!("{name} is no longer listed since {}", days.join(" and "));
    let at = at.member(member);
    Finding::new(&at, rules::WITHDRAWN_MODEL, Severity::Warning, message)
        .hint(format!("use {}", listed(&left)))
        .source(query.family.source)
}
