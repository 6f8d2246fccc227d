//! Checks a request before it is sent: what the service would refuse costs nothing here.
//!
//! ```
//! use mps_models::{CreateAigcVideoTask, preflight::Preflight};
//!
//! let report = CreateAigcVideoTask::new().duration(0).preflight();
//!
//! let rules: Vec<_> = report.findings().iter().map(|finding| finding.rule).collect();
//! assert_eq!(rules, ["required-unless-any", "min"]);
//! assert!(!report.is_ok());
//! ```
//!
//! An error means that the documented contract is broken. A warning means that the facts are
//! uncertain or that the service has the last word. A request without findings is inspected
//! without allocating, unless it has a member that is JSON as text or a list in which no item may
//! be there twice: looking into these takes a little scratch space.
//!
//! Bounds of single members come from the documentation of the action. What the
//! [capability tables](crate::capabilities) say of the model that is asked for goes before them.
//! A model nobody knows is warned of and sent; [`rules`] lists all there is to find.

pub(crate) mod capability;
mod check;
mod closest;
mod extra;
mod finding;
mod format;
mod path;
mod relation;
mod report;
pub mod rules;
mod value;

pub use finding::{Finding, Severity};
pub use path::Path;
pub use report::Report;
pub use rules::RuleInfo;

pub(crate) use capability::ToCapabilityQuery;
pub(crate) use check::Rule;
pub(crate) use closest::{closest, nearest};
pub(crate) use value::{Is, IsSet};

/// Something whose contents can be checked against the specification.
///
/// Implemented by every generated struct that can be part of a request.
pub trait Preflight {
    /// Adds what is wrong with this value, which stands at `at`, to the report.
    fn inspect(&self, at: &Path<'_>, report: &mut Report);

    /// Everything that is wrong with this request.
    fn preflight(&self) -> Report {
        let mut report = Report::default();
        self.inspect(&Path::ROOT, &mut report);
        report
    }
}

impl<T: Preflight> Preflight for Option<T> {
    fn inspect(&self, at: &Path<'_>, report: &mut Report) {
        if let Some(value) = self {
            value.inspect(at, report);
        }
    }
}

impl<T: Preflight> Preflight for Vec<T> {
    fn inspect(&self, at: &Path<'_>, report: &mut Report) {
        for (index, item) in self.iter().enumerate() {
            item.inspect(&at.index(index), report);
        }
    }
}
