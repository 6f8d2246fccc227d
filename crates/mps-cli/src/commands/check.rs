//! `mps check`: what preflight finds in a request. Sends nothing, needs no credentials.

use std::path::Path;

use mps_aigc::models::{self, Action, ActionVisitor, preflight::Report};
use serde::Serialize;

use crate::{
    args,
    context::Context,
    failure::{Exit, Failure},
    input::Source,
};

#[derive(Serialize)]
struct CheckResult<'a> {
    schema: &'static str,
    action: &'a str,
    #[serde(flatten)]
    report: &'a Report,
}

pub(crate) fn run(args: &args::Check, context: &Context<'_>) -> Result<(), Failure> {
    let source = Source::file_or_stdin(args.request.as_deref().unwrap_or(Path::new("-")))?;
    let report = models::visit_action(&args.action, Inspect(&source))
        .ok_or_else(|| unknown_action(&args.action))??;
    let result = CheckResult {
        schema: "mps.check/1",
        action: &args.action,
        report: &report,
    };
    context.output.result(&human(&report), &result)?;
    match report.errors().count() {
        0 => Ok(()),
        count => Err(refused(count)),
    }
}

/// Reads the request as the type of its action, once that is known.
struct Inspect<'a>(&'a Source);

impl ActionVisitor for Inspect<'_> {
    type Output = Result<Report, Failure>;

    fn visit<A: Action>(self) -> Self::Output {
        Ok(self.0.parse::<A>()?.preflight())
    }
}

fn unknown_action(name: &str) -> Failure {
    let known: Vec<_> = models::ACTIONS.iter().map(|action| action.name).collect();
    Failure::usage(format!("there are no rules for the action {name:?}"))
        .hint(format!("choose from {}", known.join(", ")))
}

fn refused(errors: usize) -> Failure {
    let message = format!("preflight refuses the request: {errors} of its findings are errors");
    Failure::new(Exit::Usage, "preflight", message).hint("nothing was sent")
}

fn human(report: &Report) -> String {
    if report.findings().is_empty() {
        return "no findings".to_owned();
    }
    report.to_string().trim_end().to_owned()
}
