//! `mps check`: prints the preflight findings of a request. Sends nothing, needs no credentials.

use std::path::{Path, PathBuf};

use clap::Args;
use mps_aigc::{
    Site,
    models::{
        self, Action, ActionVisitor,
        preflight::{Report, preflight_json, rules},
    },
};
use serde::Serialize;

use crate::{context::Context, failure::Failure, input::Source, suggest};

/// The arguments of `mps check`.
#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    /// Name of the action, such as `CreateAigcVideoTask`
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
    site: &'static str,
    #[serde(flatten)]
    report: &'a Report,
}

pub(crate) fn run(args: &CheckArgs, context: &Context) -> Result<(), Failure> {
    let source = Source::file_or_stdin(args.request.as_deref().unwrap_or(Path::new("-")))?;
    let site = context.global.site();
    let inspect = Inspect(&source, site);
    let report = models::visit_action(&args.action, inspect)
        .ok_or_else(|| unknown_action(&args.action))??;
    let result = CheckResult {
        schema: "mps.check/1",
        action: &args.action,
        site: site.as_str(),
        report: &report,
    };
    context.output.listing(&human(&report), &result)?;
    let refusing = if context.global.strict {
        report.findings().len()
    } else {
        report.errors().count()
    };
    match refusing {
        0 => Ok(()),
        count => Err(refused(count)),
    }
}

/// Parses the request as the type of its action and checks it.
struct Inspect<'a>(&'a Source, Site);

impl ActionVisitor for Inspect<'_> {
    type Output = Result<Report, Failure>;

    fn visit<A: Action>(self) -> Self::Output {
        let parsed = self.0.parse::<A>();
        match parsed {
            Ok(request) => Ok(request.preflight_on(Some(self.1))),
            Err(error) => {
                // Parsing ends at the first value of a wrong type; here all of them are found.
                let report = preflight_json::<A>(&self.0.parse()?, Some(self.1));
                let mut findings = report.findings().iter();
                let is_found = findings.any(|finding| finding.rule == rules::WRONG_TYPE);
                if is_found { Ok(report) } else { Err(error) }
            }
        }
    }
}

fn unknown_action(name: &str) -> Failure {
    let known: Vec<_> = models::ACTIONS.iter().map(|action| action.name).collect();
    let failure = Failure::usage(format!("there are no rules for the action {name:?}"))
        .hint(format!("choose from {}", known.join(", ")));
    suggest::with_closest(failure, name, known)
}

fn refused(findings: usize) -> Failure {
    let message = format!("preflight refuses the request: {findings} of its findings refuse it");
    Failure::preflight(message)
}

fn human(report: &Report) -> String {
    if report.findings().is_empty() {
        return "no findings".to_owned();
    }
    report.to_string().trim_end().to_owned()
}
