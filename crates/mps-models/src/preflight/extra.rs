//! Checks of members and values that the specification does not have.

use serde_json::{Map, Value};

use super::{Finding, Path, Preflight, Report, Severity, closest::closest, rules};
use crate::{
    generated::ACTIONS,
    open_enum::UnknownValue,
    schema::{Kind, StructInfo, structure},
};

impl Report {
    /// Adds the findings about the contents of a member.
    pub(crate) fn inspect(&mut self, at: Path<'_>, value: &impl Preflight) {
        value.inspect(&at, self);
    }

    /// Adds a warning about a value that an open enum does not list.
    #[allow(dead_code, reason = "the specification decides which rules are in use")]
    pub(crate) fn unknown_value(
        &mut self,
        at: &Path<'_>,
        value: &UnknownValue,
        known: &'static [&'static str],
    ) {
        let message = format!("not one of the known values {}", known.join(", "));
        let mut finding = Finding::new(at, rules::ONE_OF, Severity::Warning, message).bound(known);
        finding.hint = closest(value.as_str(), known.iter().copied()).map(did_you_mean);
        self.add(finding);
    }

    /// Checks the members that the schema of an object does not have.
    pub(crate) fn check_extra(
        &mut self,
        at: &Path<'_>,
        extra: &Map<String, Value>,
        members: &'static [&'static str],
    ) {
        for name in extra.keys() {
            let at = at.member(name);
            self.add(if members.contains(&name.as_str()) {
                duplicate(&at)
            } else {
                unknown(&at, meant(name, members).as_deref())
            });
        }
    }
}

fn duplicate(at: &Path<'_>) -> Finding {
    let message = "the member has a field of its own and would be sent twice".to_owned();
    Finding::new(at, rules::DUPLICATE_MEMBER, Severity::Error, message)
        .hint("set the field instead of putting the member into `extra`")
}

/// Shortest part of a name that is taken for the name, in bytes.
const LEAST_PART: usize = 4;

/// Returns the member that an unknown one of an object with these members probably means: one of the
/// object, or one of an object within it, as a path.
fn meant(name: &str, members: &'static [&'static str]) -> Option<String> {
    let own = alike(name, members.iter().copied()).map(str::to_owned);
    own.or_else(|| {
        let info = requests().find(|info| has_members(info, members))?;
        info.members.iter().find_map(|member| {
            let (place, kind) = match &member.kind {
                Kind::List(kind) => (format!("{}[]", member.name), *kind),
                kind => (member.name.to_owned(), kind),
            };
            let Kind::Struct(within) = kind else {
                return None;
            };
            let within = structure(within)?.members.iter().map(|it| it.name);
            alike(name, within).map(|found| format!("{place}.{found}"))
        })
    })
}

/// Returns the name that another one is a misspelling or a part of.
fn alike(name: &str, known: impl Iterator<Item = &'static str> + Clone) -> Option<&'static str> {
    let lower = name.to_lowercase();
    closest(name, known.clone()).or_else(|| {
        let mut known = known.filter(|_| lower.len() >= LEAST_PART);
        known.find(|it| it.to_lowercase().contains(&lower))
    })
}

fn requests() -> impl Iterator<Item = &'static StructInfo> {
    ACTIONS.iter().map(|action| action.request)
}

fn has_members(info: &StructInfo, members: &[&str]) -> bool {
    info.members.len() == members.len() && info.members.iter().all(|it| members.contains(&it.name))
}

fn unknown(at: &Path<'_>, meant: Option<&str>) -> Finding {
    let message = "no such member is documented; it is sent unchanged".to_owned();
    let finding = Finding::new(at, rules::UNKNOWN_MEMBER, Severity::Warning, message);
    match meant {
        Some(meant) => finding.hint(did_you_mean(meant)),
        None => finding,
    }
}

pub(super) fn did_you_mean(meant: &str) -> String {
    format!("did you mean `{meant}`?")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Path, Report, UnknownValue};
    use crate::{CreateAigcVideoTask, preflight::preflight_json};

    #[test]
    fn an_unknown_member_is_compared_with_members_of_objects_within_too() {
        for (body, meant) in [
            (json!({"Promt": "a"}), Some("Prompt")),
            (
                json!({"Resolution": "1080P"}),
                Some("ExtraParameters.Resolution"),
            ),
            (
                json!({"aspect": "16:9"}),
                Some("ExtraParameters.AspectRatio"),
            ),
            (
                json!({"ExtraParameters": {"aspect": "16:9"}}),
                Some("AspectRatio"),
            ),
            (json!({"Banana": 1}), None),
        ] {
            let report = preflight_json::<CreateAigcVideoTask>(&body, None);
            let mut findings = report.findings().iter();
            let unknown = findings.find(|finding| finding.rule == "unknown-member");
            let hint = unknown.and_then(|finding| finding.hint.clone());
            let meant = meant.map(super::did_you_mean);
            assert_eq!(hint, meant, "{body}");
        }
    }

    #[test]
    fn an_unknown_value_of_an_open_enum_is_a_warning() {
        let mut report = Report::default();
        let at = Path::ROOT.member("Size");
        report.unknown_value(&at, &UnknownValue::new("SMAL"), &["SMALL", "LARGE"]);
        assert!(report.is_ok());
        let text = "warning[one-of]: Size: not one of the known values SMALL, LARGE\n  \
                    = hint: did you mean `SMALL`?";
        assert_eq!(report.to_string(), text);
    }
}
