//! The command-line options of `spec import`.

use std::path::PathBuf;

use super::stub::TODO;
use crate::failure::Failure;

/// The options of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Path of the description.
    pub file: PathBuf,
    /// Actions to add to those that the specification has.
    pub actions: Vec<String>,
    /// Value of the key `source` in new stubs.
    pub source: String,
    /// True to report without writing.
    pub dry_run: bool,
}

impl Options {
    /// Creates the options for the actions that the specification has.
    #[must_use]
    pub fn new(file: impl Into<PathBuf>) -> Self {
        Self {
            file: file.into(),
            actions: Vec::new(),
            source: TODO.to_owned(),
            dry_run: false,
        }
    }

    /// Parses the arguments of `spec import`.
    ///
    /// # Errors
    /// Returns a failure for an unknown option or a missing file.
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
        "error: unknown argument `{word}` of `spec import`; see `cargo xtask help`"
    ))
}
