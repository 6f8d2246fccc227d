//! The folder for data that is of use to this machine only: the rate limit and the ledger.

use std::{env, path::PathBuf};

/// The reason why there is no state folder.
#[cfg(not(any(windows, target_os = "macos")))]
pub(crate) const ABSENT: &str = "neither XDG_STATE_HOME nor HOME is an absolute path";
#[cfg(target_os = "macos")]
pub(crate) const ABSENT: &str = "HOME is not an absolute path";
#[cfg(windows)]
pub(crate) const ABSENT: &str = "LOCALAPPDATA is not an absolute path";

/// Returns the state folder of this program: that of the XDG specification, or of the platform.
/// `None` where the environment names none. It need not exist.
pub(crate) fn find() -> Option<PathBuf> {
    Some(base()?.join("mps"))
}

#[cfg(not(any(windows, target_os = "macos")))]
fn base() -> Option<PathBuf> {
    let home = || Some(absolute("HOME")?.join(".local").join("state"));
    absolute("XDG_STATE_HOME").or_else(home)
}

#[cfg(target_os = "macos")]
fn base() -> Option<PathBuf> {
    let home = || {
        Some(
            absolute("HOME")?
                .join("Library")
                .join("Application Support"),
        )
    };
    absolute("XDG_STATE_HOME").or_else(home)
}

#[cfg(windows)]
fn base() -> Option<PathBuf> {
    absolute("LOCALAPPDATA")
}

fn absolute(variable: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env::var_os(variable)?);
    path.is_absolute().then_some(path)
}
