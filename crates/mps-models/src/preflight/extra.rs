//! Checks of members and values that the specification does not have.

use serde_json::{Map, Value};

use super::{Finding, Path, Preflight, Report, Severity, closest::closest, rules};
use crate::open_enum::UnknownValue;

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
                unknown(&at, closest(name, members.iter().copied()))
            });
        }
    }
}

fn duplicate(at: &Path<'_>) -> Finding {
    let message = "the member has a field of its own and would be sent twice".to_owned();
    Finding::new(at, rules::DUPLICATE_MEMBER, Severity::Error, message)
        .hint("set the field instead of putting the member into `extra`")
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
    use super::{Path, Report, UnknownValue};

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
