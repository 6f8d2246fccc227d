//! The command-line options of `release`.

use crate::{diff::Class, failure::Failure};

/// The options of a proposal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The tag of the last release; by default the newest one.
    pub since: Option<String>,
    /// Day of the release; by default that of the last commit.
    pub date: Option<String>,
    /// Least class, for a change that no comparison finds.
    pub at_least: Option<Class>,
    /// True to write CHANGELOG.md and Cargo.toml.
    pub write: bool,
}

impl Options {
    /// Parses the arguments of `release`.
    ///
    /// # Errors
    /// Returns a failure for an unknown option or value.
    pub fn parse(words: &[&str]) -> Result<Self, Failure> {
        let mut options = Self::default();
        let mut words = words.iter().copied();
        while let Some(word) = words.next() {
            let mut value = || {
                let value = words.next();
                value.ok_or_else(|| Failure::new(format!("error: `{word}` needs a value")))
            };
            match word {
                "--write" => options.write = true,
                "--since" => options.since = Some(value()?.to_owned()),
                "--date" => options.date = Some(value()?.to_owned()),
                "--at-least" => {
                    options.at_least = Some(match value()? {
                        "breaking" => Class::Breaking,
                        "compatible" => Class::Compatible,
                        other => {
                            return Err(Failure::new(format!(
                                "error: unknown class `{other}`; use breaking or compatible"
                            )));
                        }
                    });
                }
                other => {
                    return Err(Failure::new(format!(
                        "error: unknown option `{other}` of `release`; see `cargo xtask help`"
                    )));
                }
            }
        }
        Ok(options)
    }
}
