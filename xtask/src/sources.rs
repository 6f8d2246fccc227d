//! Reading of the specification of a workspace.

use std::path::Path;

use crate::model::{self, Sources};

/// Reads the specification of a workspace. The mistakes of files that cannot be read are reported
/// when it is parsed, together with all others.
pub(crate) fn of(root: &Path) -> Sources {
    read(&root.join("spec"))
}

/// Reads the specification in a folder.
pub(crate) fn read(dir: &Path) -> Sources {
    model::read(dir).0
}
