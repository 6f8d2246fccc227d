//! The rules for a member, one method each; generated code chains them.

use std::collections::HashMap;

use serde_json::Value;

use super::{
    Finding, Path, Report, Severity, closest::closest, extra::did_you_mean, format, rules,
    unreachable::unreachable, value::Texts,
};
use crate::{capabilities::Day, service::Site};

/// The severity of a breach and the source of the rule.
#[derive(Clone, Copy)]
pub(crate) struct Rule {
    severity: Severity,
    source: &'static str,
    /// The sites that have it; empty for all.
    sites: &'static [Site],
    /// The days since which the descriptions no longer state it.
    dropped: &'static [Day],
}

impl Rule {
    pub(crate) const fn error(source: &'static str) -> Self {
        Self {
            severity: Severity::Error,
            source,
            sites: &[],
            dropped: &[],
        }
    }

    pub(crate) const fn warning(source: &'static str) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(source)
        }
    }

    /// Restricts the rule to some sites.
    pub(crate) const fn on(self, sites: &'static [Site]) -> Self {
        Self { sites, ..self }
    }

    /// States the days since which the descriptions no longer have the rule.
    #[allow(dead_code, reason = "the specification decides which rules are in use")]
    pub(crate) const fn dropped(self, dropped: &'static [Day]) -> Self {
        Self { dropped, ..self }
    }

    pub(super) fn finding(self, at: &Path<'_>, name: &'static str, message: String) -> Finding {
        let finding = Finding::new(at, name, self.severity, message).source(self.source);
        Finding {
            site: match self.sites {
                [site] => Some(*site),
                _ => None,
            },
            ..finding.dropped(self.dropped)
        }
    }
}

/// A member, its value and the report about it.
pub(crate) struct Check<'a, T> {
    pub(super) at: Path<'a>,
    pub(super) value: &'a T,
    pub(super) report: &'a mut Report,
}

impl Report {
    pub(crate) fn check<'a, T>(&'a mut self, at: Path<'a>, value: &'a T) -> Check<'a, T> {
        let report = self;
        Check { at, value, report }
    }
}

impl<T> Check<'_, T> {
    /// Returns whether the site has the rule, and a breach would be reported.
    pub(super) fn applies(&mut self, rule: Rule) -> bool {
        let is_wanted = rule.severity == Severity::Error || self.report.has_warnings();
        is_wanted && self.report.is_fact_here(rule.sites)
    }
}

impl<T: Texts> Check<'_, T> {
    /// Checks the length of each text, in Unicode scalar values.
    pub(crate) fn max_chars(self, most: usize, rule: Rule) -> Self {
        self.each(rule, |at, text| {
            // A text has at most as many characters as bytes, so short ones need no counting.
            let found = if text.len() > most {
                text.chars().count()
            } else {
                0
            };
            (found > most).then(|| {
                let message = format!("{found} characters, at most {most} are allowed");
                rule.finding(at, rules::MAX_CHARS, message)
                    .hint(format!("shorten it by {}", found - most))
                    .value(found)
                    .bound(most)
            })
        })
    }

    pub(crate) fn one_of(self, known: &'static [&'static str], rule: Rule) -> Self {
        self.each(rule, |at, text| {
            (!known.contains(&text)).then(|| {
                let message = format!("{} is not one of {}", shown(at, text), known.join(", "));
                let mut finding = rule.finding(at, rules::ONE_OF, message).bound(known);
                finding.hint = closest(text, known.iter().copied()).map(did_you_mean);
                with_text(finding, at, text)
            })
        })
    }

    pub(crate) fn format_url(self, rule: Rule) -> Self {
        let has_warnings = self.report.has_warnings();
        self.each(rule, |at, text| {
            let Some(fault) = format::url_fault(text) else {
                return has_warnings.then(|| not_reachable(at, text)).flatten();
            };
            let finding = rule
                .finding(at, rules::FORMAT_URL, fault.to_owned())
                .hint("put the file where the service can fetch it over http or https");
            Some(with_text(finding, at, text))
        })
    }

    pub(crate) fn format_json(self, rule: Rule) -> Self {
        self.each(rule, |at, text| {
            let fault = format::json_fault(text)?;
            Some(
                rule.finding(at, rules::FORMAT_JSON, fault)
                    .hint("the member is text that holds JSON"),
            )
        })
    }

    fn each(mut self, rule: Rule, finding: impl Fn(&Path<'_>, &str) -> Option<Finding>) -> Self {
        if !self.applies(rule) {
            return self;
        }
        let report = &mut *self.report;
        self.value.each_text(&self.at, &mut |at, text| {
            if let Some(finding) = finding(at, text) {
                report.add(finding);
            }
        });
        self
    }
}

impl<T> Check<'_, Vec<T>> {
    pub(crate) fn max_items(mut self, most: usize, rule: Rule) -> Self {
        let found = self.value.len();
        if self.applies(rule) && found > most {
            let message = format!("{found} items, at most {most} are allowed");
            let finding = rule.finding(&self.at, rules::MAX_ITEMS, message);
            let hint = format!("leave out {}", found - most);
            self.report.add(finding.hint(hint).value(found).bound(most));
        }
        self
    }
}

impl Check<'_, Vec<String>> {
    pub(crate) fn unique_items(mut self, rule: Rule) -> Self {
        if !self.applies(rule) {
            return self;
        }
        let mut firsts: HashMap<&str, usize> = HashMap::new();
        for (index, text) in self.value.iter().enumerate() {
            let first = *firsts.entry(text).or_insert(index);
            if first != index {
                let at = self.at.index(index);
                let message = format!("{} repeats {}", shown(&at, text), self.at.index(first));
                let finding = rule.finding(&at, rules::UNIQUE_ITEMS, message);
                self.report.add(with_text(finding, &at, text));
            }
        }
        self
    }
}

impl<N: Copy + PartialOrd + std::fmt::Display + Into<Value>> Check<'_, Option<N>> {
    pub(crate) fn min(mut self, least: N, rule: Rule) -> Self {
        let applies = self.applies(rule);
        match *self.value {
            Some(found) if applies && found < least => {
                self.number(rules::MIN, found, "at least", least, rule)
            }
            _ => self,
        }
    }

    #[allow(dead_code, reason = "the specification decides which rules are in use")]
    pub(crate) fn max(mut self, most: N, rule: Rule) -> Self {
        let applies = self.applies(rule);
        match *self.value {
            Some(found) if applies && found > most => {
                self.number(rules::MAX, found, "at most", most, rule)
            }
            _ => self,
        }
    }

    pub(crate) fn one_of_numbers(mut self, known: &'static [N], rule: Rule) -> Self {
        let applies = self.applies(rule);
        let Some(found) = self.value.filter(|found| applies && !known.contains(found)) else {
            return self;
        };
        let list: Vec<String> = known.iter().map(ToString::to_string).collect();
        let message = format!("{found} is not one of {}", list.join(", "));
        let finding = rule.finding(&self.at, rules::ONE_OF, message);
        self.report.add(finding.value(found).bound(known));
        self
    }

    fn number(self, name: &'static str, found: N, side: &str, bound: N, rule: Rule) -> Self {
        let message = format!("{found} is out of range, {side} {bound} is allowed");
        let finding = rule.finding(&self.at, name, message);
        self.report.add(finding.value(found).bound(bound));
        self
    }
}

/// Returns the warning about a URL that only this machine or its network can reach.
///
/// The service reports no image that it cannot fetch: it generates from the prompt alone, and bills
/// that.
fn not_reachable(at: &Path<'_>, text: &str) -> Option<Finding> {
    let place = unreachable(text)?;
    let message = format!("a URL of {place}, which the service cannot reach");
    Some(
        Finding::new(at, rules::UNREACHABLE_URL, Severity::Warning, message)
            .hint("put the file where the public network can fetch it; the service does not report a file that it cannot fetch, and bills the result without it"),
    )
}

/// Returns a text for a message: neither sensitive nor long.
pub(super) fn shown(at: &Path<'_>, text: &str) -> String {
    if is_showable(at, text) {
        format!("{text:?}")
    } else {
        "the value".to_owned()
    }
}

pub(super) fn with_text(finding: Finding, at: &Path<'_>, text: &str) -> Finding {
    if is_showable(at, text) {
        finding.value(text)
    } else {
        finding
    }
}

fn is_showable(at: &Path<'_>, text: &str) -> bool {
    !at.is_sensitive() && text.len() <= 200
}

#[cfg(test)]
mod tests {
    use super::{Path, Report, Rule, Severity};

    const RULE: Rule = Rule::error("a page");

    /// Returns the rule of the one finding of a check, if there is one.
    fn found(check: impl FnOnce(&mut Report)) -> Option<String> {
        let mut report = Report::default();
        check(&mut report);
        assert!(report.findings().len() <= 1, "{report}");
        report
            .findings()
            .first()
            .map(|finding| finding.rule.to_owned())
    }

    fn number(value: f64, check: impl Fn(super::Check<'_, Option<f64>>)) -> Option<String> {
        found(|report| check(report.check(Path::ROOT.member("Scale"), &Some(value))))
    }

    #[test]
    fn a_bound_is_inside_its_range() {
        let check = |it: super::Check<'_, Option<f64>>| {
            it.min(1.0, RULE).max(2.5, RULE);
        };
        assert_eq!(number(1.0, check), None);
        assert_eq!(number(2.5, check), None);
        assert_eq!(number(0.999, check).as_deref(), Some("min"));
        assert_eq!(number(2.501, check).as_deref(), Some("max"));
        assert_eq!(number(f64::NAN, check), None);
    }

    #[test]
    fn an_absent_value_breaks_no_bound() {
        let none = None::<String>;
        let text = |report: &mut Report| {
            let check = report.check(Path::ROOT.member("Text"), &none);
            check
                .max_chars(0, RULE)
                .one_of(&["a"], RULE)
                .format_url(RULE)
                .format_json(RULE);
        };
        assert_eq!(found(text), None);
        let number = |report: &mut Report| {
            let check = report.check(Path::ROOT.member("Whole"), &None::<i64>);
            check.min(1, RULE).max(0, RULE).one_of_numbers(&[], RULE);
        };
        assert_eq!(found(number), None);
    }

    #[test]
    fn a_bound_is_checked_for_every_item() {
        let texts = vec!["ab".to_owned(), "abc".to_owned(), "abcd".to_owned()];
        let mut report = Report::default();
        report
            .check(Path::ROOT.member("Texts"), &texts)
            .max_chars(2, Rule::warning("a page"));
        let paths: Vec<&str> = report.findings().iter().map(|found| &*found.path).collect();
        assert_eq!(paths, ["Texts[1]", "Texts[2]"]);
        assert!(
            report
                .findings()
                .iter()
                .all(|found| found.severity == Severity::Warning)
        );
        assert!(report.is_ok());
    }

    #[test]
    fn each_repetition_of_an_item_is_reported() {
        let texts = ["a", "b", "a", "a"].map(str::to_owned).to_vec();
        let mut report = Report::default();
        report
            .check(Path::ROOT.member("Texts"), &texts)
            .unique_items(RULE);
        let text = report.to_string();
        let expected = "error[unique-items]: Texts[2]: \"a\" repeats Texts[0]\n  \
                        = source: a page\n\
                        error[unique-items]: Texts[3]: \"a\" repeats Texts[0]\n  \
                        = source: a page";
        assert_eq!(text, expected);
    }

    #[test]
    fn long_and_sensitive_values_are_not_shown() {
        let mut report = Report::default();
        let long = Some("x".repeat(1000));
        report
            .check(Path::ROOT.member("Word"), &long)
            .one_of(&["a"], RULE);
        let secret = Some("secret".to_owned());
        report
            .check(Path::ROOT.sensitive("Url"), &secret)
            .format_url(RULE)
            .one_of(&["a"], RULE);
        let text = format!("{report:?}");
        assert!(
            !text.contains("xxx") && !text.contains("\"secret"),
            "{text}"
        );
        assert!(
            report.findings().iter().all(|found| found.value.is_none()),
            "{text}"
        );
    }
}
