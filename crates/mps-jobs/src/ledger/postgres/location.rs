//! The URL of a ledger in a PostgreSQL server, and the folder of its seal.

use std::path::{Path, PathBuf};

use url::form_urlencoded;

use crate::{
    ledger::error::{LedgerError, LedgerErrorKind},
    state_folder_from_env,
};

/// The parameter of the URL that names the folder of the seal.
const SEAL: &str = "seal";

/// Returns the URL without the parameter `seal`, and the folder of the seal.
pub(super) fn split(url: &str) -> Result<(String, PathBuf), LedgerError> {
    let Some((place, query)) = url.rsplit_once('?') else {
        return Ok((url.to_owned(), default_folder()?));
    };
    let (ours, others): (Vec<_>, Vec<_>) = query
        .split('&')
        .partition(|parameter| parameter.split('=').next() == Some(SEAL));
    let url = match &others[..] {
        [] => place.to_owned(),
        others => format!("{place}?{}", others.join("&")),
    };
    // A plus sign is one, as in the other parameters.
    let named = ours.last().map(|parameter| parameter.replace('+', "%2B"));
    let named = named.as_deref().unwrap_or_default();
    match form_urlencoded::parse(named.as_bytes()).next() {
        Some((_, folder)) if !folder.is_empty() => Ok((url, PathBuf::from(folder.into_owned()))),
        _ => Ok((url, default_folder()?)),
    }
}

/// Returns the folder of the seal for a URL that names none.
fn default_folder() -> Result<PathBuf, LedgerError> {
    state_folder_from_env().map_err(|error| {
        let message = format!("there is no folder for the seal: {error}");
        LedgerError::new(LedgerErrorKind::Location, message)
            .with_hint("name a folder on a disk of this machine in the URL: seal=/var/lib/mps")
    })
}

/// Returns the path of the seal of a ledger.
pub(super) fn seal_file(folder: &Path, ledger: &str) -> PathBuf {
    folder.join(format!("{ledger}.seal"))
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
