//! The commands of `cargo xtask`.

use std::{collections::BTreeMap, path::Path, process};

use crate::{
    add, ci,
    codegen::api,
    diagnostic,
    diff::{self, Class},
    failure::{Failure, print},
    import, instructions, isolation, model,
    output::Mode,
    release, sources,
    targets::{self, codegen},
    texts, whole_service, workspace,
};

const USAGE: &str = "\
usage: cargo xtask <command>

  codegen            write the generated code of mps-models, and the generated pages, from spec/
  codegen --check    show how these differ from the files on disk, and fail if they do
  spec check         report every mistake in spec/
  spec import <api.json> [--site intl|cn] [--previous <api.json>] [--release VERSION]
              [--source TEXT] [--action NAME]… [--format text|markdown] [--max-bytes N]
              [--dry-run]
                     report every difference to the description of that site (default intl) that
                     was last seen, and import its structure into spec/, as stubs to be described;
                     --previous shows the texts of that description as well, --release is the
                     version of the package, --source the source of the facts, --action adds one
                     more action, --dry-run only reports
                     exit: 0 no difference, 10 compatible, 20 breaking, 30 only texts, 1 failure
  spec add <ACTION>… | --all [--site intl|cn] [--examples <examples.json>] [--dry-run]
                     add actions of the description last seen, of which only the structure is
                     specified, with their structs and published examples
  spec read <row>… | --all
                     record that rows of the capability tables, such as \"video Kling 3.0\", agree with
                     the texts of the descriptions last seen
  spec diff <old> <new> [--format text|markdown|json]
                     classify every change between two specifications (a folder, or git:REVISION)
                     or two published descriptions (api.json)
                     exit: 0 none or documentation, 10 compatible, 20 breaking, 1 failure
  models-all <folder> [--examples <examples.json>]
                     write a crate that replaces mps-models and has every action of the service
  instructions [--update] [bench…]
                     count the instructions of the hot paths under valgrind and compare them with
                     tests/instruction-limits.toml; --update writes that file
  release [--since TAG] [--date DAY] [--at-least breaking|compatible] [--write]
                     propose version, CHANGELOG entry and tag from what changed since the last tag;
                     --write changes CHANGELOG.md and Cargo.toml
  pictures           make docs/pictures from a run against the emulator; needs chromium
  release-notes TAG  print the CHANGELOG entry of a tag, which must be the version of the workspace
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
    /// Only texts of the published description differ.
    TextOnly = 30,
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
        ["instructions", "--update", benches @ ..] => {
            instructions::update(&workspace::root()?, benches)
        }
        ["instructions", benches @ ..] => instructions::compare(&workspace::root()?, benches),
        ["release", rest @ ..] => {
            let options = release::Options::parse(rest)?;
            let proposal = release::release(&workspace::root()?, &options)?;
            print(proposal.to_string().trim_end())
        }
        ["release-notes", tag] => print(release::notes(&workspace::root()?, tag)?.trim_end()),
        ["models-all", rest @ ..] => {
            whole_service::write(&workspace::root()?, &whole_service::Options::parse(rest)?)
        }
        ["spec", "add", rest @ ..] => spec_add(&workspace::root()?, rest),
        ["spec", "read", "--all"] => spec_read(&workspace::root()?, &[]),
        ["spec", "read", rows @ ..] if !rows.is_empty() => spec_read(&workspace::root()?, rows),
        ["spec", "check"] => spec_check(&workspace::root()?),
        ["pictures"] => ci::pictures(&workspace::root()?),
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
    let (spec, _) = model::parse(&sources);
    let stale = texts::check(&spec, &sources);
    let api = match (api(&sources), stale.is_empty()) {
        (Ok(_), true) => targets::generate(&sources)?.api,
        (other, _) => {
            let mistakes = other.err().into_iter().flatten().chain(stale).collect();
            let mistakes = diagnostic::sorted(mistakes);
            return Err(Failure::from_mistakes(&mistakes, &sources));
        }
    };
    let notes = add::unconfirmed(&spec);
    print(&format!(
        "the specification is valid: {} actions",
        api.actions.len()
    ))?;
    notes
        .iter()
        .try_for_each(|note| print(&format!("note: {note}")))
}

/// Adds actions of the description last seen to the specification of a workspace and prints a report.
///
/// # Errors
/// Returns a failure if the specification cannot be read or written, or an action is unknown.
pub fn spec_add(root: &Path, words: &[&str]) -> Result<(), Failure> {
    let options = add::Options::parse(words)?;
    let added = add::add(root, &options)?;
    print(added.to_string().trim_end())
}

/// Records that rows of the capability tables agree with the texts of the descriptions last seen; all
/// rows if none is named.
///
/// # Errors
/// Returns a failure for an unknown row, or if a file cannot be read or written.
pub fn spec_read(root: &Path, names: &[&str]) -> Result<(), Failure> {
    let sources = sources::of(root);
    let (spec, mistakes) = model::parse(&sources);
    if !mistakes.is_empty() {
        return Err(Failure::from_mistakes(&mistakes, &sources));
    }
    let text = texts::read(&spec, &sources, names)?;
    let files = BTreeMap::from([(texts::PATH.to_owned(), text)]);
    import::write::all(&root.join("spec"), &files)?;
    let which = match names {
        [] => "all rows".to_owned(),
        names => names.join(", "),
    };
    print(&format!("read: {which}"))
}

/// Imports a published description into the specification of a workspace and prints a report.
///
/// # Errors
/// Returns a failure if the description or the specification cannot be read or written.
pub fn spec_import(root: &Path, words: &[&str]) -> Result<ExitCode, Failure> {
    let options = import::Options::parse(words)?;
    let import = import::import(root, &options)?;
    print(
        import
            .report
            .render(options.format, options.max_bytes)
            .trim_end(),
    )?;
    Ok(match import.report.class() {
        None => ExitCode::Success,
        Some(Class::Documentation) => ExitCode::TextOnly,
        Some(Class::Compatible) => ExitCode::Changed,
        Some(Class::Breaking) => ExitCode::Breaking,
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
