//! `cargo xtask spec import`: imports the structure of a published description into the
//! specification.
//!
//! The structure is names, types, required flags and their order. Text that people wrote is kept
//! byte for byte. A part that only the file has becomes a stub, which `spec check` refuses until a
//! person describes it. Where the two differ, the specification is kept and the report lists the
//! difference. All changes are computed before the first one is written.
//!
//! The description is also compared with the fingerprint of the one that was last seen, so that no
//! difference goes unnoticed, whether or not the specification has the part.

mod edit;
mod family;
mod members;
mod options;
mod plan;
mod render;
mod report;
mod seen;
mod stub;
pub mod write;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

pub(crate) use self::seen::stored;
pub use self::{
    options::Options,
    report::{Note, Report},
    seen::Seen,
};
use crate::{
    diagnostic::{Diagnostic, closest},
    failure::Failure,
    model::{self, SourceFile, Sources, Spec, UNDESCRIBED},
    published::{self, Description, compare::Change, is_generation_action},
    sources, texts,
};

/// The result of an import.
#[derive(Debug)]
pub struct Import {
    /// Report for people.
    pub report: Report,
    /// Changed files with their new text, by their path below the specification.
    pub files: BTreeMap<String, String>,
}

/// Imports a description into the specification of a workspace.
///
/// # Errors
/// Returns a failure if the description or the specification cannot be read, or a file cannot be
/// written.
pub fn import(root: &Path, options: &Options) -> Result<Import, Failure> {
    let dir = root.join("spec");
    let sources = sources::of(root);
    let spec = readable(&sources)?;
    let description = published::read(&options.file)?;
    let mut import = merge(&description, &spec, &sources, options)?;
    let seen = seen::compare(&description, &spec, &sources, options)?;
    import.report.rows = rows_to_read(&seen, &sources)?;
    if let Some((path, text)) = seen.file() {
        import.report.written.push(path.clone());
        import.files.insert(path, text);
    }
    import.report.seen = Some(seen);
    if !options.dry_run {
        write::all(&dir, &import.files)?;
    }
    Ok(import)
}

/// Returns the rows of the capability tables that are linked to a text that changed.
fn rows_to_read(seen: &Seen, sources: &Sources) -> Result<Vec<Note>, Failure> {
    let links = texts::links(sources)?;
    let mut rows: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for difference in &seen.differences {
        let path = &*difference.path;
        if matches!(
            difference.change,
            Change::Text { what: "text", .. } | Change::Removed(_)
        ) {
            for row in texts::linked(&links, &seen.site, path) {
                rows.entry(row).or_default().push(path);
            }
        }
    }
    let notes = rows
        .into_iter()
        .map(|(row, paths)| Note::new(row, paths.join(", ")));
    Ok(notes.collect())
}

/// Parses a specification. Stubs of an earlier import are no mistakes here.
fn readable(sources: &Sources) -> Result<Spec, Failure> {
    let (spec, mut mistakes) = model::parse(sources);
    mistakes.retain(|mistake: &Diagnostic| mistake.code != UNDESCRIBED);
    if mistakes.is_empty() {
        Ok(spec)
    } else {
        Err(Failure::from_mistakes(&mistakes, sources))
    }
}

fn merge(
    description: &Description,
    spec: &Spec,
    sources: &Sources,
    options: &Options,
) -> Result<Import, Failure> {
    let service = spec.service.as_ref();
    let service = service.ok_or_else(|| Failure::new("error: service.toml cannot be read"))?;
    description.expect(&service.name.value, &service.version)?;
    let ours = spec.actions.iter().map(|action| &*action.name.value);
    let names: BTreeSet<&str> = ours
        .chain(requested_actions(description, options)?)
        .collect();
    let family = description.family(&names)?;
    let mut plan = family::plan(spec, sources, &family, &options.source);
    let files = edit::apply(&plan.steps, sources)?;
    verify(&files, sources)?;
    let known = |name: &&str| is_generation_action(name) && !names.contains(name);
    let others = description.actions().filter(known).map(str::to_owned);
    plan.report.others = others.collect();
    plan.report.read = family.actions.len();
    plan.report.written = files.keys().cloned().collect();
    plan.report.dry_run = options.dry_run;
    Ok(Import {
        report: plan.report,
        files,
    })
}

/// Returns the actions that the command line names, all of which the file must have.
fn requested_actions<'o>(
    description: &Description,
    options: &'o Options,
) -> Result<impl Iterator<Item = &'o str>, Failure> {
    let there: Vec<&str> = description.actions().collect();
    let missing = options
        .actions
        .iter()
        .find(|name| !there.contains(&&***name));
    match missing {
        None => Ok(options.actions.iter().map(String::as_str)),
        Some(name) => {
            let hint =
                closest(name, &there).map(|meant| format!("\nhelp: did you mean `{meant}`?"));
            Err(Failure::new(format!(
                "error: {} has no action `{name}`{}",
                options.file.display(),
                hint.unwrap_or_default()
            )))
        }
    }
}

/// Verifies that the new files can be parsed, before the first one is written.
fn verify(files: &BTreeMap<String, String>, sources: &Sources) -> Result<(), Failure> {
    let untouched = sources.iter().map(|(_, file)| file);
    let untouched = untouched.filter(|file| !files.contains_key(&file.path));
    let touched = files.iter().map(|(path, text)| SourceFile {
        path: path.clone(),
        text: text.clone(),
    });
    readable(&Sources::new(untouched.cloned().chain(touched).collect())).map(|_| ())
}
