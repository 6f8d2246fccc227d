//! The report of an inspection.

use std::fmt;

use serde::{Serialize, Serializer, ser::SerializeStruct as _};

use super::{Finding, Severity, capability::Candidates};
use crate::service::Site;

/// The findings of an inspection, in the order of the specification.
///
/// Displays like the messages of a compiler, one finding after the other. Serializes as an object
/// with the members `ok` and `findings`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    findings: Vec<Finding>,
    /// Rows of the requested model, while its request is inspected.
    pub(super) candidates: Candidates,
    /// The site whose facts are checked.
    pub(super) site: Site,
    /// True if the request met a fact that differs from site to site.
    pub(super) differs_by_site: bool,
    /// True if warnings are left out, because only [`is_ok`](Self::is_ok) is wanted.
    errors_only: bool,
}

impl Report {
    /// Creates an empty report for an [inspection](super::Preflight::inspect) against the facts of a
    /// site. By default it is that of the default site.
    #[must_use]
    pub fn on(site: Site) -> Self {
        Self {
            site,
            ..Self::default()
        }
    }

    /// Returns the report without warnings. What causes only a warning need not be checked then.
    pub(super) fn without_warnings(self) -> Self {
        Self {
            errors_only: true,
            ..self
        }
    }

    pub(super) fn has_warnings(&self) -> bool {
        !self.errors_only
    }

    /// Returns every finding.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Returns whether the request may be sent: there is no error; there may be warnings.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.errors().next().is_none()
    }

    /// Returns the findings that stop the request.
    pub fn errors(&self) -> impl Iterator<Item = &Finding> {
        self.of(Severity::Error)
    }

    /// Returns the findings that do not stop the request.
    pub fn warnings(&self) -> impl Iterator<Item = &Finding> {
        self.of(Severity::Warning)
    }

    /// Adds a finding, for example one of a check that is not generated.
    pub fn add(&mut self, finding: Finding) {
        if finding.severity == Severity::Error || self.has_warnings() {
            self.findings.push(finding);
        }
    }

    pub(super) fn retain(&mut self, keep: impl Fn(&Finding) -> bool) {
        self.findings.retain(keep);
    }

    pub(super) fn into_findings(self) -> Vec<Finding> {
        self.findings
    }

    pub(super) fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        findings.into_iter().for_each(|finding| self.add(finding));
    }

    /// Returns whether a fact of these sites is one of the site; all sites have the same if there are
    /// none.
    pub(super) fn is_fact_here(&mut self, sites: &[Site]) -> bool {
        if sites.is_empty() {
            return true;
        }
        self.differs_by_site = true;
        sites.contains(&self.site)
    }

    fn of(&self, severity: Severity) -> impl Iterator<Item = &Finding> {
        let wanted = move |finding: &&Finding| finding.severity == severity;
        self.findings.iter().filter(wanted)
    }
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Report", 2)?;
        object.serialize_field("ok", &self.is_ok())?;
        object.serialize_field("findings", &self.findings)?;
        object.end()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, finding) in self.findings.iter().enumerate() {
            if nth > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{finding}")?;
        }
        Ok(())
    }
}
