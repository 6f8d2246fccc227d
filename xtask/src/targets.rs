//! What the generator keeps up to date in a workspace.

use std::path::Path;

use crate::{
    codegen::{Fault, Generated, api, code, command_line, facade},
    failure::{Failure, say},
    ir::Api,
    lower::MODULE,
    output::{Change, Extent, Mode, settle_part},
    pages, sources,
};

/// A directory that the generator writes to, and what of it is the generator's.
struct Target {
    dir: &'static str,
    extent: Extent,
    generate: fn(&Api) -> Result<Generated, Fault>,
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

/// Brings the generated code of a workspace up to date, or tells how it is not.
pub fn codegen(root: &Path, mode: Mode) -> Result<(), Failure> {
    let sources = sources::of(root)?;
    let failed = |fault| match fault {
        Fault::Spec(mistakes) => Failure::mistaken(&mistakes, &sources),
        Fault::Generator(fault) => {
            Failure::new(format!("error: the generator made no Rust: {fault}"))
        }
    };
    let api = api(&sources).map_err(|mistakes| Failure::mistaken(&mistakes, &sources))?;
    let generated = TARGETS.iter().map(|target| (target.generate)(&api));
    let generated: Vec<Generated> = generated.collect::<Result<_, _>>().map_err(failed)?;
    let mut changes = Vec::new();
    for (target, generated) in TARGETS.iter().zip(&generated) {
        let outcome = settle_part(generated, &root.join(target.dir), target.extent, mode)
            .map_err(|fault| Failure::new(format!("error: {}: {fault}", target.dir)))?;
        let found = outcome.changes.into_iter();
        changes.extend(found.map(|change| (target.dir, change)));
    }
    report(&changes, mode)
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
    Failure::new(format!(
        "{diff}\n{list}\n\
         error: the generated code is not what spec/ asks for\n\
         help: run `cargo xtask codegen`"
    ))
}
