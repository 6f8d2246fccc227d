//! Reads the folder, file or revision that a word of the command line names.

use std::{collections::BTreeSet, path::Path};

use super::{git, item::Items, lower_published, lower_spec};
use crate::{
    failure::Failure,
    model::{self, Sources, UNDESCRIBED},
    published::{self, is_generation_action},
    sources,
};

/// One side of a comparison.
pub(super) struct Input {
    pub(super) kind: InputKind,
    pub(super) items: Items,
}

/// The kind of a side; only sides of the same kind are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum InputKind {
    Spec,
    Published,
}

pub(super) fn load(root: &Path, word: &str) -> Result<Input, Failure> {
    if let Some(revision) = word.strip_prefix("git:") {
        return specification(&git::sources(root, revision)?);
    }
    let path = Path::new(word);
    if path.is_dir() {
        return specification(&sources::read(path));
    }
    if path.exists() {
        return description(path);
    }
    Err(Failure::new(format!(
        "error: `{word}` is neither a folder with a specification nor a published description\n\
         help: write `git:{word}` for a revision"
    )))
}

/// Reads a specification. Stubs that nobody described yet are compared as well.
fn specification(sources: &Sources) -> Result<Input, Failure> {
    let (spec, mut mistakes) = model::parse(sources);
    mistakes.retain(|mistake| mistake.code != UNDESCRIBED);
    if !mistakes.is_empty() {
        return Err(Failure::from_mistakes(&mistakes, sources));
    }
    Ok(Input {
        kind: InputKind::Spec,
        items: lower_spec::lower(&spec, sources),
    })
}

fn description(path: &Path) -> Result<Input, Failure> {
    let description = published::read(path)?;
    description.expect("mps", "2019-06-12")?;
    let names: BTreeSet<&str> = description
        .actions()
        .filter(|name| is_generation_action(name))
        .collect();
    if names.is_empty() {
        return Err(Failure::new(format!(
            "error: {}: has no action of AI generation",
            path.display()
        )));
    }
    let family = description.family(&names)?;
    Ok(Input {
        kind: InputKind::Published,
        items: lower_published::lower(&family),
    })
}
