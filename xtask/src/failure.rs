//! Failures and results of commands as text for people.

use std::{
    fmt,
    io::{self, IsTerminal, Write},
};

use annotate_snippets::Renderer;

use crate::{
    diagnostic::{Diagnostic, render},
    model::Sources,
};

/// The failure of a command, as text for people.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// Creates a failure with a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Creates a failure from mistakes in the specification, each with its place.
    pub(crate) fn from_mistakes(mistakes: &[Diagnostic], sources: &Sources) -> Self {
        let renderer = if io::stderr().is_terminal() {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        let count = match mistakes.len() {
            1 => "1 mistake".to_owned(),
            many => format!("{many} mistakes"),
        };
        let text = render(mistakes, sources, &renderer);
        Self(format!("{text}\n\nerror: the specification has {count}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Writes a result to stdout.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    writeln!(io::stdout(), "{text}")
        .map_err(|error| Failure::new(format!("error: stdout: {error}")))
}
