//! The place of a manifest, to distinguish two files of one name.

use std::{fs, io, path::Path};

use crate::machine;

/// Returns the host and the path without links, for example `build-1:/srv/foxes.csv`.
pub(super) fn of(manifest: &Path) -> io::Result<String> {
    let path = fs::canonicalize(manifest)?;
    Ok(format!("{}:{}", machine::host(), path.display()))
}
