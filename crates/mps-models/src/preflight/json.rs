//! Checks a request that is given as JSON, in which values can have the wrong type.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{Finding, Path, Report, Severity, rules, sites};
use crate::{
    action::{Action, ActionInfo, ActionVisitor},
    schema::{Kind, StructInfo, structure},
    service::Site,
    visit_action,
};

/// Returns a report of every broken rule in a request that is given as JSON.
///
/// Parsing the request as `A` ends at the first value of a wrong type. Here each of them is a
/// finding ([`rules::WRONG_TYPE`]), beside the findings of
/// [`preflight`](super::Preflight::preflight) about everything else. Nothing more is said about a
/// member whose type is wrong. As in parsing, `null` has every type.
///
/// `site` is that of [`preflight_on`](super::Preflight::preflight_on).
///
/// # Examples
/// ```
/// use mps_models::{CreateAigcVideoTask, preflight::preflight_json};
/// use serde_json::json;
///
/// let request = json!({"ModelName": "Kling", "Prompt": 5, "Duration": "5", "ImageInfos": {}});
/// let report = preflight_json::<CreateAigcVideoTask>(&request, None);
///
/// let paths: Vec<_> = report.findings().iter().map(|finding| &*finding.path).collect();
/// assert_eq!(paths, ["Prompt", "ImageInfos", "Duration"]);
/// ```
#[must_use]
pub fn preflight_json<A: Action>(request: &Value, site: Option<Site>) -> Report {
    let (types, corrected) = check_types(request, A::INFO);
    // The schema and the type are generated from the same specification, so this succeeds.
    match serde_json::from_value::<A>(corrected) {
        Ok(request) => {
            let inspect = |report: &mut Report| request.inspect(&Path::ROOT, report);
            with_others(types, sites::report(site, &inspect))
        }
        Err(_) => types,
    }
}

/// Returns the findings about wrong types, and the request with a stand-in for each such value.
fn check_types(request: &Value, action: &ActionInfo) -> (Report, Value) {
    let mut checker = Checker {
        report: Report::default(),
        source: action.doc_url,
    };
    let corrected = checker.object(&Path::ROOT, request, action.request);
    (checker.report, corrected)
}

/// Adds the findings about everything else, without those about values of a wrong type.
fn with_others(types: Report, mut others: Report) -> Report {
    let wrong = types.findings().iter().map(|finding| &*finding.path);
    let wrong: HashSet<_> = wrong.collect();
    others.retain(|finding| !is_within(&finding.path, &wrong));
    let mut report = types;
    report.extend(others.into_findings());
    report
}

/// Returns the report of [`preflight_json`] for an action that is known by name only, or `None` if the
/// specification has no such action.
///
/// # Examples
/// ```
/// use mps_models::preflight::preflight_action;
/// use serde_json::json;
///
/// let report = preflight_action("DescribeAigcVideoTask", &json!({}), None).unwrap();
/// assert_eq!(report.findings()[0].rule, "required");
/// assert!(preflight_action("NeverHeardOf", &json!({}), None).is_none());
/// ```
#[must_use]
// Compiled where it is called: it needs the deserializers of all actions, which this crate alone does not.
#[inline]
pub fn preflight_action(action: &str, request: &Value, site: Option<Site>) -> Option<Report> {
    visit_action(action, Inspection { request, site })
}

struct Inspection<'a> {
    request: &'a Value,
    site: Option<Site>,
}

impl ActionVisitor for Inspection<'_> {
    type Output = Report;

    fn visit<A: Action>(self) -> Report {
        preflight_json::<A>(self.request, self.site)
    }
}

/// Returns whether a path is one of `outer`, or inside it.
fn is_within(path: &str, outer: &HashSet<&str>) -> bool {
    let mut ends = path.match_indices(['.', '[']).map(|(end, _)| end);
    let is_outer = |end| path.get(..end).is_some_and(|path| outer.contains(path));
    outer.contains("") || outer.contains(path) || ends.any(is_outer)
}

struct Checker {
    report: Report,
    source: &'static str,
}

impl Checker {
    /// Returns the value with a stand-in of the right type for each value of a wrong one.
    fn value(&mut self, at: &Path<'_>, value: &Value, kind: &Kind) -> Value {
        match (kind, value) {
            (_, Value::Null)
            | (Kind::Text | Kind::Enum(_), Value::String(_))
            | (Kind::Float, Value::Number(_))
            | (Kind::Boolean, Value::Bool(_)) => value.clone(),
            (Kind::Integer, Value::Number(number)) if number.is_i64() => value.clone(),
            (Kind::List(kind), Value::Array(items)) => {
                let items = items.iter().enumerate();
                let items = items.map(|(index, item)| self.value(&at.index(index), item, kind));
                items.collect()
            }
            (Kind::Struct(name), Value::Object(_)) => match structure(name) {
                Some(info) => self.object(at, value, info),
                None => value.clone(),
            },
            _ => {
                self.report.add(self.finding(at, value, kind));
                stand_in(kind)
            }
        }
    }

    fn object(&mut self, at: &Path<'_>, value: &Value, info: &'static StructInfo) -> Value {
        let Value::Object(members) = value else {
            let finding = self.finding(at, value, &Kind::Struct(info.name));
            self.report.add(finding);
            return json!({});
        };
        // In the order of the documentation, as other findings are.
        let mut corrected = members.clone();
        for member in info.members {
            if let Some(value) = corrected.get_mut(member.name) {
                let at = if member.sensitive {
                    at.sensitive(member.name)
                } else {
                    at.member(member.name)
                };
                *value = self.value(&at, value, &member.kind);
            }
        }
        Value::Object(corrected)
    }

    fn finding(&self, at: &Path<'_>, value: &Value, kind: &Kind) -> Finding {
        let (found, expected) = (type_of(value), name_of(kind));
        let message = format!("has to be {expected}, not {found}");
        let finding = Finding::new(at, rules::WRONG_TYPE, Severity::Error, message)
            .value(found)
            .bound(expected)
            .source(self.source);
        finding.hint(hint(value, kind))
    }
}

/// Returns a value of the right type that no rule takes for a missing one.
fn stand_in(kind: &Kind) -> Value {
    match kind {
        Kind::Text | Kind::Enum(_) => json!("?"),
        Kind::Integer | Kind::Float => json!(1),
        Kind::Boolean => json!(true),
        Kind::Struct(_) => json!({}),
        Kind::List(_) => json!([]),
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a Boolean",
        Value::Number(number) if number.is_f64() => "a number with a fraction",
        Value::Number(number) if number.is_i64() => "a number",
        Value::Number(_) => "a number of more than 64 bits",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn name_of(kind: &Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::Enum(_) => "a text",
        Kind::Integer => "a whole number",
        Kind::Float => "a number",
        Kind::Boolean => "true or false",
        Kind::Struct(_) => "an object",
        Kind::List(_) => "a list",
    }
}

fn hint(value: &Value, kind: &Kind) -> &'static str {
    match (kind, value) {
        (Kind::Text | Kind::Enum(_), Value::Number(_) | Value::Bool(_)) => {
            "put it in quotation marks"
        }
        (Kind::Text, Value::Object(_) | Value::Array(_)) => {
            "write the JSON as a text, in quotation marks and escaped"
        }
        (Kind::Text | Kind::Enum(_), _) => "write one text in quotation marks",
        (Kind::Integer | Kind::Float, Value::String(text)) if text.parse::<f64>().is_ok() => {
            "leave the quotation marks out"
        }
        (Kind::Boolean, Value::String(text)) if text.parse::<bool>().is_ok() => {
            "leave the quotation marks out"
        }
        (Kind::Integer, Value::Bool(_)) => "write 1 for yes or 0 for no",
        (Kind::Integer, _) => "write a whole number without quotation marks",
        (Kind::Float, _) => "write a number without quotation marks",
        (Kind::Boolean, _) => "write true or false",
        (Kind::Struct(_), _) => "write its members by name, in braces",
        (Kind::List(_), _) => "put it in square brackets",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CreateAigcVideoTask;

    fn findings(request: &Value) -> Vec<(String, &'static str)> {
        let report = preflight_json::<CreateAigcVideoTask>(request, None);
        let findings = report.findings().iter();
        findings.map(|it| (it.path.clone(), it.rule)).collect()
    }

    #[test]
    fn wrong_types_and_broken_rules_are_reported_together() {
        let request = json!({
            "ModelName": "Kling",
            "Prompt": ["a"],
            "Duration": 0,
            "ImageInfos": [{"ImageUrl": 1}, "https://a.example/b.png"],
            "ExtraParameters": {"EnableAudio": "true", "Unknown": 1},
        });
        assert_eq!(
            findings(&request),
            [
                ("Prompt", "wrong-type"),
                ("ImageInfos[0].ImageUrl", "wrong-type"),
                ("ImageInfos[1]", "wrong-type"),
                ("ExtraParameters.EnableAudio", "wrong-type"),
                ("ExtraParameters.Unknown", "unknown-member"),
                ("ImageInfos", "reference-images"),
                ("Duration", "duration"),
            ]
            .map(|(path, rule)| (path.to_owned(), rule))
        );
        for wrong in [json!([]), json!("text"), json!(1)] {
            assert_eq!(findings(&wrong), [(String::new(), "wrong-type")]);
        }
    }

    #[test]
    fn no_value_of_a_wrong_type_is_shown() {
        let report = preflight_json::<CreateAigcVideoTask>(&json!({"Prompt": ["a secret"]}), None);
        assert!(!format!("{report:?}").contains("a secret"));
    }

    /// Each type of value for each member of every action.
    struct Mistakes;

    impl ActionVisitor for Mistakes {
        type Output = ();

        fn visit<A: Action>(self) {
            for member in A::INFO.request.members {
                for value in [
                    json!(1),
                    json!(0.5),
                    json!("a"),
                    json!(true),
                    json!({}),
                    json!([]),
                ] {
                    let request = json!({member.name: value});
                    let is_parsed = serde_json::from_value::<A>(request.clone()).is_ok();
                    let report = preflight_json::<A>(&request, None);
                    let mut findings = report.findings().iter();
                    let is_found = findings.any(|it| it.rule == rules::WRONG_TYPE);
                    assert_eq!(is_found, !is_parsed, "{} {request}", A::INFO.name);
                }
            }
        }
    }

    #[test]
    fn exactly_those_values_are_wrong_that_cannot_be_parsed() {
        for action in crate::ACTIONS {
            visit_action(action.name, Mistakes).unwrap();
        }
    }
}
