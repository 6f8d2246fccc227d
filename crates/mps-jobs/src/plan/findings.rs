//! The findings of a plan, up to a bound.

use mps_models::preflight::Severity;

use crate::manifest::RowFinding;

/// The errors that are kept, and the warnings. The rest are counted.
const MOST: usize = 1_000;

/// The findings about the rows of a manifest: the first 1,000 errors and the first 1,000 warnings, and
/// the number of all.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    errors: Kept,
    warnings: Kept,
}

/// The findings of one severity.
#[derive(Clone, Debug, Default)]
struct Kept {
    first: Vec<RowFinding>,
    count: u64,
}

impl Findings {
    pub(super) fn add(&mut self, finding: RowFinding) {
        let kept = match finding.finding.severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
        };
        kept.count += 1;
        if kept.first.len() < MOST {
            kept.first.push(finding);
        }
    }

    pub(super) fn extend(&mut self, findings: impl IntoIterator<Item = RowFinding>) {
        for finding in findings {
            self.add(finding);
        }
    }

    /// Returns the findings that are kept, in the order of their lines.
    #[must_use]
    pub fn kept(&self) -> Vec<&RowFinding> {
        let kept = self.errors.first.iter().chain(&self.warnings.first);
        let mut kept: Vec<_> = kept.collect();
        kept.sort_by_key(|finding| finding.line);
        kept
    }

    /// Returns the number of errors.
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.errors.count
    }

    /// Returns the number of warnings.
    #[must_use]
    pub fn warnings(&self) -> u64 {
        self.warnings.count
    }

    /// Returns the number of findings that are not kept.
    #[must_use]
    pub fn not_kept(&self) -> u64 {
        let kept = self.errors.first.len() + self.warnings.first.len();
        self.errors.count + self.warnings.count - u64::try_from(kept).unwrap_or_default()
    }
}
