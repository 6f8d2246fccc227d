//! `mps check`: prints the preflight findings of a request. Sends nothing, needs no credentials.

use std::path::{Path, PathBuf};

use clap::Args;
use mps_aigc::models::{self, Action, ActionVisitor, preflight::Report};
use serde::Serialize;

use crate::{context::Context, failure::Failure, input::Source};

/// The arguments of `mps check`.
#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    /// Name of the action, such as CreateAigcVideoTask
    action: String,
    /// JSON body as the API documents it [default: stdin]
    #[arg(long, value_name = "FILE|-")]
    request: Option<PathBuf>,
}

/// `mps.check/1`.
#[derive(Serialize)]
struct CheckResult<'a> {
    schema: &'static str,
    action: &'a str,
    #[serde(flatten)]
    report: &'a Report,
}

pub(crate) fn run(args: &CheckArgs, context: &Context) -> Result<(), Failure> {
    let source = Source::file_or_stdin(args.request.as_deref().unwrap_or(Path::new("-")))?;
    let report = models::visit_action(&args.action, Inspect(&source))
        .ok_or_else(|| unknown_action(&args.action))??;
    let result = CheckResult {
        schema: "mps.check/1",
        action: &args.action,
        report: &report,
    };
    context.output.listing(&human(&report), &result)?;
    match report.errors().count() {
        0 => Ok(()),
        count => Err(refused(count)),
    }
}

/// Parses the request as the type of its action and checks it.
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
    Failure::preflight(message)
}

fn human(report: &Report) -> String {
    if report.findings().is_empty() {
        return "no findings".to_owned();
    }
    report.to_string().trim_end().to_owned()
}
