//! A specification without a mistake in its form, or why there is none.

use std::path::Path;

use crate::{
    failure::Failure,
    model::{self, Sources},
};

/// That of a workspace.
pub(crate) fn of(root: &Path) -> Result<Sources, Failure> {
    read(&root.join("spec"))
}

/// That in a folder.
pub(crate) fn read(dir: &Path) -> Result<Sources, Failure> {
    let (sources, mistakes) = model::read(dir);
    if mistakes.is_empty() {
        Ok(sources)
    } else {
        Err(Failure::mistaken(&mistakes, &sources))
    }
}
