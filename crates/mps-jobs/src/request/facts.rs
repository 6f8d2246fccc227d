//! Facts about a request that the models have.

use mps_aigc::Site;
use mps_models::{
    Action, ActionVisitor,
    preflight::{Report, preflight_json, rules},
};
use serde_json::Value;

/// The facts about a request that the models have.
#[derive(Clone)]
pub(crate) struct Facts {
    /// Billed seconds; `None` if they are not known.
    pub(crate) seconds: Option<u64>,
    /// `true` if results are billed by the piece, as images and songs are (billing guides of
    /// 2026-05-29 and 2026-07-03).
    pub(crate) by_piece: bool,
    pub(crate) report: Report,
}

impl Facts {
    /// Returns the facts about a request; `None` if it has members that no document has, at any depth.
    /// Nothing is known about these, for example whether one of them was there twice.
    pub(crate) fn documented<A: Action>(request: &A, site: Site) -> Option<Self> {
        let report = request.preflight_on(Some(site));
        let mut findings = report.findings().iter();
        let is_documented = findings.all(|finding| finding.rule != rules::UNKNOWN_MEMBER);
        is_documented.then(|| Self::of(request, report))
    }

    pub(super) fn of<A: Action>(request: &A, report: Report) -> Self {
        Self {
            seconds: request.billable_seconds(),
            by_piece: is_billed_by_piece::<A>(),
            report,
        }
    }
}

fn is_billed_by_piece<A: Action>() -> bool {
    let family = A::INFO.capabilities.map(|family| family.name);
    matches!(family, Some("image" | "audio"))
}

/// Finds the facts about a body of an action that is known by name only.
pub(super) struct FactsVisitor<'a> {
    pub(super) body: &'a str,
    pub(super) site: Option<Site>,
    pub(super) is_checked: bool,
}

impl ActionVisitor for FactsVisitor<'_> {
    /// The name of the action with the facts; `None` for a body that is not JSON.
    type Output = Option<(&'static str, Facts)>;

    fn visit<A: Action>(self) -> Self::Output {
        let action = A::INFO.name;
        let checked = |report: &dyn Fn() -> Report| {
            if self.is_checked {
                report()
            } else {
                Report::default()
            }
        };
        // The usual case, in which the body is parsed once.
        if let Ok(request) = serde_json::from_str::<A>(self.body) {
            let report = checked(&|| request.preflight_on(self.site));
            return Some((action, Facts::of(&request, report)));
        }
        let body: Value = serde_json::from_str(self.body).ok()?;
        let report = checked(&|| preflight_json::<A>(&body, self.site));
        let facts = match serde_json::from_value::<A>(body) {
            Ok(request) => Facts::of(&request, report),
            // The report has the findings.
            Err(_) => Facts {
                seconds: None,
                by_piece: is_billed_by_piece::<A>(),
                report,
            },
        };
        Some((action, facts))
    }
}
