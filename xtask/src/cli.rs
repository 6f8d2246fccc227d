//! The verbs of `cargo xtask`.

use std::path::{Path, PathBuf};

use crate::{
    ci,
    codegen::api,
    diff::{self, Class},
    failure::{Failure, say},
    import, isolation,
    output::Mode,
    sources,
    targets::codegen,
};

const USAGE: &str = "\
usage: cargo xtask <verb>

  codegen            write the generated code of mps-models, and the generated pages, from spec/
  codegen --check    show how these differ from what is there, and fail if they do
  spec check         report every mistake in spec/
  spec import <api.json> [--action NAME]… [--source TEXT] [--dry-run]
                     bring the structure of the vendor's machine-readable description into
                     spec/, as stubs to be described; --action takes up one more action,
                     --source says where the facts come from, --dry-run only reports
                     exit: 0 nothing to change, 10 files differ (and were written), 1 failure
  spec diff <old> <new> [--format text|markdown|json]
                     weigh every change between two specifications (a folder, or git:REVISION)
                     or two published descriptions (api.json)
                     exit: 0 none or documentation, 10 compatible, 20 breaking, 1 failure
  ci [step…]         run everything that CI runs, or the named steps:
";

fn usage() -> String {
    format!("{USAGE}{}", ci::list().trim_end())
}

/// The exit code of a verb that did what it was asked to.
pub type Verdict = u8;

/// Nothing a caller would have to look into.
pub const CALM: Verdict = 0;
/// The specification changed, or would; a difference is compatible.
pub const CHANGED: Verdict = 10;
/// A difference breaks those who build on the API.
pub const BREAKING: Verdict = 20;

/// Runs the verb that the arguments name.
pub fn run(args: &[String]) -> Result<Verdict, Failure> {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["spec", "import", rest @ ..] => spec_import(&workspace(), rest),
        ["spec", "diff", rest @ ..] => spec_diff(&workspace(), rest),
        words => chore(words).map(|()| CALM),
    }
}

fn chore(words: &[&str]) -> Result<(), Failure> {
    match words {
        ["codegen"] => codegen(&workspace(), Mode::Write),
        ["codegen", "--check"] => codegen(&workspace(), Mode::Check),
        ["spec", "check"] => spec_check(&workspace()),
        ["ci", steps @ ..] => ci::run(&workspace(), steps),
        ["isolated", command @ ..] => isolation::run(&workspace(), command),
        ["help" | "--help" | "-h"] => say(&usage()),
        [] => Err(Failure::new(usage())),
        other => Err(Failure::new(format!(
            "error: unknown verb `{}`\n\n{}",
            other.join(" "),
            usage()
        ))),
    }
}

/// Reports every mistake in the specification of a workspace.
pub fn spec_check(root: &Path) -> Result<(), Failure> {
    let sources = sources::of(root)?;
    match api(&sources) {
        Ok(api) => say(&format!(
            "the specification is sound: {} actions",
            api.actions.len()
        )),
        Err(mistakes) => Err(Failure::mistaken(&mistakes, &sources)),
    }
}

/// Brings a published description into the specification of a workspace.
pub fn spec_import(root: &Path, words: &[&str]) -> Result<Verdict, Failure> {
    let import = import::import(root, &import::Options::parse(words)?)?;
    say(import.report.to_string().trim_end())?;
    Ok(if import.files.is_empty() {
        CALM
    } else {
        CHANGED
    })
}

/// Weighs the difference between two descriptions of the API.
pub fn spec_diff(root: &Path, words: &[&str]) -> Result<Verdict, Failure> {
    let options = diff::Options::parse(words)?;
    let changes = diff::diff(root, &options)?;
    say(&diff::render(&changes, options.format))?;
    Ok(match changes.iter().map(|change| change.class).max() {
        Some(Class::Breaking) => BREAKING,
        Some(Class::Compatible) => CHANGED,
        Some(Class::Documentation) | None => CALM,
    })
}

/// The root of the workspace this generator was built in.
fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
