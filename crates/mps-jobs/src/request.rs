//! Requests as the ledger stores them.

mod facts;
mod members;

use mps_aigc::{Create, Site, UntypedCall};
use mps_models::{
    TaskFamily,
    preflight::{Finding, Report},
    visit_action,
};
use serde_json::value::RawValue;

pub(crate) use self::facts::Facts;
use self::{
    facts::FactsVisitor,
    members::{differing_members, model_label},
};
use crate::{
    error::JobsError,
    hash::content_hash,
    ledger::{Key, NewItem},
};

/// A request to be recorded, with the facts that the ledger stores beside it.
#[derive(Clone)]
pub(crate) struct Request {
    action: &'static str,
    body: String,
    facts: Facts,
}

impl Request {
    /// Returns a request of any family, checked by the facts of a site, or of every site.
    pub(crate) fn typed<C: Create>(request: &C, site: Option<Site>) -> Result<Self, JobsError> {
        let body = serde_json::to_string(request);
        let body = body.map_err(|_| JobsError::UnknownAction(C::INFO.name.to_owned()))?;
        Ok(Self {
            action: C::INFO.name,
            body,
            facts: Facts::of(request, request.preflight_on(site)),
        })
    }

    /// Returns a request whose body is JSON, of an action that creates tasks of a known family.
    pub(crate) fn untyped(call: &UntypedCall, site: Option<Site>) -> Result<Self, JobsError> {
        Self::of_json(&call.action, call.body.get().to_owned(), site, true)
    }

    /// Returns a request whose body is JSON. Unless it `is_checked`, its report is empty.
    pub(crate) fn of_json(
        action: &str,
        body: String,
        site: Option<Site>,
        is_checked: bool,
    ) -> Result<Self, JobsError> {
        let unknown = || JobsError::UnknownAction(action.to_owned());
        TaskFamily::created_by(action).ok_or_else(unknown)?;
        let body_of = FactsVisitor {
            body: &body,
            site,
            is_checked,
        };
        let found = visit_action(action, body_of).flatten();
        let (action, facts) = found.ok_or_else(unknown)?;
        Ok(Self {
            action,
            body,
            facts,
        })
    }

    pub(crate) fn action(&self) -> &'static str {
        self.action
    }

    pub(crate) fn body(&self) -> &str {
        &self.body
    }

    pub(crate) fn report(&self) -> &Report {
        &self.facts.report
    }

    /// Returns the request with hints for the findings that have none.
    pub(crate) fn with_hints(mut self, hint: impl Fn(&Finding) -> Option<String>) -> Self {
        let is_better = |finding: &Finding| finding.hint.is_none() && hint(finding).is_some();
        let found = self.facts.report.findings();
        // The usual row has no findings.
        if !found.iter().any(is_better) {
            return self;
        }
        let mut report = Report::default();
        for finding in found {
            let mut finding = finding.clone();
            finding.hint = finding.hint.take().or_else(|| hint(&finding));
            report.add(finding);
        }
        self.facts.report = report;
        self
    }

    /// Returns the request without its findings: they were looked at.
    pub(crate) fn accepted(mut self) -> Self {
        self.facts.report = Report::default();
        self
    }

    pub(crate) fn seconds(&self) -> Option<u64> {
        self.facts.seconds
    }

    pub(crate) fn is_billed_by_piece(&self) -> bool {
        self.facts.by_piece
    }

    /// Returns the request as a call.
    pub(crate) fn call(&self) -> UntypedCall {
        // A body that was parsed is JSON.
        let body = RawValue::from_string(self.body.clone()).unwrap_or_default();
        UntypedCall::new(self.action, body)
    }

    /// Returns the name of the action and the facts.
    pub(crate) fn into_facts(self) -> (&'static str, Facts) {
        (self.action, self.facts)
    }

    /// Returns the row to be recorded, without a price and an output name.
    pub(crate) fn into_new_item(self, key: Key) -> NewItem {
        NewItem::new(key, self.action, self.body, self.facts.seconds)
    }

    /// Returns the row to be recorded.
    ///
    /// A request that breaks a documented rule is refused here, before it costs anything.
    pub(crate) fn into_item(self, key: Key, terms: &Terms) -> Result<NewItem, JobsError> {
        if !self.facts.report.is_ok() {
            let report = Box::new(self.facts.report);
            return Err(JobsError::Preflight { key, report });
        }
        let is_known = self.facts.seconds.is_some() || self.facts.by_piece;
        if terms.has_seconds_cap && !is_known {
            return Err(JobsError::UnknownSeconds(key));
        }
        if terms.has_money_cap && terms.price.is_none() {
            return Err(JobsError::UnknownPrice(key));
        }
        Ok(NewItem {
            price: terms.price,
            out: Some(terms.out.clone()),
            ..self.into_new_item(key)
        })
    }

    /// Returns the facts that a price table looks at.
    pub(crate) fn priced(&self) -> Priced<'_> {
        Priced {
            action: self.action,
            body: &self.body,
            seconds: self.facts.seconds,
        }
    }

    /// Returns the names of the members that differ from another body, sorted.
    pub(crate) fn differing_members(&self, other: &str) -> Vec<String> {
        differing_members(&self.body, other)
    }
}

impl NewItem {
    /// Returns the row of a request, without a price and an output name.
    ///
    /// `seconds` are the billed seconds, if they are known.
    #[must_use]
    pub fn new(key: Key, action: &str, body: String, seconds: Option<u64>) -> Self {
        let ms = seconds.unwrap_or_default().saturating_mul(1_000);
        Self {
            key,
            model: model_label(&body),
            hash: content_hash(action, &body),
            ms: i64::try_from(ms).unwrap_or(i64::MAX),
            price: None,
            out: None,
            action: action.to_owned(),
            body,
        }
    }

    /// Returns the names of the body's members that differ from those of another body, sorted.
    #[must_use]
    pub fn differing_members(&self, other: &str) -> Vec<String> {
        differing_members(&self.body, other)
    }
}

/// The terms of a request beside its content.
pub(crate) struct Terms {
    pub(crate) out: String,
    pub(crate) price: Option<i64>,
    pub(crate) has_seconds_cap: bool,
    pub(crate) has_money_cap: bool,
}

/// A request as a price table sees it.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Priced<'a> {
    /// The action.
    pub action: &'a str,
    /// The body as JSON.
    pub body: &'a str,
    /// The billed seconds; `None` if they are not known.
    pub seconds: Option<u64>,
}

impl<'a> Priced<'a> {
    /// Returns a request as a price table sees it.
    #[must_use]
    pub fn new(action: &'a str, body: &'a str, seconds: Option<u64>) -> Self {
        Self {
            action,
            body,
            seconds,
        }
    }
}

impl std::fmt::Debug for Priced<'_> {
    // The body may contain a prompt.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Priced")
            .field("action", &self.action)
            .field("seconds", &self.seconds)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use mps_models::{CreateAigcImageTask, CreateAigcVideoTask};

    use super::*;

    fn terms(has_seconds_cap: bool) -> Terms {
        Terms {
            out: "a.mp4".to_owned(),
            price: None,
            has_seconds_cap,
            has_money_cap: false,
        }
    }

    fn key() -> Key {
        "row-1".parse().unwrap()
    }

    #[test]
    fn a_typed_and_an_untyped_request_make_the_same_row() {
        let request = CreateAigcVideoTask::new()
            .model_name("Kling")
            .model_version("2.6")
            .prompt("a fox")
            .duration(5);
        let body = serde_json::to_string(&request).unwrap();
        let call = UntypedCall::new("CreateAigcVideoTask", RawValue::from_string(body).unwrap());
        let typed = Request::typed(&request, None)
            .unwrap()
            .into_item(key(), &terms(true))
            .unwrap();
        let untyped = Request::untyped(&call, None)
            .unwrap()
            .into_item(key(), &terms(true))
            .unwrap();
        assert!(typed == untyped);
        assert_eq!(
            (typed.ms, typed.model.as_deref()),
            (5_000, Some("Kling 2.6"))
        );
    }

    #[test]
    fn a_request_that_breaks_a_rule_is_refused_with_its_report() {
        let request = CreateAigcVideoTask::new()
            .model_name("Kling")
            .prompt("a")
            .duration(0);
        let refused = Request::typed(&request, None)
            .unwrap()
            .into_item(key(), &terms(false));
        let JobsError::Preflight { report, .. } = refused.unwrap_err() else {
            panic!("another error");
        };
        assert!(!report.is_ok());
    }

    #[test]
    fn a_cap_on_seconds_needs_them_except_for_what_is_billed_by_the_piece() {
        let video = Request::typed(&CreateAigcVideoTask::new().prompt("a fox"), None).unwrap();
        assert!(video.clone().into_item(key(), &terms(false)).is_ok());
        let refused = video.into_item(key(), &terms(true)).unwrap_err();
        assert!(matches!(refused, JobsError::UnknownSeconds(_)));
        let image = CreateAigcImageTask::new()
            .model_name("Kling")
            .prompt("a fox");
        let image = Request::typed(&image, None).unwrap();
        assert!(image.into_item(key(), &terms(true)).is_ok());
    }

    #[test]
    fn an_action_that_creates_no_task_is_refused() {
        for action in ["DescribeAigcVideoTask", "NeverHeardOf"] {
            let call = UntypedCall::new(action, RawValue::from_string("{}".to_owned()).unwrap());
            assert!(Request::untyped(&call, None).is_err(), "{action}");
        }
    }

    #[test]
    fn the_members_that_differ_are_named() {
        let request = CreateAigcVideoTask::new().prompt("a fox").duration(5);
        let request = Request::typed(&request, None).unwrap();
        let other = r#"{"Duration":6,"Prompt":"a fox","Resolution":"720P"}"#;
        assert_eq!(request.differing_members(other), ["Duration", "Resolution"]);
    }
}
