//! The URL of a ledger in a PostgreSQL server, and the folder of its seal.

use std::{
    env,
    path::{Path, PathBuf},
};

use crate::ledger::error::{LedgerError, LedgerErrorKind};

/// The parameter of the URL that names the folder of the seal.
const SEAL: &str = "seal";

/// Returns the URL without the parameter `seal`, and the folder of the seal.
pub(super) fn split(url: &str) -> Result<(String, PathBuf), LedgerError> {
    let Some((place, query)) = url.rsplit_once('?') else {
        return Ok((url.to_owned(), state_folder_from_env()?));
    };
    let (ours, others): (Vec<_>, Vec<_>) = query
        .split('&')
        .partition(|parameter| parameter.split('=').next() == Some(SEAL));
    let url = match &others[..] {
        [] => place.to_owned(),
        others => format!("{place}?{}", others.join("&")),
    };
    let named = ours.last().and_then(|parameter| parameter.split_once('='));
    match named {
        Some((_, folder)) if !folder.is_empty() => Ok((url, PathBuf::from(decoded(folder)))),
        _ => Ok((url, state_folder_from_env()?)),
    }
}

/// Returns the state folder of the user, from `XDG_STATE_HOME` or `HOME`.
fn state_folder_from_env() -> Result<PathBuf, LedgerError> {
    let absolute = |name: &str| {
        let path = env::var_os(name).map(PathBuf::from);
        path.filter(|path| path.is_absolute())
    };
    let home = || absolute("HOME").map(|home| home.join(".local").join("state"));
    let state = absolute("XDG_STATE_HOME").or_else(home);
    state.map(|state| state.join("mps")).ok_or_else(|| {
        let message =
            "there is no folder for the seal: neither XDG_STATE_HOME nor HOME is an absolute path";
        LedgerError::new(LedgerErrorKind::Location, message)
            .with_hint("name a folder on a disk of this machine in the URL: seal=/var/lib/mps")
    })
}

/// Returns the path of the seal of a ledger.
pub(super) fn seal_file(folder: &Path, ledger: &str) -> PathBuf {
    folder.join(format!("{ledger}.seal"))
}

/// Returns a text with its percent escapes decoded; one that is none stays as it is.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let escape = after.split_at_checked(2).filter(|_| *first == b'%');
        let digits = escape.and_then(|(digits, _)| std::str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = match byte {
            Some(_) => after.get(2..).unwrap_or_default(),
            None => after,
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_the_seal_is_taken_out_of_the_url() {
        for (url, rest, folder) in [
            ("postgres://h/db?seal=/a", "postgres://h/db", "/a"),
            (
                "postgres://u:p%3F@h/db?schema=s&seal=/a%20b&x=y",
                "postgres://u:p%3F@h/db?schema=s&x=y",
                "/a b",
            ),
            ("postgres://h/db?seal=/100%", "postgres://h/db", "/100%"),
        ] {
            let (plain, seal) = split(url).unwrap();
            assert_eq!((plain.as_str(), seal.to_str()), (rest, Some(folder)));
        }
    }
}
