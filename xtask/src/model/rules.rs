//! The rules that findings can name, from `rules.toml`.

use super::{Located, or_default, reader::Reader};

const ABOUT: &[&str] = &["member", "object", "model"];
const SEVERITIES: &[&str] = &["error", "warning", "either"];

/// A rule that a finding can name.
#[derive(Debug)]
pub struct RuleInfo {
    /// Stable id.
    pub id: Located<String>,
    /// Scope of the rule: `member`, `object` or `model`.
    pub about: &'static str,
    /// `error`, `warning`, or `either` if it depends on the fact.
    pub severity: &'static str,
    /// Column of the capability tables that it checks.
    pub column: Option<Located<String>>,
    /// Description of a finding with this rule.
    pub meaning: String,
}

pub(super) fn read(reader: &mut Reader<'_>) -> Vec<RuleInfo> {
    reader.tables("rule", "a rule", read_rule)
}

fn read_rule(reader: &mut Reader<'_>) -> Option<RuleInfo> {
    let id = reader.text("id");
    let about = reader.word("about", ABOUT);
    let severity = reader.word("severity", SEVERITIES);
    let column = reader.optional_column("column");
    let meaning = reader.text("meaning");
    Some(RuleInfo {
        id: id?,
        about: or_default(about),
        severity: or_default(severity),
        column,
        meaning: or_default(meaning),
    })
}
