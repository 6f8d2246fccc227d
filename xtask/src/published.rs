//! The machine-readable description that the vendor's command line ships, `api.json`.
//!
//! The file is not trusted: its size is limited, its format version and service are verified first,
//! and names must be well formed before they become names of files. Only requested parts are
//! decoded, so an unexpected value elsewhere in the file has no effect.

pub mod compare;
mod family;
pub mod fingerprint;
pub mod prose;
mod shape;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{self, Read},
    path::Path,
};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::failure::Failure;
pub use family::{Action, Family, Struct, is_generation_action};
pub use shape::Member;

/// Maximum size. Real files have 2 MB.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// The supported format.
const FORMAT: &str = "1.0";

/// A description whose parts are not decoded yet.
#[derive(Debug)]
pub struct Description {
    /// Name of the service in hosts and signatures.
    pub service: String,
    /// Version of its API.
    pub version: String,
    origin: String,
    actions: BTreeMap<String, Box<RawValue>>,
    objects: BTreeMap<String, Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "the service it describes")]
struct Metadata {
    service_short_name: String,
    api_version: String,
}

/// Reads a description from a file.
///
/// # Errors
/// Returns a failure if the file cannot be read, is too large, or has another format.
pub fn read(path: &Path) -> Result<Description, Failure> {
    let origin = path.display().to_string();
    let failed = |error: String| Failure::new(format!("error: {origin}: {error}"));
    let text = text(path).map_err(failed)?;
    parse(&text, &origin).map_err(failed)
}

fn text(path: &Path) -> Result<String, String> {
    let cannot = |error: io::Error| format!("cannot read the file: {error}");
    let file = File::open(path).map_err(cannot)?;
    let reported = file.metadata().map_err(cannot)?.len();
    let mut bytes = Vec::new();
    if reported <= MAX_BYTES {
        // Limited as well, since the reported length of a pipe or device is 0.
        let mut file = file.take(MAX_BYTES + 1);
        file.read_to_end(&mut bytes).map_err(cannot)?;
    }
    if reported > MAX_BYTES || u64::try_from(bytes.len()).is_ok_and(|read| read > MAX_BYTES) {
        let most = MAX_BYTES / 1024 / 1024;
        return Err(format!(
            "the file has more than {most} MiB; a description has about 2"
        ));
    }
    String::from_utf8(bytes).map_err(|_| "the file is not UTF-8 text".to_owned())
}

fn parse(text: &str, origin: &str) -> Result<Description, String> {
    let parts: BTreeMap<String, &RawValue> = serde_json::from_str(text).map_err(|error| {
        let hint = if error.is_eof() {
            "; is the file complete?"
        } else {
            ""
        };
        format!("not the description of an API: {error}{hint}")
    })?;
    let format: String = decode(parts.get("version").copied(), "version")?;
    if format != FORMAT {
        return Err(format!(
            "the format has version `{}`, supported is `{FORMAT}`",
            abbreviated(&format)
        ));
    }
    let metadata: Metadata = decode(parts.get("metadata").copied(), "metadata")?;
    Ok(Description {
        service: metadata.service_short_name,
        version: metadata.api_version,
        origin: origin.to_owned(),
        actions: decode(parts.get("actions").copied(), "actions")?,
        objects: decode(parts.get("objects").copied(), "objects")?,
    })
}

/// Decodes a part of the file. The error names the part instead of a line, which would be relative
/// to the part.
fn decode<'a, T: Deserialize<'a>>(part: Option<&'a RawValue>, name: &str) -> Result<T, String> {
    let part = part.ok_or_else(|| format!("not the description of an API: no `{name}`"))?;
    serde_json::from_str(part.get()).map_err(|error| {
        let error = error.to_string();
        let what = error.split(" at line ").next().unwrap_or_default();
        let (name, what) = (abbreviated(name), abbreviated(what));
        format!("`{name}` has an unknown format: {what}")
    })
}

/// Returns text of the file for a message: short and without terminal control characters.
fn abbreviated(text: &str) -> String {
    const MAX_CHARS_SHOWN: usize = 120;
    let mut shown = String::new();
    for c in text.chars().take(MAX_CHARS_SHOWN) {
        if c.is_control() {
            shown.extend(c.escape_debug());
        } else {
            shown.push(c);
        }
    }
    if text.chars().nth(MAX_CHARS_SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

impl Description {
    /// Returns the names of all actions.
    pub fn actions(&self) -> impl Iterator<Item = &str> {
        let names = self.actions.keys().map(String::as_str);
        names.filter(|name| shape::is_name(name))
    }

    /// Returns those of the named actions that the file has, with all structs they lead to.
    ///
    /// # Errors
    /// Returns a failure if one of them cannot be decoded.
    pub fn family(&self, names: &BTreeSet<&str>) -> Result<Family, Failure> {
        family::select(self, names)
            .map_err(|error| Failure::new(format!("error: {}: {error}", self.origin)))
    }

    /// Verifies that the description is of this service.
    ///
    /// # Errors
    /// Returns a failure if it is of another service or version.
    pub fn expect(&self, service: &str, version: &str) -> Result<(), Failure> {
        if (&*self.service, &*self.version) == (service, version) {
            return Ok(());
        }
        Err(Failure::new(format!(
            "error: {}: describes `{}` {}, expected `{service}` {version}",
            self.origin,
            abbreviated(&self.service),
            abbreviated(&self.version)
        )))
    }
}
