//! The command-line options of `spec add`.

use std::path::PathBuf;

use crate::failure::Failure;

/// The options of an addition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The actions.
    pub actions: Vec<String>,
    /// True to add every action that the specification does not have.
    pub all: bool,
    /// The site whose description was last seen.
    pub site: String,
    /// The file of published examples, `examples.json`.
    pub examples: Option<PathBuf>,
    /// True to report without writing.
    pub dry_run: bool,
}

impl Options {
    /// Parses the arguments of `spec add`.
    ///
    /// # Errors
    /// Returns a failure for an unknown option, or if neither an action nor `--all` is given.
    pub fn parse(words: &[&str]) -> Result<Self, Failure> {
        let mut options = Self {
            actions: Vec::new(),
            all: false,
            site: "intl".to_owned(),
            examples: None,
            dry_run: false,
        };
        let mut words = words.iter().copied();
        while let Some(word) = words.next() {
            let mut value = || {
                let value = words.next();
                value.ok_or_else(|| Failure::new(format!("error: `{word}` needs a value")))
            };
            match word {
                "--all" => options.all = true,
                "--dry-run" => options.dry_run = true,
                "--site" => value()?.clone_into(&mut options.site),
                "--examples" => options.examples = Some(value()?.into()),
                word if word.starts_with('-') => {
                    return Err(Failure::new(format!(
                        "error: unknown option `{word}` of `spec add`; see `cargo xtask help`"
                    )));
                }
                action => options.actions.push(action.to_owned()),
            }
        }
        if options.all == options.actions.is_empty() {
            return Ok(options);
        }
        Err(Failure::new(
            "error: `spec add` needs names of actions, or `--all`",
        ))
    }
}
