//! Reading the config file, whose owner decides where prompts and keys are sent.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use super::shown;
use crate::{failure::Failure, resume::quoted};

/// The longest config file, in bytes: far more than all keys need.
const MAX_BYTES: u64 = 1_000_000;

/// The text of the config file.
pub(super) struct Content {
    pub(super) text: String,
    pub(super) can_others_read: bool,
}

/// Reads the file; returns `None` if there is none.
///
/// # Errors
/// Returns a usage error when it cannot be read or trusted, or is too long.
pub(super) fn read(path: &Path) -> Result<Option<Content>, Failure> {
    let file = match open(path) {
        Ok(file) => file,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(unreadable(path, &error)),
    };
    let metadata = file.metadata().map_err(|error| unreadable(path, &error))?;
    if !metadata.is_file() {
        let kind = if metadata.is_dir() {
            "a folder"
        } else {
            "a pipe or a device"
        };
        let message = format!("the config file {} is {kind}", shown(path));
        return Err(Failure::usage(message).hint(format!(
            "move it away: mv -- {0} {0}.old",
            quoted(&path.to_string_lossy())
        )));
    }
    let can_others_read = check_owner(path, &metadata)?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(path, &error))?;
    if bytes.len() as u64 > MAX_BYTES {
        let message = format!("the config file {} is longer than 1 MB", shown(path));
        return Err(Failure::usage(message)
            .hint("keep the keys of mps only; all of them: mps config explain"));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let message = format!(
            "the config file {} is not UTF-8 text: byte {at} is not valid",
            shown(path)
        );
        Failure::usage(message).hint("save the file as UTF-8")
    })?;
    Ok(Some(Content {
        text,
        can_others_read,
    }))
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let message = format!("cannot read the config file {}: {error}", shown(path));
    Failure::usage(message).hint(format!(
        "let this user read it: chmod u+r -- {}",
        quoted(&path.to_string_lossy())
    ))
}

/// Returns the warning about a file with a password that other users can read.
pub(super) fn readable(path: &Path) -> String {
    format!(
        "other users of this machine can read the password in {}; run: chmod 600 -- {}",
        shown(path),
        quoted(&path.to_string_lossy())
    )
}

/// Opens without waiting for the other end of a pipe.
#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags};

    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    Ok(rustix::fs::open(path, flags, Mode::empty())?.into())
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    if path.is_dir() {
        // A folder cannot be opened as a file on this platform; the error would not say so.
        return Err(io::Error::new(
            io::ErrorKind::IsADirectory,
            "it is a folder",
        ));
    }
    File::open(path)
}

/// Returns whether other users can read the file.
///
/// # Errors
/// Returns a usage error with the fix when the file belongs to another user, or others can write to it.
#[cfg(unix)]
fn check_owner(path: &Path, metadata: &std::fs::Metadata) -> Result<bool, Failure> {
    use std::os::unix::fs::MetadataExt as _;

    /// Writing and reading by the group and by everybody.
    const WRITE: u32 = 0o022;
    const READ: u32 = 0o044;
    let quoted = quoted(&path.to_string_lossy());
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        let message = format!("the config file {} belongs to another user", shown(path));
        return Err(Failure::usage(message).hint(format!(
            "read it, then make it yours: sudo chown \"$(id -u)\" -- {quoted}"
        )));
    }
    if metadata.mode() & WRITE != 0 {
        let message = format!("other users can write to the config file {}", shown(path));
        return Err(
            Failure::usage(message).hint(format!("read it, then run: chmod go-w -- {quoted}"))
        );
    }
    Ok(metadata.mode() & READ != 0)
}

/// Files of a user's profile are private by default on this platform.
#[cfg(not(unix))]
fn check_owner(_: &Path, _: &std::fs::Metadata) -> Result<bool, Failure> {
    Ok(false)
}
