//! The command-line options of `spec diff`.

use crate::failure::Failure;

/// The options of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Old side: a folder, a file, or `git:` and a revision.
    pub old: String,
    /// New side, in the same form.
    pub new: String,
    /// Format of the report.
    pub format: Format,
}

/// Format of the report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Text for a terminal, the default.
    #[default]
    Text,
    /// Markdown for a pull request.
    Markdown,
    /// JSON for a program.
    Json,
}

impl Options {
    /// Parses the arguments of `spec diff`.
    ///
    /// # Errors
    /// Returns a failure for an unknown option, or if there are not two sides.
    pub fn parse(words: &[&str]) -> Result<Self, Failure> {
        let mut sides = Vec::new();
        let mut format = Format::default();
        let mut words = words.iter().copied();
        while let Some(word) = words.next() {
            match word.strip_prefix("--format") {
                Some("") => format = named(words.next().unwrap_or_default())?,
                Some(value) => format = named(value.trim_start_matches('='))?,
                None if word.starts_with('-') => return Err(unknown(word)),
                None => sides.push(word.to_owned()),
            }
        }
        let [old, new] = <[String; 2]>::try_from(sides).map_err(|sides| {
            let count = sides.len();
            Failure::new(format!(
                "error: `spec diff` compares two sides, not {count}"
            ))
        })?;
        Ok(Self { old, new, format })
    }
}

fn named(name: &str) -> Result<Format, Failure> {
    match name {
        "text" => Ok(Format::Text),
        "markdown" => Ok(Format::Markdown),
        "json" => Ok(Format::Json),
        other => Err(Failure::new(format!(
            "error: unknown format `{other}`; use text, markdown or json"
        ))),
    }
}

fn unknown(word: &str) -> Failure {
    Failure::new(format!(
        "error: unknown option `{word}` of `spec diff`; see `cargo xtask help`"
    ))
}
