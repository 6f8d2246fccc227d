//! Options of a batch that is prepared.

use crate::{
    manifest::Fingerprint,
    plan::{Largest, Plan},
};

/// Options of [`Jobs::prepare`](crate::Jobs::prepare). The default reads the manifest anew and takes no batch of another
/// manifest.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct PrepareOptions {
    /// The fingerprint of the manifest when it was validated: a file that was changed since is noticed.
    pub fingerprint: Option<Fingerprint>,
    /// The rules that the manifest was validated by, for example the version of the specification and the
    /// site. [`Jobs::was_validated`](crate::Jobs::was_validated) compares them with those of the last run.
    pub validation: String,
    /// Adds the rows to the batch also if that was begun from a manifest of another place or host.
    pub joins: bool,
    /// The bounds of the rows, if a plan has them.
    pub(super) largest: Option<Largest>,
}

impl PrepareOptions {
    /// Sets the plan of the manifest: its fingerprint, and the bounds of its rows, which need not be read
    /// again to be compared with the caps.
    #[must_use]
    pub fn plan(mut self, plan: &Plan) -> Self {
        self.fingerprint.clone_from(&plan.fingerprint);
        self.largest = Some(plan.largest.clone());
        self
    }

    /// Sets the fingerprint of the manifest when it was validated.
    #[must_use]
    pub fn fingerprint(mut self, fingerprint: Fingerprint) -> Self {
        self.fingerprint = Some(fingerprint);
        self
    }

    /// Sets the rules that the manifest was validated by.
    #[must_use]
    pub fn validation(mut self, validation: impl Into<String>) -> Self {
        self.validation = validation.into();
        self
    }

    /// Sets whether the rows are added to a batch that was begun from a manifest of another place.
    #[must_use]
    pub fn joins(mut self, joins: bool) -> Self {
        self.joins = joins;
        self
    }
}
