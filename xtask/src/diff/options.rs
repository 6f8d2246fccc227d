//! What the command line says about a comparison.

use crate::failure::Failure;

/// What to compare, and how to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// A folder, a file or `git:` and a revision.
    pub old: String,
    /// The same for the other side.
    pub new: String,
    /// How to tell.
    pub format: Format,
}

/// How to tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For a terminal.
    #[default]
    Text,
    /// For a pull request.
    Markdown,
    /// For a program.
    Json,
}

impl Options {
    /// Reads the words that follow `spec diff`.
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
            Failure::new(format!("error: `spec diff` compares two, not {count}"))
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
            "error: `{other}` is no format; there are text, markdown and json"
        ))),
    }
}

fn unknown(word: &str) -> Failure {
    Failure::new(format!(
        "error: `spec diff` has no use for `{word}`; see `cargo xtask help`"
    ))
}
