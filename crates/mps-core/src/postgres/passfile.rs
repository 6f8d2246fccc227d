//! The password file of PostgreSQL's own programs (`~/.pgpass`).

use std::{fs, io, path::Path};

use zeroize::Zeroizing;

/// The place that a password is looked up for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Login<'a> {
    pub(super) host: &'a str,
    pub(super) port: u16,
    pub(super) database: &'a str,
    pub(super) user: &'a str,
}

/// Returns the password of the first line of a file that matches; `None` when there is no such line.
///
/// # Errors
/// Fails when the file cannot be read, or can be read by others: PostgreSQL's programs ignore such a
/// file, and this one says so.
pub(super) fn password(path: &Path, login: Login<'_>) -> io::Result<Option<Zeroizing<String>>> {
    check_mode(path)?;
    let text = Zeroizing::new(fs::read_to_string(path)?);
    let found = text.lines().find_map(|line| matching(line, login));
    Ok(found.map(Zeroizing::new))
}

#[cfg(unix)]
fn check_mode(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = fs::metadata(path)?;
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "others may read it; run chmod 0600",
        ));
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_mode(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Returns the password of a line `host:port:database:user:password` if it matches. `*` matches
/// everything; `\` escapes a colon or itself.
fn matching(line: &str, login: Login<'_>) -> Option<String> {
    if line.starts_with('#') {
        return None;
    }
    let mut rest = line;
    let port = login.port.to_string();
    for wanted in [login.host, &port, login.database, login.user] {
        let (field, after) = field(rest)?;
        if field != "*" && field != wanted {
            return None;
        }
        rest = after;
    }
    let mut password = String::new();
    let mut characters = rest.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => password.extend(characters.next()),
            other => password.push(other),
        }
    }
    Some(password)
}

/// Returns the text before the next colon that is not escaped, and the text after it.
fn field(text: &str) -> Option<(String, &str)> {
    let mut field = String::new();
    let mut characters = text.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '\\' => field.extend(characters.next().map(|(_, escaped)| escaped)),
            ':' => return Some((field, text.get(index + 1..)?)),
            other => field.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGIN: Login<'_> = Login {
        host: "db.internal",
        port: 5432,
        database: "jobs",
        user: "mps",
    };

    #[test]
    fn the_first_line_that_matches_has_the_password() {
        for (line, password) in [
            ("db.internal:5432:jobs:mps:secret", Some("secret")),
            ("*:*:*:*:a\\:b\\\\c", Some("a:b\\c")),
            ("*:*:*:mps:with:colon", Some("with:colon")),
            ("other:5432:jobs:mps:secret", None),
            ("db.internal:5433:jobs:mps:secret", None),
            ("# db.internal:5432:jobs:mps:secret", None),
            ("db.internal:5432:jobs", None),
            ("", None),
        ] {
            assert_eq!(matching(line, LOGIN).as_deref(), password, "{line}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pgpass");
        fs::write(&path, "#\n*:*:*:*:secret\n").unwrap();
        for (mode, readable) in [(0o644, false), (0o600, true)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let found = password(&path, LOGIN);
            assert_eq!(found.is_ok(), readable, "{mode:o}");
            if let Ok(found) = found {
                assert_eq!(found.unwrap().as_str(), "secret");
            }
        }
    }
}
