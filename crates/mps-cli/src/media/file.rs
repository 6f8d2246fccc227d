//! Reading a local file, once it is known to be one.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::Path,
};

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use crate::{failure::Failure, foreign_text, live::units};

/// The longest file, in bytes: it is held in memory. Documents bound images only, see [`super::format`].
const MAX_BYTES: u64 = 100_000_000;

/// Returns the content of a file that the option `flag` names.
///
/// # Errors
/// Returns a usage error that says why the file cannot be used.
pub(super) fn read(flag: &str, path: &Path) -> Result<Bytes, Failure> {
    let shown = foreign_text::path(path);
    let failure = |message: String| Failure::usage(format!("{flag}: {message}"));
    let unreadable = |error: &io::Error| {
        let hint = match error.kind() {
            io::ErrorKind::NotFound => {
                "check the path; a URL begins with https://; the shell replaces ~ only at the beginning of a word"
            }
            io::ErrorKind::PermissionDenied => "make it readable for this user: chmod u+r FILE",
            _ => "check the file",
        };
        failure(format!("cannot read {shown}: {error}")).hint(hint)
    };
    // Before it is opened: that would wait for a writer of a pipe.
    let metadata = fs::metadata(path).map_err(|error| unreadable(&error))?;
    if metadata.is_dir() {
        return Err(failure(format!("{shown} is a folder")).hint("name a file in it"));
    }
    if !metadata.is_file() {
        let message = format!("{shown} is a pipe or a device, not a file");
        return Err(failure(message).hint("write the content into a file first"));
    }
    let too_long = |length: u64| {
        let (length, limit) = (units::bytes(length), units::bytes(MAX_BYTES));
        let message = format!("{shown} has {length}; a file may have {limit}");
        failure(message).hint("put it where the service can fetch it, and give its URL")
    };
    if metadata.len() > MAX_BYTES {
        return Err(too_long(metadata.len()));
    }
    let mut content = Vec::new();
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    let read = file.take(MAX_BYTES + 1).read_to_end(&mut content);
    read.map_err(|error| unreadable(&error))?;
    if content.is_empty() {
        return Err(failure(format!("{shown} is empty")).hint("name another file"));
    }
    // It may have grown since.
    let length = u64::try_from(content.len()).unwrap_or(u64::MAX);
    if length > MAX_BYTES {
        return Err(too_long(length));
    }
    Ok(Bytes::from(content))
}

/// Returns the SHA-256 in hexadecimal.
pub(super) fn sha256(content: &[u8]) -> String {
    hex::encode(Sha256::digest(content))
}
