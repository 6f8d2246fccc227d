//! Text from files, stdin and options; JSON errors have a file, line and column.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::{failure::Failure, resume::quoted};

/// The longest text that is read, in bytes: more than the service accepts, and little enough that a
/// source without an end, for example `/dev/zero`, does not fill the memory.
const MAX_BYTES: u64 = 64_000_000;

/// A text with the name that error messages use for it.
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
        let bytes = if stdin {
            read_up_to_limit(io::stdin().lock())
        } else {
            File::open(path).and_then(read_up_to_limit)
        };
        let bytes = bytes.map_err(|error| {
            Failure::usage(format!("cannot read {name}: {error}"))
                .hint("check the path, or use - for stdin")
        })?;
        if let Some(order) = utf_16(&bytes) {
            return Err(
                Failure::usage(format!("{name} is UTF-16 text ({order})")).hint(format!(
                    "save it as UTF-8: iconv -f UTF-16 -t UTF-8 -- {} > utf-8.json",
                    if stdin {
                        "FILE".to_owned()
                    } else {
                        quoted(&name)
                    }
                )),
            );
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let place = error.utf8_error().valid_up_to();
            Failure::usage(format!(
                "{name} is not UTF-8 text: byte {place} is not valid"
            ))
            .hint("save the file as UTF-8")
        })?;
        Ok(Self { name, text })
    }

    /// Reads `TEXT`, `@FILE` or `-` (stdin), the value of the option `name`.
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

    /// Returns the text without a leading byte order mark, which some editors and shells add.
    pub(crate) fn content(&self) -> &str {
        self.text.trim_start_matches('\u{feff}')
    }

    /// Parses the text as a request.
    pub(crate) fn parse<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        self.must_not_be_empty()?;
        let mut json = serde_json::Deserializer::from_str(self.content());
        let parsed = serde_path_to_error::deserialize(&mut json);
        let parsed = parsed.map_err(|error| {
            let member = error.path().to_string();
            self.syntax_error(Some(&member), error.inner())
        })?;
        json.end()
            .map_err(|error| self.syntax_error(None, &error))?;
        Ok(parsed)
    }

    /// Parses the text as JSON and keeps it unchanged.
    pub(crate) fn parse_raw(self) -> Result<Box<RawValue>, Failure> {
        self.must_not_be_empty()?;
        RawValue::from_string(self.content().trim().to_owned()).map_err(|error| {
            Self {
                text: self.text,
                name: self.name,
            }
            .syntax_error(None, &error)
        })
    }

    fn must_not_be_empty(&self) -> Result<(), Failure> {
        if self.content().trim().is_empty() {
            let failure = Failure::usage(format!("{} is empty", self.name));
            return Err(failure.hint("write the request's JSON body; {} is the smallest"));
        }
        Ok(())
    }

    /// Returns an error as `file:line:column: member: message`, for example
    /// `request.json:2:27: ImageInfos[0].ImageUrl: invalid type: integer`.
    fn syntax_error(&self, member: Option<&str>, error: &serde_json::Error) -> Failure {
        let (line, column) = (error.line(), error.column());
        // The path is useless for text that is not JSON, and at the top level.
        let member = member
            .filter(|member| error.is_data() && *member != ".")
            .map(|member| format!("{member}: "))
            .unwrap_or_default();
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        let hint = match error.classify() {
            _ if message.starts_with("duplicate field") => {
                "a member may stand once only; remove one of them"
            }
            _ if is_about_surrogate(message) => {
                "\\ud800 to \\udfff are halves of a character; write the character itself, or both halves"
            }
            serde_json::error::Category::Data => "give the member the type that the API documents",
            serde_json::error::Category::Eof => {
                "the JSON ends too early; close every brace and quote"
            }
            _ => {
                "this is not JSON; look for a missing quote, comma or brace just before this place"
            }
        };
        Failure::usage(format!("{}:{line}:{column}: {member}{message}", self.name)).hint(hint)
    }
}

/// Returns whether JSON was refused for an escape that is half of a character.
fn is_about_surrogate(message: &str) -> bool {
    message.contains("surrogate") || message.starts_with("unexpected end of hex escape")
}

/// Returns the byte order of UTF-16 text, which begins with a mark; `None` for other text.
fn utf_16(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xfe, ..] => Some("little endian"),
        [0xfe, 0xff, ..] => Some("big endian"),
        _ => None,
    }
}

/// Reads everything, or fails once it is longer than [`MAX_BYTES`].
fn read_up_to_limit(source: impl io::Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        let message = format!("it is longer than {} MB", MAX_BYTES / 1_000_000);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}
