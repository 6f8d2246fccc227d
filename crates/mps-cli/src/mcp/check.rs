//! The tool `check`, and the preflight of `create`.

use mps_aigc::{
    Site,
    models::{
        Action, ActionVisitor,
        preflight::{Report, preflight_json},
        schema::json_schema,
        visit_action,
    },
};
use serde_json::{Map, Value, json};

use super::{
    answer::{Answer, Answered, finding_text},
    arguments,
    session::Session,
};
use crate::{
    failure::Failure,
    options::{GlobalOptions, PreflightMode},
    outcome::{Outcome, Reason},
    preflight::{is_billed_by_piece, is_refused},
};

/// The findings about a request, and its price in seconds.
pub(super) struct Checked {
    pub(super) report: Report,
    /// The billed seconds, if they are known.
    pub(super) seconds: Option<u64>,
    is_by_piece: bool,
    schema: Value,
}

impl Checked {
    /// Checks a request of an action that creates tasks, by the facts of a site.
    pub(super) fn new(
        action: &str,
        request: &Map<String, Value>,
        site: Site,
    ) -> Result<Self, Failure> {
        arguments::family(action)?;
        let request = Value::Object(request.clone());
        let checked = visit_action(action, Inspect(&request, site));
        checked.ok_or_else(|| Failure::internal("there are no rules for the action"))
    }

    /// Returns the error that the request is refused with, by the options that a person started the
    /// server with.
    pub(super) fn refusal(&self, global: &GlobalOptions) -> Option<Failure> {
        if is_refused(&self.report, global) {
            let message = "preflight refuses the request";
            let mut failure = Failure::preflight(message);
            failure.hint = Some("nothing was sent; correct the request".to_owned());
            failure.dispatch = Some(mps_aigc::Dispatch::NotSent);
            failure.findings = self.report.findings().to_vec();
            return Some(failure);
        }
        if self.seconds.is_none() && !self.is_by_piece {
            let outcome = Outcome::NotCreated(Reason::SpendGuard);
            let message = "the seconds that the request is billed are not known, and the daily cap counts them";
            let failure = Failure::new(outcome, "spend_guard", message);
            return Some(failure.hint("nothing was sent; name a Duration, or ask a person"));
        }
        None
    }

    /// Returns the findings that do not stop the request, as text and as JSON.
    pub(super) fn remarks(&self, global: &GlobalOptions) -> Option<Value> {
        let findings = self.report.findings();
        let has_any = global.preflight() != PreflightMode::Off && !findings.is_empty();
        has_any.then(|| json!(findings))
    }
}

struct Inspect<'a>(&'a Value, Site);

impl ActionVisitor for Inspect<'_> {
    type Output = Checked;

    fn visit<A: Action>(self) -> Checked {
        let request = serde_json::from_value::<A>(self.0.clone()).ok();
        Checked {
            report: preflight_json::<A>(self.0, Some(self.1)),
            seconds: request.and_then(|request| request.billable_seconds()),
            is_by_piece: is_billed_by_piece(A::INFO),
            schema: json_schema(A::INFO.request),
        }
    }
}

/// Checks a request and sends nothing.
pub(super) fn run(session: &Session, arguments: &arguments::Check) -> Answered {
    let checked = Checked::new(
        &arguments.action,
        &arguments.request,
        session.context.global.site(),
    )?;
    let refusal = checked.refusal(&session.context.global);
    let mut text = match &refusal {
        None => "the request passes".to_owned(),
        Some(failure) => failure.message.clone(),
    };
    for finding in checked.report.findings() {
        text.push('\n');
        text.push_str(&finding_text(finding));
    }
    let content = json!({
        "schema": "mps.check/1",
        "action": arguments.action,
        "site": session.context.global.site().as_str(),
        "ok": refusal.is_none(),
        "findings": checked.report.findings(),
    });
    let mut answer = Answer::new(text, &content)?;
    if let Some(seconds) = checked.seconds {
        answer = answer.with("seconds", seconds);
    }
    if arguments.schema {
        answer = answer.with("json_schema", checked.schema);
    }
    Ok(answer)
}
