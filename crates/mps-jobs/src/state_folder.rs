//! The folder for data that is of use to this machine only: ledgers, their seals, and rate limits.

use std::{env, path::PathBuf};

use crate::ledger::{LedgerError, LedgerErrorKind};

/// The reason why there is no state folder.
#[cfg(not(any(windows, target_os = "macos")))]
const ABSENT: &str = "neither XDG_STATE_HOME nor HOME is an absolute path";
#[cfg(target_os = "macos")]
const ABSENT: &str = "HOME is not an absolute path";
#[cfg(windows)]
const ABSENT: &str = "LOCALAPPDATA is not an absolute path";

/// Returns the state folder of the user for these programs, from the environment: that of the XDG
/// specification, or of the platform. It need not exist.
///
/// # Errors
/// [`LedgerErrorKind::Location`] when the environment names none.
pub fn state_folder_from_env() -> Result<PathBuf, LedgerError> {
    let base = base().ok_or_else(|| LedgerError::new(LedgerErrorKind::Location, ABSENT));
    Ok(base?.join("mps"))
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
