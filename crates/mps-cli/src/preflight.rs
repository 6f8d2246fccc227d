//! Preflight at the command line: which findings refuse a request, and how much it may cost.

use mps_aigc::{
    Site,
    models::{
        Action, ActionInfo,
        preflight::{Finding, Report, Severity, preflight_action, preflight_json, rules},
    },
};
use serde_json::Value;

use crate::{
    context::Context,
    failure::Failure,
    options::{GlobalOptions, PreflightMode},
    outcome::{Outcome, Reason},
};

/// Number of names that a message about an unknown model lists.
const CLOSEST_MODELS: usize = 3;

/// A request with the findings about it, by the rules of the command line.
pub(crate) struct Checked<'a, A> {
    pub(crate) request: &'a A,
    pub(crate) report: Report,
    /// The limit of `--max-seconds`.
    max_seconds: Option<u64>,
}

impl<'a, A: Action> Checked<'a, A> {
    /// Checks a request by the facts of a site.
    ///
    /// A model that no document of the site lists is a warning, since the service may have learned it
    /// after this program was built. Given as an option (`model`) it is an error: a typing error that
    /// would cost a video.
    pub(crate) fn new(
        request: &'a A,
        site: Site,
        model: Option<&str>,
        max_seconds: Option<u64>,
    ) -> Self {
        let findings = request.preflight_on(Some(site)).findings().to_vec();
        let mut report = Report::on(site);
        for finding in findings {
            report.add(match model {
                Some(name) if finding.rule == rules::UNKNOWN_MODEL => {
                    unknown_model_option(finding, A::INFO, site, name)
                }
                Some(_) if finding.rule == rules::OTHER_SITE => refusing(finding),
                _ => finding,
            });
        }
        Self {
            request,
            report,
            max_seconds,
        }
    }

    /// Adds findings about the files that the request names.
    pub(crate) fn with(mut self, findings: impl Iterator<Item = Finding>) -> Self {
        findings.for_each(|finding| self.report.add(finding));
        self
    }

    /// Refuses the request if `--preflight`, `--strict` or `--max-seconds` say so, else prints the
    /// findings that do not stop it.
    ///
    /// # Errors
    /// Returns the error of preflight with all findings, or that of `--max-seconds`. Nothing was sent.
    pub(crate) fn admit(&self, context: &Context) -> Result<(), Failure> {
        self.refusal(&context.global).map_or(Ok(()), Err)?;
        remark(&self.report, context);
        Ok(())
    }

    /// Returns the error that the request is refused with.
    pub(crate) fn refusal(&self, global: &GlobalOptions) -> Option<Failure> {
        if is_refused(&self.report, global) {
            return Some(refused(&self.report));
        }
        over_limit(A::INFO, self.request.billable_seconds(), self.max_seconds?)
    }
}

/// Checks a request that is JSON, of an action that is known by name, and prints the findings that do
/// not stop it. An action without rules passes.
///
/// # Errors
/// Returns the error of preflight with all findings. Nothing was sent.
pub(crate) fn admit_json(action: &str, request: &Value, context: &Context) -> Result<(), Failure> {
    let site = context.global.site();
    let report = preflight_action(action, request, Some(site));
    let Some(report) = report.filter(|_| context.global.preflight() != PreflightMode::Off) else {
        return Ok(());
    };
    if is_refused(&report, &context.global) {
        return Err(refused(&report));
    }
    remark(&report, context);
    Ok(())
}

/// Returns the error of a request that cannot be sent, since values in it have a wrong type, or `None`
/// if all types are right.
pub(crate) fn wrong_types<A: Action>(request: &Value, site: Site) -> Option<Failure> {
    let report = preflight_json::<A>(request, Some(site));
    let mut findings = report.findings().iter();
    let is_wrong = findings.any(|finding| finding.rule == rules::WRONG_TYPE);
    is_wrong.then(|| refused(&report))
}

/// Prints the findings that do not stop a request.
fn remark(report: &Report, context: &Context) {
    if context.global.preflight() == PreflightMode::Off {
        return;
    }
    context.output.warnings(report.findings());
    if !report.is_ok() {
        let message = "the request is sent in spite of its errors, as --preflight warn says";
        context.output.warning(message);
    }
}

/// Returns `true` when the options refuse a request with these findings.
pub(crate) fn is_refused(report: &Report, global: &GlobalOptions) -> bool {
    match global.preflight() {
        PreflightMode::Error if global.strict => !report.findings().is_empty(),
        PreflightMode::Error => !report.is_ok(),
        PreflightMode::Warn | PreflightMode::Off => false,
    }
}

fn refusing(mut finding: Finding) -> Finding {
    finding.severity = Severity::Error;
    finding
}

fn unknown_model_option(
    mut finding: Finding,
    action: &ActionInfo,
    site: Site,
    name: &str,
) -> Finding {
    finding.severity = Severity::Error;
    let family = action.capabilities;
    let closest = family.map(|family| family.closest_models_on(site, name, CLOSEST_MODELS));
    let closest = closest.filter(|names| !names.is_empty());
    let closest = closest.map(|names| format!("the closest known ones are {}; ", names.join(", ")));
    finding.hint(format!(
        "{}send it anyway with --preflight warn",
        closest.unwrap_or_default()
    ))
}

/// Returns the error of a request with these findings.
fn refused(report: &Report) -> Failure {
    let mut findings = report.findings().iter();
    let message = match (findings.next(), findings.count()) {
        (Some(first), 0) => place_and_message(first),
        (Some(first), more) => format!("{} (and {more} more)", place_and_message(first)),
        (None, _) => "preflight refuses the request".to_owned(),
    };
    let mut failure = Failure::preflight(message);
    failure.dispatch = Some(mps_aigc::Dispatch::NotSent);
    failure.findings = report.findings().to_vec();
    failure
}

fn place_and_message(finding: &Finding) -> String {
    match finding.path.as_str() {
        "" => finding.message.clone(),
        path => format!("{path}: {}", finding.message),
    }
}

/// Returns the error of a request that is billed more seconds than `limit`, or an unknown number of
/// them.
fn over_limit(action: &ActionInfo, seconds: Option<u64>, limit: u64) -> Option<Failure> {
    let (message, hint) = match seconds {
        Some(seconds) if seconds <= limit => return None,
        Some(seconds) => (
            format!("the request is billed {seconds} s, more than the {limit} s of --max-seconds"),
            "nothing was sent; shorten it, or raise --max-seconds",
        ),
        None if is_billed_by_piece(action) => return None,
        None => (
            format!(
                "the seconds that {} is billed are not known, and --max-seconds is {limit}",
                action.name
            ),
            "nothing was sent; give --duration, or leave --max-seconds out",
        ),
    };
    let outcome = Outcome::NotCreated(Reason::SpendGuard);
    let mut failure = Failure::new(outcome, "spend_guard", message).hint(hint);
    failure.dispatch = Some(mps_aigc::Dispatch::NotSent);
    Some(failure)
}

/// Returns whether the results of an action are billed by the piece, as images and songs are (billing
/// guides of 2026-05-29 and 2026-07-03).
pub(crate) fn is_billed_by_piece(action: &ActionInfo) -> bool {
    let family = action.capabilities.map(|family| family.name);
    matches!(family, Some("image" | "audio"))
}

#[cfg(test)]
mod tests {
    use mps_aigc::models::{CreateAigcImageTask, CreateAigcVideoTask};

    use super::*;

    fn options(arguments: &[&str]) -> GlobalOptions {
        use clap::Parser as _;

        let arguments = [&["mps"], arguments, &["models"]].concat();
        crate::Cli::parse_from(arguments).global
    }

    fn is_refused(request: &CreateAigcVideoTask, model: Option<&str>, flags: &[&str]) -> bool {
        Checked::new(request, Site::Intl, model, None)
            .refusal(&options(flags))
            .is_some()
    }

    #[test]
    fn each_mode_refuses_its_findings() {
        let sound = CreateAigcVideoTask::new().model_name("Kling").prompt("a");
        let unknown = CreateAigcVideoTask::new().model_name("Klng").prompt("a");
        let broken = CreateAigcVideoTask::new()
            .model_name("Kling")
            .duration(0)
            .prompt("a");
        for (request, model, flags, refused) in [
            (&sound, None, &[][..], false),
            (&sound, Some("Kling"), &["--strict"], false),
            (&unknown, None, &[], false),
            (&unknown, None, &["--strict"], true),
            (&unknown, Some("Klng"), &[], true),
            (&unknown, Some("Klng"), &["--preflight", "warn"], false),
            (&unknown, Some("Klng"), &["--preflight", "off"], false),
            (&broken, None, &[], true),
            (&broken, None, &["--preflight", "warn"], false),
            (&broken, None, &["--preflight", "off"], false),
        ] {
            let what = format!("{:?} {model:?} {flags:?}", request.model_name);
            assert_eq!(is_refused(request, model, flags), refused, "{what}");
        }
    }

    #[test]
    fn an_unknown_model_that_is_refused_comes_with_the_closest_names() {
        let request = CreateAigcVideoTask::new().model_name("Klng").prompt("a");
        let checked = Checked::new(&request, Site::Intl, Some("Klng"), None);
        let failure = checked.refusal(&options(&[])).unwrap();
        let hint = failure.findings[0].hint.as_deref().unwrap();
        assert!(
            hint.starts_with("the closest known ones are Kling, "),
            "{hint}"
        );
        assert!(hint.contains("--preflight warn"), "{hint}");
    }

    #[test]
    fn the_seconds_of_a_request_are_limited_where_seconds_are_billed() {
        let limit = |request: &CreateAigcVideoTask| {
            let failure = Checked::new(request, Site::Intl, None, Some(5)).refusal(&options(&[]));
            failure.map(|failure| failure.exit() as u8)
        };
        let request = CreateAigcVideoTask::new().model_name("Kling").prompt("a");
        assert_eq!(limit(&request), None);
        assert_eq!(limit(&request.clone().duration(5)), None);
        assert_eq!(limit(&request.clone().duration(10)), Some(12));
        // Nothing says how long the result is.
        let unknown = CreateAigcVideoTask::new().model_name("New").prompt("a");
        assert_eq!(limit(&unknown), Some(12));
        let image = CreateAigcImageTask::new().prompt("a");
        let checked = Checked::new(&image, Site::Intl, None, Some(0));
        assert!(checked.refusal(&options(&["--preflight", "off"])).is_none());
    }
}
