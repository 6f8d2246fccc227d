//! Reports for one site, and for an endpoint whose site is not known.

use std::collections::HashMap;

use super::{Finding, Report, Severity};
use crate::service::Site;

/// Returns the report of an inspection for a site, or for all of them together.
pub(super) fn report(site: Option<Site>, inspect: &dyn Fn(&mut Report)) -> Report {
    for_site(site, |site| {
        let mut report = Report::on(site);
        inspect(&mut report);
        report
    })
}

/// Returns whether [`report`] has no error, without writing its warnings.
pub(super) fn is_ok(site: Option<Site>, inspect: &dyn Fn(&mut Report)) -> bool {
    let report = for_site(site, |site| {
        let mut report = Report::on(site).without_warnings();
        inspect(&mut report);
        report
    });
    report.is_ok()
}

fn for_site(site: Option<Site>, inspected: impl Fn(Site) -> Report) -> Report {
    if let Some(site) = site {
        return inspected(site);
    }
    let first = inspected(Site::default());
    // Most requests meet no fact that differs, and need no second look.
    if !first.differs_by_site {
        return first;
    }
    let others = Site::ALL.iter().filter(|site| **site != Site::default());
    let others = others.map(|site| inspected(*site));
    let all: Vec<Report> = [first].into_iter().chain(others).collect();
    combined(&all)
}

/// The rule and the path of a finding, which say what it is about.
type Subject<'a> = (&'static str, &'a str);

fn subject(finding: &Finding) -> Subject<'_> {
    (finding.rule, &finding.path)
}

/// Returns one report: what every site refuses is refused, all else is a warning.
fn combined(reports: &[Report]) -> Report {
    let mut by_subject: HashMap<Subject<'_>, Vec<(Site, &Finding)>> = HashMap::new();
    for report in reports {
        for finding in report.findings() {
            let on_sites = by_subject.entry(subject(finding)).or_default();
            if on_sites.last().is_none_or(|(site, _)| *site != report.site) {
                on_sites.push((report.site, finding));
            }
        }
    }
    let mut whole = Report::default();
    for finding in reports.iter().flat_map(Report::findings) {
        // Each subject once, at the place of its first finding.
        let Some(on_sites) = by_subject.remove(&subject(finding)) else {
            continue;
        };
        whole.add(if on_sites.len() == reports.len() {
            of_all_sites(finding.clone(), &on_sites)
        } else {
            of_some_sites(finding.clone(), &on_sites)
        });
    }
    whole
}

fn of_all_sites(mut finding: Finding, on_sites: &[(Site, &Finding)]) -> Finding {
    let mut severities = on_sites.iter().map(|(_, it)| it.severity);
    if severities.any(|it| it == Severity::Warning) {
        finding.severity = Severity::Warning;
    }
    // Perhaps with another bound on each.
    finding.site = None;
    finding
}

fn of_some_sites(mut finding: Finding, on_sites: &[(Site, &Finding)]) -> Finding {
    let names: Vec<&str> = on_sites.iter().map(|(site, _)| site.as_str()).collect();
    finding.severity = Severity::Warning;
    finding.message = format!("{} (on the site {})", finding.message, names.join(" and "));
    finding.site = match on_sites {
        [(site, _)] => Some(*site),
        _ => None,
    };
    finding
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::Path;

    fn finding(rule: &'static str, severity: Severity) -> Finding {
        Finding::new(&Path::ROOT.member("A"), rule, severity, "broken".to_owned())
    }

    #[test]
    fn a_fact_of_one_site_is_a_warning_if_the_site_is_not_known() {
        let whole = report(None, &|report| {
            report.differs_by_site = true;
            report.add(finding("min", Severity::Error));
            if report.site == Site::Cn {
                report.add(finding("max", Severity::Error));
            }
        });
        let found: Vec<_> = whole
            .findings()
            .iter()
            .map(|it| (it.rule, it.severity, it.site, it.message.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                ("min", Severity::Error, None, "broken"),
                (
                    "max",
                    Severity::Warning,
                    Some(Site::Cn),
                    "broken (on the site cn)"
                ),
            ]
        );
    }

    #[test]
    fn a_report_on_a_site_has_the_facts_of_that_site() {
        for site in Site::ALL {
            let report = report(Some(*site), &|report| {
                if report.site == Site::Cn {
                    report.add(finding("max", Severity::Error));
                }
            });
            assert_eq!(report.is_ok(), *site != Site::Cn);
        }
    }
}
