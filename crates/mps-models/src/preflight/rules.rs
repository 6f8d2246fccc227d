//! Every rule that a finding can name.
//!
//! Ids are stable: rules may be added, and none is renamed or removed. `docs/preflight-rules.md`
//! lists them with all their bounds.

pub use crate::generated::rules::*;

/// A rule that a finding can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleInfo {
    /// Id, as in [`Finding::rule`](super::Finding::rule).
    pub id: &'static str,
    /// Description of a finding with this rule.
    pub meaning: &'static str,
}
