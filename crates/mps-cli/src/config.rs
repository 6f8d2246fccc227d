//! The config file of the user: values of the common options, and defaults of commands.
//!
//! It is read from one place only, never from the working folder: a file in the project of
//! another person must not choose the receiver of prompts and keys.

use std::{
    env,
    path::{Path, PathBuf},
};

mod defaults;
mod explain;
mod file;
mod parse;
mod value;

pub(crate) use self::{
    defaults::Defaults,
    explain::{Explanation, Origin, explain},
};
use crate::{failure::Failure, options::GlobalOptions};

/// The name of the file in its folder.
const FILE: &str = "config.toml";

/// The content of the config file; empty where there is none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Config {
    /// `true` if the file exists.
    pub(crate) exists: bool,
    /// The common options that it sets.
    pub(crate) options: GlobalOptions,
    /// The defaults of commands that it sets.
    pub(crate) defaults: Defaults,
    /// A warning about the file.
    pub(crate) warning: Option<String>,
}

/// Reads the config file, if it exists.
///
/// # Errors
/// Returns a usage error when the file is not a regular file of this user that no other user can write
/// to, or has a mistake: then it names the place and the fix.
pub(crate) fn read() -> Result<Config, Failure> {
    let Some(place) = place() else {
        return Ok(Config::default());
    };
    let Some(content) = file::read(&place)? else {
        return Ok(Config::default());
    };
    let parsed = parse::parse(&content.text, &place.to_string_lossy())?;
    let warning = (content.can_others_read && parsed.has_password).then(|| file::readable(&place));
    Ok(Config {
        exists: true,
        options: parsed.options,
        defaults: parsed.defaults,
        warning,
    })
}

/// Returns the place of the config file, whether it exists or not: `mps/config.toml` in
/// `XDG_CONFIG_HOME`, else in the platform's folder for settings.
pub(crate) fn place() -> Option<PathBuf> {
    Some(folder()?.join("mps").join(FILE))
}

#[cfg(not(any(windows, target_os = "macos")))]
fn folder() -> Option<PathBuf> {
    absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")))
}

#[cfg(target_os = "macos")]
fn folder() -> Option<PathBuf> {
    let platform = Path::new("Library").join("Application Support");
    absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(platform)))
}

#[cfg(windows)]
fn folder() -> Option<PathBuf> {
    absolute("XDG_CONFIG_HOME").or_else(|| absolute("LOCALAPPDATA"))
}

/// Returns a folder of the environment. A relative one counts as none: it would be within the working
/// folder.
fn absolute(variable: &str) -> Option<PathBuf> {
    Some(PathBuf::from(env::var_os(variable)?)).filter(|path| path.is_absolute())
}

/// Returns a path of the config file with `~` replaced by the home folder: for example, `~/tasks.db`.
///
/// # Errors
/// Returns the reason when the path is relative: it would name another file in each working folder.
fn absolute_path(text: &str) -> Result<PathBuf, String> {
    let home = || absolute("HOME").or_else(|| absolute("USERPROFILE"));
    let path = match text.strip_prefix("~/") {
        Some(rest) => home()
            .map(|home| home.join(rest))
            .ok_or("HOME is not set")?,
        None => PathBuf::from(text),
    };
    if path.is_absolute() {
        return Ok(path);
    }
    Err("write an absolute path, or one that begins with ~/".to_owned())
}

/// Returns a path as an error shows it.
fn shown(path: &Path) -> String {
    crate::foreign_text::path(path)
}
