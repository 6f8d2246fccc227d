//! The commands of `cargo xtask`.

use std::{path::Path, process};

use crate::{
    ci,
    diff::{self, Class},
    failure::{Failure, print},
    import, isolation,
    output::Mode,
    sources,
    targets::{self, codegen},
    workspace,
};

const USAGE: &str = "\
usage: cargo xtask <command>

  codegen            write the generated code of mps-models, and the generated pages, from spec/
  codegen --check    show how these differ from the files on disk, and fail if they do
  spec check         report every mistake in spec/
  spec import <api.json> [--action NAME]… [--source TEXT] [--dry-run]
                     import the structure of the vendor's machine-readable description into
                     spec/, as stubs to be described; --action adds one more action,
                     --source sets the source of the facts, --dry-run only reports
                     exit: 0 nothing to change, 10 files differ (and were written), 1 failure
  spec diff <old> <new> [--format text|markdown|json]
                     classify every change between two specifications (a folder, or git:REVISION)
                     or two published descriptions (api.json)
                     exit: 0 none or documentation, 10 compatible, 20 breaking, 1 failure
  ci [step…]         run everything that CI runs, or the named steps:
";

fn usage() -> String {
    format!("{USAGE}{}", ci::list().trim_end())
}

/// The exit code of a command that succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// There is nothing to look into.
    Success = 0,
    /// The specification changed, or would change; or a difference is compatible.
    Changed = 10,
    /// A difference is breaking.
    Breaking = 20,
}

impl From<ExitCode> for process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}

/// Runs the command that the arguments name and returns its exit code.
///
/// # Errors
/// Returns a failure if the command is unknown or does not succeed.
pub fn run(args: &[String]) -> Result<ExitCode, Failure> {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["spec", "import", rest @ ..] => spec_import(&workspace::root()?, rest),
        ["spec", "diff", rest @ ..] => spec_diff(&workspace::root()?, rest),
        words => run_silent(words).map(|()| ExitCode::Success),
    }
}

fn run_silent(words: &[&str]) -> Result<(), Failure> {
    match words {
        ["codegen"] => codegen(&workspace::root()?, Mode::Write),
        ["codegen", "--check"] => codegen(&workspace::root()?, Mode::Check),
        ["spec", "check"] => spec_check(&workspace::root()?),
        ["ci", steps @ ..] => ci::run(&workspace::root()?, steps),
        ["isolated", command @ ..] => isolation::run(&workspace::root()?, command),
        ["help" | "--help" | "-h"] => print(&usage()),
        [] => Err(Failure::new(usage())),
        other => Err(Failure::new(format!(
            "error: unknown command `{}`\n\n{}",
            other.join(" "),
            usage()
        ))),
    }
}

/// Checks the specification of a workspace and prints the result. Everything that `codegen` refuses
/// is refused here as well, since the code is generated, but not written.
///
/// # Errors
/// Returns every mistake, each with its place.
pub fn spec_check(root: &Path) -> Result<(), Failure> {
    let sources = sources::of(root);
    let api = targets::generate(&sources)?.api;
    print(&format!(
        "the specification is valid: {} actions",
        api.actions.len()
    ))
}

/// Imports a published description into the specification of a workspace and prints a report.
///
/// # Errors
/// Returns a failure if the description or the specification cannot be read or written.
pub fn spec_import(root: &Path, words: &[&str]) -> Result<ExitCode, Failure> {
    let import = import::import(root, &import::Options::parse(words)?)?;
    print(import.report.to_string().trim_end())?;
    Ok(if import.files.is_empty() {
        ExitCode::Success
    } else {
        ExitCode::Changed
    })
}

/// Prints the differences between two descriptions of the API and returns the code of the gravest.
///
/// # Errors
/// Returns a failure if a description cannot be read.
pub fn spec_diff(root: &Path, words: &[&str]) -> Result<ExitCode, Failure> {
    let options = diff::Options::parse(words)?;
    let changes = diff::diff(root, &options)?;
    print(&diff::render(&changes, options.format))?;
    Ok(match changes.iter().map(|change| change.class).max() {
        Some(Class::Breaking) => ExitCode::Breaking,
        Some(Class::Compatible) => ExitCode::Changed,
        Some(Class::Documentation) | None => ExitCode::Success,
    })
}
