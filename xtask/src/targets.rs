//! The directories that the generator keeps up to date.

use std::path::Path;

use crate::{
    codegen::{GenerateError, Generated, api, code, command_line, facade},
    failure::{Failure, print},
    ir::Api,
    lower::MODULE,
    model::Sources,
    output::{Change, Extent, Mode, update_part},
    pages, sources,
};

/// A directory of the generator, and the files in it that it owns.
struct Target {
    dir: &'static str,
    extent: Extent,
    generate: fn(&Api) -> Result<Generated, GenerateError>,
}

const TARGETS: [Target; 4] = [
    Target {
        dir: "crates/mps-models/src",
        extent: Extent::Module(MODULE),
        generate: code,
    },
    Target {
        dir: "crates/mps-aigc/src",
        extent: Extent::Module(MODULE),
        generate: facade,
    },
    Target {
        dir: "crates/mps-cli/src",
        extent: Extent::Module(MODULE),
        generate: command_line,
    },
    Target {
        dir: "docs",
        extent: Extent::Marked(pages::MARK),
        generate: pages::generate,
    },
];

/// Updates the generated code of a workspace, or reports how it differs.
///
/// # Errors
/// Returns the mistakes of the specification, the differences in [`Mode::Check`], or the error of a
/// file.
pub fn codegen(root: &Path, mode: Mode) -> Result<(), Failure> {
    let whole = generate(&sources::of(root))?;
    let mut changes = Vec::new();
    for (target, generated) in TARGETS.iter().zip(&whole.generated) {
        let outcome = update_part(generated, &root.join(target.dir), target.extent, mode)
            .map_err(|error| Failure::new(format!("error: {}: {error}", target.dir)))?;
        let found = outcome.changes.into_iter();
        changes.extend(found.map(|change| (target.dir, change)));
    }
    report(&changes, mode)
}

/// Everything that is generated from a specification, before it is written.
pub(crate) struct Whole {
    /// The API.
    pub(crate) api: Api,
    generated: Vec<Generated>,
}

/// Generates the files of all directories.
///
/// # Errors
/// Returns the mistakes of the specification, or a bug of the generator.
pub(crate) fn generate(sources: &Sources) -> Result<Whole, Failure> {
    let failed = |error| match error {
        GenerateError::Spec(mistakes) => Failure::from_mistakes(&mistakes, sources),
        GenerateError::Generator(error) => {
            Failure::new(format!("error: the generated code is not Rust: {error}"))
        }
    };
    let api = api(sources).map_err(|mistakes| Failure::from_mistakes(&mistakes, sources))?;
    let generated = TARGETS.iter().map(|target| (target.generate)(&api));
    let generated = generated.collect::<Result<_, _>>().map_err(failed)?;
    Ok(Whole { api, generated })
}

fn report(changes: &[(&str, Change)], mode: Mode) -> Result<(), Failure> {
    let line =
        |(dir, change): &(&str, Change)| format!("{}: {dir}/{}\n", change.kind(), change.path);
    let list: String = changes.iter().map(line).collect();
    match (mode, list.is_empty()) {
        (_, true) => print("the generated code is up to date"),
        (Mode::Write, false) => print(list.trim_end()),
        (Mode::Check, false) => Err(drift(changes, &list)),
    }
}

fn drift(changes: &[(&str, Change)], list: &str) -> Failure {
    let diff: String = changes
        .iter()
        .map(|(dir, change)| change.diff(dir))
        .collect();
    Failure::new(format!(
        "{diff}\n{list}\n\
         error: the generated code differs from spec/\n\
         help: run `cargo xtask codegen`"
    ))
}
