//! Credentials from the profile file that the vendor's SDKs share.

use std::{
    env,
    path::{Path, PathBuf},
};

use super::{Credentials, CredentialsError, ProvideCredentials};
use crate::BoxFuture;

const FILE_VARIABLE: &str = "TENCENTCLOUD_CREDENTIALS_FILE";
const SYSTEM_FILE: &str = "/etc/tencentcloud/credentials";

/// Reads one section of an INI file: `secret_id`, `secret_key` and, optionally, `token`.
#[derive(Clone, Debug)]
pub struct ProfileCredentials {
    files: Vec<PathBuf>,
    profile: String,
}

impl ProfileCredentials {
    /// The section named `profile` of the file at `path`.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, profile: impl Into<String>) -> Self {
        Self {
            files: vec![path.into()],
            profile: profile.into(),
        }
    }

    /// The section named `profile` of the first file that exists: the one that
    /// `TENCENTCLOUD_CREDENTIALS_FILE` names, or else `~/.tencentcloud/credentials`, then
    /// `/etc/tencentcloud/credentials`.
    #[must_use]
    pub fn from_environment(profile: impl Into<String>) -> Self {
        let files = match env::var_os(FILE_VARIABLE) {
            Some(file) => vec![file.into()],
            None => env::home_dir()
                .map(|home| home.join(".tencentcloud").join("credentials"))
                .into_iter()
                .chain([SYSTEM_FILE.into()])
                .collect(),
        };
        Self {
            files,
            profile: profile.into(),
        }
    }

    async fn read(&self) -> Result<Credentials, CredentialsError> {
        for file in &self.files {
            match tokio::fs::read(file).await {
                Ok(bytes) => {
                    return parse(&bytes, &self.profile).map_err(|reason| reason.within(file));
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => {
                    let message =
                        format!("cannot read the profile file {}: {error}", file.display());
                    return Err(CredentialsError::unusable(message));
                }
            }
        }
        let files: Vec<_> = self
            .files
            .iter()
            .map(|file| file.display().to_string())
            .collect();
        Err(CredentialsError::absent(format!(
            "there is no profile file at {}",
            files.join(" or ")
        )))
    }
}

impl ProvideCredentials for ProfileCredentials {
    fn provide(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        Box::pin(self.read())
    }
}

/// What is wrong with the text of a profile file. Never holds a value from it.
struct Reason {
    message: String,
    absent: bool,
}

impl Reason {
    fn within(self, file: &Path) -> CredentialsError {
        let message = format!("the profile file {} {}", file.display(), self.message);
        if self.absent {
            CredentialsError::absent(message)
        } else {
            CredentialsError::unusable(message)
        }
    }
}

fn parse(bytes: &[u8], profile: &str) -> Result<Credentials, Reason> {
    let broken = |message: String| Reason {
        message,
        absent: false,
    };
    let text = std::str::from_utf8(bytes).map_err(|_| broken("is not UTF-8 text".into()))?;
    let section = section(text.trim_start_matches('\u{feff}'), profile).map_err(|line| {
        broken(format!(
            "has neither a [section] nor a key = value in line {line}"
        ))
    })?;
    let Some(entries) = section else {
        let message = format!("has no section [{profile}]");
        return Err(Reason {
            message,
            absent: true,
        });
    };
    let value = |key: &str| {
        entries
            .iter()
            .find(|(name, _)| *name == key)
            .map(|(_, value)| *value)
    };
    let required = |key: &str| {
        value(key)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| broken(format!("has no {key} in section [{profile}]")))
    };
    let credentials = Credentials::new(required("secret_id")?, required("secret_key")?);
    Ok(match value("token").filter(|token| !token.is_empty()) {
        Some(token) => credentials.with_token(token),
        None => credentials,
    })
}

type Entries<'a> = Vec<(&'a str, &'a str)>;

/// The entries of one section, or the number of the first line that makes no sense.
fn section<'a>(text: &'a str, wanted: &str) -> Result<Option<Entries<'a>>, usize> {
    let mut found: Option<Entries<'a>> = None;
    let mut inside = false;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            inside = name.trim() == wanted;
            if inside {
                found.get_or_insert_default();
            }
        } else {
            let (key, value) = line.split_once('=').ok_or(number + 1)?;
            if let (true, Some(entries)) = (inside, &mut found) {
                entries.push((key.trim(), value.trim()));
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &[u8]) -> String {
        let error = parse(text, "default").err().unwrap().within(Path::new("f"));
        error.to_string()
    }

    #[test]
    fn sections_comments_byte_order_mark_and_windows_lines_are_read() {
        let text = "\u{feff}# mine\r\n[other]\r\nsecret_id=x\r\n[default]\r\n\tsecret_id\t= id \r\nsecret_key = k=y\r\ntoken =\r\n";
        let found = parse(text.as_bytes(), "default").ok().unwrap();
        assert_eq!(
            (found.secret_id(), found.secret_key(), found.token()),
            ("id", "k=y", None)
        );
    }

    #[test]
    fn each_mistake_has_its_message_and_no_message_has_a_value() {
        assert_eq!(
            message(b"[default]\nsecret_id=a\nhunter2"),
            "the profile file f has neither a [section] nor a key = value in line 3"
        );
        assert_eq!(
            message(b"[default]\nsecret_id=a"),
            "the profile file f has no secret_key in section [default]"
        );
        assert_eq!(
            message(b"[a]\n"),
            "the profile file f has no section [default]"
        );
        assert_eq!(message(b"\xff"), "the profile file f is not UTF-8 text");
    }

    #[tokio::test]
    async fn a_missing_file_is_absent_and_a_directory_is_a_mistake() {
        let missing = ProfileCredentials::new("/nonexistent/credentials", "default");
        assert!(missing.provide().await.unwrap_err().is_absent());
        let directory = ProfileCredentials::new(std::env::temp_dir(), "default");
        assert!(!directory.provide().await.unwrap_err().is_absent());
    }
}
