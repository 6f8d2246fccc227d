//! The command-line options of `spec import`.

use std::path::PathBuf;

use super::stub::TODO;
use crate::{diff::Format, failure::Failure};

/// The options of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Path of the description.
    pub file: PathBuf,
    /// Actions to add to those that the specification has.
    pub actions: Vec<String>,
    /// Value of the key `source` in new stubs.
    pub source: String,
    /// The site that the description is of.
    pub site: String,
    /// Path of the description that was seen last, for its texts.
    pub previous: Option<PathBuf>,
    /// Version of the package that ships the description; empty if unknown.
    pub release: String,
    /// Format of the report.
    pub format: Format,
    /// Maximum number of bytes of a report in Markdown.
    pub max_bytes: usize,
    /// True to report without writing.
    pub dry_run: bool,
}

/// Maximum number of bytes of a report by default. A pull request takes 65,536 characters.
const MAX_BYTES: usize = 60_000;

/// The site whose description is imported by default.
const DEFAULT_SITE: &str = "intl";

impl Options {
    /// Creates the options for the actions that the specification has.
    #[must_use]
    pub fn new(file: impl Into<PathBuf>) -> Self {
        Self {
            file: file.into(),
            actions: Vec::new(),
            source: TODO.to_owned(),
            site: DEFAULT_SITE.to_owned(),
            previous: None,
            release: String::new(),
            format: Format::Text,
            max_bytes: MAX_BYTES,
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
                "--site" => value()?.clone_into(&mut options.site),
                "--previous" => options.previous = Some(value()?.into()),
                "--release" => value()?.clone_into(&mut options.release),
                "--max-bytes" => {
                    let number = value()?;
                    options.max_bytes = number.parse().map_err(|_| {
                        Failure::new(format!("error: `--max-bytes {number}` is not a number"))
                    })?;
                }
                "--format" => options.format = format(value()?)?,
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

fn format(word: &str) -> Result<Format, Failure> {
    match word {
        "text" => Ok(Format::Text),
        "markdown" => Ok(Format::Markdown),
        other => Err(Failure::new(format!(
            "error: unknown format `{other}` of `spec import`; use text or markdown"
        ))),
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
