//! Reading of the specification of a workspace.

use std::path::Path;

use crate::{
    failure::Failure,
    model::{self, Sources},
};

/// Reads the specification of a workspace.
pub(crate) fn of(root: &Path) -> Result<Sources, Failure> {
    read(&root.join("spec"))
}

/// Reads the specification in a folder.
pub(crate) fn read(dir: &Path) -> Result<Sources, Failure> {
    let (sources, mistakes) = model::read(dir);
    if mistakes.is_empty() {
        Ok(sources)
    } else {
        Err(Failure::from_mistakes(&mistakes, &sources))
    }
}
