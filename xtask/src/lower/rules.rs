//! The rules that findings can name as Rust has them.

use heck::ToShoutySnakeCase;

use crate::ir;

/// A rule that a finding can name, as Rust has it.
#[derive(Debug)]
pub struct RuleInfo {
    /// Name of the constant.
    pub constant: String,
    /// The stable id.
    pub id: String,
    /// Description of a finding with this rule.
    pub meaning: String,
}

pub(super) fn lower(rule: &ir::RuleInfo) -> RuleInfo {
    RuleInfo {
        constant: rule.id.to_shouty_snake_case(),
        id: rule.id.clone(),
        meaning: rule.meaning.clone(),
    }
}
