//! Checks a request before it is sent, so that a mistake costs nothing.
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
//! An error means that the request breaks the documented contract. A warning means that the facts
//! are uncertain or that the service decides. The inspection of a request without findings does not
//! allocate, except for a member that is JSON as text and for a list that must not repeat an item.
//!
//! The bounds of single members are those in the documentation of the action. A fact in the
//! [capability tables](crate::capabilities) about the requested model overrides them. A model that
//! no table has gets a warning and is sent; [`rules`] lists every rule.
//!
//! Some facts are true on one [site](crate::service::Site) only. [`Preflight::preflight_on`] checks
//! against those of a site; if the site is not known, a fact of some sites is only a warning.
//! [`preflight_json`] does the same for a request that is JSON, in which types can be wrong.

pub(crate) mod capability;
mod check;
mod closest;
mod extra;
mod finding;
mod format;
mod json;
mod path;
mod relation;
mod report;
pub mod rules;
mod sites;
mod unreachable;
mod value;

pub use finding::{Finding, Severity};
pub use json::{preflight_action, preflight_json};
pub use path::Path;
pub use report::Report;
pub use rules::RuleInfo;

use crate::service::Site;

pub(crate) use capability::ToCapabilityQuery;
pub(crate) use check::Rule;
pub(crate) use closest::{closest, nearest};
pub(crate) use value::{Is, IsSet};

/// A value whose contents can be checked against the specification.
///
/// Every generated struct that can be part of a request implements it.
pub trait Preflight {
    /// Adds a finding to the report for every broken rule in this value, which is at `at`.
    fn inspect(&self, at: &Path<'_>, report: &mut Report);

    /// Returns a report of every broken rule in this request, for an endpoint whose site is not
    /// known: as [`preflight_on`](Self::preflight_on) with `None`.
    fn preflight(&self) -> Report {
        self.preflight_on(None)
    }

    /// Returns a report of every rule of a site that this request breaks.
    ///
    /// With `None`, for an endpoint whose site is not known, the request is checked against the facts
    /// of every site: what only some of them refuse is a warning that names them.
    ///
    /// # Examples
    /// ```
    /// use mps_models::{CreateAigcVideoTask, preflight::Preflight, service::Site};
    ///
    /// let request = CreateAigcVideoTask::new().model_name("wand-vega-video").prompt("a cat");
    /// assert!(request.preflight_on(Some(Site::Cn)).is_ok());
    /// assert!(!request.preflight_on(Some(Site::Intl)).is_ok());
    /// ```
    fn preflight_on(&self, site: Option<Site>) -> Report {
        sites::report(site, &|report| self.inspect(&Path::ROOT, report))
    }

    /// Returns `true` if the request may be sent: as [`is_ok`](Report::is_ok) of the report that
    /// [`preflight_on`](Self::preflight_on) returns, but quicker, since no warning is looked for. Both ask [`inspect`](Self::inspect), which is the only place
    /// for checks of one's own: a client calls either.
    ///
    /// # Examples
    /// ```
    /// use mps_models::{CreateAigcVideoTask, preflight::Preflight};
    ///
    /// assert!(CreateAigcVideoTask::new().prompt("a cat").is_ok_on(None));
    /// assert!(!CreateAigcVideoTask::new().prompt("a cat").duration(0).is_ok_on(None));
    /// ```
    fn is_ok_on(&self, site: Option<Site>) -> bool {
        sites::is_ok(site, &|report| self.inspect(&Path::ROOT, report))
    }
}

impl<T: Preflight> Preflight for Option<T> {
    fn inspect(&self, at: &Path<'_>, report: &mut Report) {
        if let Some(value) = self {
            value.inspect(at, report);
        }
    }
}

impl<T: Preflight> Preflight for Box<T> {
    fn inspect(&self, at: &Path<'_>, report: &mut Report) {
        (**self).inspect(at, report);
    }
}

impl<T: Preflight> Preflight for Vec<T> {
    fn inspect(&self, at: &Path<'_>, report: &mut Report) {
        for (index, item) in self.iter().enumerate() {
            item.inspect(&at.index(index), report);
        }
    }
}
