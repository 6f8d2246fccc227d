//! Every rule that a finding can name; ids are stable.
//!
//! Rules may be added, none is ever renamed or removed. `docs/preflight-rules.md` has them with
//! all the bounds they check.

pub use crate::generated::rules::*;

/// A rule that a finding can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleInfo {
    /// Its id, as in [`Finding::rule`](super::Finding::rule).
    pub id: &'static str,
    /// What a finding of it means.
    pub meaning: &'static str,
}
