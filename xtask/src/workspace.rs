//! Finds the checkout to work on when the program runs, since several checkouts can share a target
//! folder and thus this program.

use std::{
    env,
    path::{Path, PathBuf},
};

use crate::failure::Failure;

/// The files that every checkout has.
const MARKERS: [&str; 2] = ["spec/service.toml", "xtask/Cargo.toml"];

/// Returns the root of the checkout that the command was started in.
///
/// Cargo names the checkout whose `xtask` it runs. Without cargo, it is the closest folder upward
/// from the working folder that has a specification and an `xtask`.
///
/// # Errors
/// Returns a failure if neither leads to a checkout.
pub fn root() -> Result<PathBuf, Failure> {
    let manifest = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let folder = env::current_dir()
        .map_err(|error| Failure::new(format!("error: the working folder: {error}")))?;
    find(manifest.as_deref(), &folder)
}

/// Returns the checkout of the manifest folder that cargo names, else the closest one upward from
/// a folder.
///
/// # Errors
/// Returns a failure if neither leads to a checkout.
pub fn find(manifest: Option<&Path>, folder: &Path) -> Result<PathBuf, Failure> {
    let named = manifest.and_then(Path::parent);
    let upward = folder.ancestors();
    named
        .into_iter()
        .chain(upward)
        .find(|candidate| is_checkout(candidate))
        .map(Path::to_owned)
        .ok_or_else(|| {
            Failure::new(format!(
                "error: {} is not in a checkout: no folder above it has {}\n\
                 help: run `cargo xtask` in the checkout",
                folder.display(),
                MARKERS.join(" and ")
            ))
        })
}

fn is_checkout(folder: &Path) -> bool {
    MARKERS.iter().all(|file| folder.join(file).is_file())
}
