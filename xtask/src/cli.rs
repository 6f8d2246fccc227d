//! The verbs of `cargo xtask`.

use std::{
    fmt,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
};

use annotate_snippets::Renderer;

use crate::{
    ci,
    codegen::{Fault, Generated, api, code},
    diagnostic::{Diagnostic, render},
    diff::{self, Class},
    import,
    ir::Api,
    output::{Change, Extent, Mode, settle_part},
    pages,
    spec::{self, Sources},
    trap,
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

/// A directory that the generator writes to, and what of it is the generator's.
struct Target {
    dir: &'static str,
    extent: Extent,
    generate: fn(&Api) -> Result<Generated, Fault>,
}

const TARGETS: [Target; 2] = [
    Target {
        dir: "crates/mps-models/src/generated",
        extent: Extent::Whole,
        generate: code,
    },
    Target {
        dir: "docs",
        extent: Extent::Marked(pages::MARK),
        generate: pages::generate,
    },
];

/// Why a verb did not succeed, as text for a person.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// A failure with something to say.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
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
        ["trapped", command @ ..] => trap::run(&workspace(), command),
        ["help" | "--help" | "-h"] => say(&usage()),
        [] => Err(Failure::new(usage())),
        other => Err(Failure::new(format!(
            "error: unknown verb `{}`\n\n{}",
            other.join(" "),
            usage()
        ))),
    }
}

/// Brings the generated code of a workspace up to date, or tells how it is not.
pub fn codegen(root: &Path, mode: Mode) -> Result<(), Failure> {
    let sources = sources(root)?;
    let failed = |fault| match fault {
        Fault::Spec(mistakes) => mistaken(&mistakes, &sources),
        Fault::Generator(fault) => Failure(format!("error: the generator made no Rust: {fault}")),
    };
    let api = api(&sources).map_err(|mistakes| mistaken(&mistakes, &sources))?;
    let generated = TARGETS.iter().map(|target| (target.generate)(&api));
    let generated: Vec<Generated> = generated.collect::<Result<_, _>>().map_err(failed)?;
    let mut changes = Vec::new();
    for (target, generated) in TARGETS.iter().zip(&generated) {
        let outcome = settle_part(generated, &root.join(target.dir), target.extent, mode)
            .map_err(|fault| Failure(format!("error: {}: {fault}", target.dir)))?;
        let found = outcome.changes.into_iter();
        changes.extend(found.map(|change| (target.dir, change)));
    }
    report(&changes, mode)
}

/// Reports every mistake in the specification of a workspace.
pub fn spec_check(root: &Path) -> Result<(), Failure> {
    let sources = sources(root)?;
    match api(&sources) {
        Ok(api) => say(&format!(
            "the specification is sound: {} actions",
            api.actions.len()
        )),
        Err(mistakes) => Err(mistaken(&mistakes, &sources)),
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

pub(crate) fn sources(root: &Path) -> Result<Sources, Failure> {
    read(&root.join("spec"))
}

pub(crate) fn read(dir: &Path) -> Result<Sources, Failure> {
    let (sources, mistakes) = spec::read(dir);
    if mistakes.is_empty() {
        Ok(sources)
    } else {
        Err(mistaken(&mistakes, &sources))
    }
}

pub(crate) fn mistaken(mistakes: &[Diagnostic], sources: &Sources) -> Failure {
    let renderer = if io::stderr().is_terminal() {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let count = match mistakes.len() {
        1 => "1 mistake".to_owned(),
        many => format!("{many} mistakes"),
    };
    let text = render(mistakes, sources, &renderer);
    Failure(format!("{text}\n\nerror: the specification has {count}"))
}

fn report(changes: &[(&str, Change)], mode: Mode) -> Result<(), Failure> {
    let line =
        |(dir, change): &(&str, Change)| format!("{}: {dir}/{}\n", change.kind(), change.path);
    let list: String = changes.iter().map(line).collect();
    match (mode, list.is_empty()) {
        (_, true) => say("the generated code is up to date"),
        (Mode::Write, false) => say(list.trim_end()),
        (Mode::Check, false) => Err(drift(changes, &list)),
    }
}

fn drift(changes: &[(&str, Change)], list: &str) -> Failure {
    let diff: String = changes
        .iter()
        .map(|(dir, change)| change.diff(dir))
        .collect();
    Failure(format!(
        "{diff}\n{list}\n\
         error: the generated code is not what spec/ asks for\n\
         help: run `cargo xtask codegen`"
    ))
}

pub(crate) fn say(text: &str) -> Result<(), Failure> {
    writeln!(io::stdout(), "{text}").map_err(|fault| Failure(format!("error: stdout: {fault}")))
}

/// The root of the workspace this generator was built in.
fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
