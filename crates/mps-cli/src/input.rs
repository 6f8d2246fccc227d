//! Requests from files, from stdin and from options, with the place of every mistake.

use std::{
    fs,
    io::{self, Read as _},
    path::Path,
};

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::failure::Failure;

/// A text and what to call it in an error.
pub(crate) struct Source {
    name: String,
    text: String,
}

impl Source {
    /// Reads a file, or stdin for `-`.
    pub(crate) fn file_or_stdin(path: &Path) -> Result<Self, Failure> {
        let stdin = path == Path::new("-");
        let name = if stdin {
            "stdin".to_owned()
        } else {
            path.display().to_string()
        };
        let bytes = if stdin { read_stdin() } else { fs::read(path) };
        let bytes = bytes.map_err(|error| {
            Failure::usage(format!("cannot read {name}: {error}"))
                .hint("check the path, or use - for stdin")
        })?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let place = error.utf8_error().valid_up_to();
            Failure::usage(format!(
                "{name} is not UTF-8 text: byte {place} is not valid"
            ))
            .hint("save the file as UTF-8")
        })?;
        Ok(Self { name, text })
    }

    /// `TEXT`, `@FILE` or `-`, as the option `name` takes it.
    pub(crate) fn text_file_or_stdin(name: &str, value: &str) -> Result<Self, Failure> {
        if value == "-" {
            return Self::file_or_stdin(Path::new("-"));
        }
        match value.strip_prefix('@') {
            Some(file) => Self::file_or_stdin(Path::new(file)),
            None => Ok(Self {
                name: name.to_owned(),
                text: value.to_owned(),
            }),
        }
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }

    /// The text without the byte order mark that Windows' shells and editors put before it.
    pub(crate) fn content(&self) -> &str {
        self.text.trim_start_matches('\u{feff}')
    }

    /// The text as a request, or the place where it is none.
    pub(crate) fn parse<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        self.must_not_be_empty()?;
        let mut json = serde_json::Deserializer::from_str(self.content());
        let parsed = serde_path_to_error::deserialize(&mut json);
        let parsed = parsed.map_err(|error| {
            let member = error.path().to_string();
            self.mistake(Some(&member), error.inner())
        })?;
        json.end().map_err(|error| self.mistake(None, &error))?;
        Ok(parsed)
    }

    /// The text as any JSON, kept as it is.
    pub(crate) fn parse_raw(self) -> Result<Box<RawValue>, Failure> {
        self.must_not_be_empty()?;
        RawValue::from_string(self.content().trim().to_owned()).map_err(|error| {
            Self {
                text: self.text,
                name: self.name,
            }
            .mistake(None, &error)
        })
    }

    fn must_not_be_empty(&self) -> Result<(), Failure> {
        if self.content().trim().is_empty() {
            let failure = Failure::usage(format!("{} is empty", self.name));
            return Err(failure.hint("write the request's JSON body; {} is the smallest"));
        }
        Ok(())
    }

    /// `file:line:column: member: what is wrong`
    fn mistake(&self, member: Option<&str>, error: &serde_json::Error) -> Failure {
        let (line, column) = (error.line(), error.column());
        // In text that is not JSON, and at its top, the member says nothing.
        let member = member
            .filter(|member| error.is_data() && *member != ".")
            .map(|member| format!("{member}: "))
            .unwrap_or_default();
        let what = error.to_string();
        let what = what.split(" at line ").next().unwrap_or_default();
        let hint = match error.classify() {
            serde_json::error::Category::Data => "give the member the type that the API documents",
            serde_json::error::Category::Eof => {
                "the JSON ends too early; close every brace and quote"
            }
            _ => {
                "this is not JSON; look for a missing quote, comma or brace just before this place"
            }
        };
        Failure::usage(format!("{}:{line}:{column}: {member}{what}", self.name)).hint(hint)
    }
}

fn read_stdin() -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}
