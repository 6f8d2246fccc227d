//! What the command line says about an import.

use std::path::PathBuf;

use super::stub::TODO;
use crate::failure::Failure;

/// What to import, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The description.
    pub file: PathBuf,
    /// Actions to take in besides those the specification has.
    pub actions: Vec<String>,
    /// Where the facts of new stubs come from, for their key `source`.
    pub source: String,
    /// Only tell what would happen.
    pub dry_run: bool,
}

impl Options {
    /// Imports a file for the actions that the specification has.
    #[must_use]
    pub fn new(file: impl Into<PathBuf>) -> Self {
        Self {
            file: file.into(),
            actions: Vec::new(),
            source: TODO.to_owned(),
            dry_run: false,
        }
    }

    /// Reads the words that follow `spec import`.
    pub fn parse(words: &[&str]) -> Result<Self, Failure> {
        let mut options = Self::new(PathBuf::new());
        let mut words = words.iter().copied();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| needs_value(word));
            match word {
                "--dry-run" => options.dry_run = true,
                "--action" => options.actions.push(value()?.to_owned()),
                "--source" => value()?.clone_into(&mut options.source),
                word if word.starts_with('-') => return Err(unknown(word)),
                word if !options.file.as_os_str().is_empty() => return Err(unknown(word)),
                word => options.file = word.into(),
            }
        }
        if options.file.as_os_str().is_empty() {
            return Err(Failure::new(
                "error: `spec import` needs a file, such as the api.json of tccli-intl-en",
            ));
        }
        Ok(options)
    }
}

fn needs_value(word: &str) -> Failure {
    Failure::new(format!("error: `{word}` needs a value"))
}

fn unknown(word: &str) -> Failure {
    Failure::new(format!(
        "error: `spec import` has no use for `{word}`; see `cargo xtask help`"
    ))
}
