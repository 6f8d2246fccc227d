//! Credentials from the profile file that the vendor's SDKs share.

use std::{
    env,
    path::{Path, PathBuf},
};

use super::{
    Credentials, CredentialsError, ProvideCredentials, file,
    ini::{self, Section, SyntaxError},
};
use crate::BoxFuture;

const FILE_VARIABLE: &str = "TENCENTCLOUD_CREDENTIALS_FILE";
const SYSTEM_FILE: &str = "/etc/tencentcloud/credentials";

/// A provider that reads one section of an INI file: `secret_id`, `secret_key` and, optionally,
/// `token`.
///
/// # Example
/// ```ini
/// [default]
/// secret_id = AKIDEXAMPLE
/// secret_key = not a real key, which has no spaces
/// ```
///
/// The file is read each time credentials are needed. Names of keys are read in any case; a byte
/// order mark, tabs, Windows line ends and quotes around a value are allowed. A value that is
/// incomplete, present twice or not allowed in a header is refused with the number of its line.
#[derive(Clone, Debug)]
pub struct ProfileCredentials {
    place: Source,
    profile: String,
}

#[derive(Clone, Debug)]
enum Source {
    /// Any of these, the first that exists.
    Usual(Vec<PathBuf>),
    /// This one, which a variable names.
    Named(PathBuf),
}

impl ProfileCredentials {
    /// Returns a provider for the section named `profile` of the file at `path`.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, profile: impl Into<String>) -> Self {
        Self {
            place: Source::Usual(vec![path.into()]),
            profile: profile.into(),
        }
    }

    /// Returns a provider for the section named `profile` of the first file that exists: the one
    /// that `TENCENTCLOUD_CREDENTIALS_FILE` names, or else `~/.tencentcloud/credentials`, then
    /// `/etc/tencentcloud/credentials`.
    ///
    /// A file that the variable names must exist.
    #[must_use]
    pub fn from_environment(profile: impl Into<String>) -> Self {
        let named = env::var_os(FILE_VARIABLE).filter(|file| !file.is_empty());
        let place = match named {
            Some(file) => Source::Named(file.into()),
            None => Source::Usual(usual_files()),
        };
        Self {
            place,
            profile: profile.into(),
        }
    }

    async fn read(&self) -> Result<Credentials, CredentialsError> {
        let files = match &self.place {
            Source::Usual(files) => files.as_slice(),
            Source::Named(file) => std::slice::from_ref(file),
        };
        for path in files {
            if let Some(text) = file::read(path).await? {
                let credentials = parse(path, &text, &self.profile)?;
                return Ok(credentials.with_file(path));
            }
        }
        Err(self.not_there(files))
    }

    fn not_there(&self, files: &[PathBuf]) -> CredentialsError {
        let files: Vec<_> = files
            .iter()
            .map(|file| file.display().to_string())
            .collect();
        let files = files.join(" or ");
        match self.place {
            Source::Usual(_) => CredentialsError::absent(format!("there is no {files}")),
            Source::Named(_) => CredentialsError::unusable(format!(
                "{FILE_VARIABLE} names {files}, which does not exist"
            ))
            .with_hint(format!("write that file, or unset {FILE_VARIABLE}")),
        }
    }
}

fn usual_files() -> Vec<PathBuf> {
    let at_home = env::home_dir().map(|home| home.join(".tencentcloud").join("credentials"));
    at_home.into_iter().chain([SYSTEM_FILE.into()]).collect()
}

impl ProvideCredentials for ProfileCredentials {
    fn provide(&self) -> BoxFuture<'_, Result<Credentials, CredentialsError>> {
        Box::pin(self.read())
    }
}

fn parse(path: &Path, text: &str, profile: &str) -> Result<Credentials, CredentialsError> {
    let sections = ini::parse(text).map_err(|mistake| within(path, &mistake))?;
    match sections.iter().find(|section| section.name == profile) {
        Some(section) => credentials(section).map_err(|mistake| within(path, &mistake)),
        None => Err(no_section(path, &sections, profile)),
    }
}

fn credentials(section: &Section<'_>) -> Result<Credentials, SyntaxError> {
    let credentials = Credentials::new(
        section.required("secret_id")?,
        section.required("secret_key")?,
    );
    Ok(match section.value("token")? {
        Some(token) => credentials.with_token(token),
        None => credentials,
    })
}

fn within(path: &Path, mistake: &SyntaxError) -> CredentialsError {
    let message = format!("{}:{}: {}", path.display(), mistake.line, mistake.what);
    CredentialsError::unusable(message).with_hint(mistake.hint)
}

fn no_section(path: &Path, sections: &[Section<'_>], profile: &str) -> CredentialsError {
    let path = path.display();
    let names: Vec<_> = sections
        .iter()
        .map(|section| format!("[{}]", section.name))
        .collect();
    CredentialsError::absent(match names.as_slice() {
        [] => format!("{path}: it is empty"),
        _ => format!("{path}: no section [{profile}], only {}", names.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> CredentialsError {
        parse(Path::new("f"), text, "default").unwrap_err()
    }

    #[test]
    fn a_mistake_has_path_line_and_hint() {
        let broken = error("[default]\nsecret_id=a\nhunter2");
        assert!(!broken.is_absent());
        assert_eq!(broken.to_string(), "f:3: neither [section] nor key = value");
        assert!(broken.hint().is_some());
    }

    #[test]
    fn a_missing_section_is_absent_and_the_others_are_named() {
        let missing = error("[a]\n[b]\n");
        assert!(missing.is_absent() && error("").is_absent());
        assert_eq!(
            missing.to_string(),
            "f: no section [default], only [a], [b]"
        );
    }

    #[tokio::test]
    async fn a_missing_file_is_absent_unless_it_was_named() {
        let missing = ProfileCredentials::new("/nonexistent/credentials", "default");
        assert!(missing.provide().await.unwrap_err().is_absent());
        let named = ProfileCredentials {
            place: Source::Named("/nonexistent/credentials".into()),
            ..missing
        };
        let error = named.provide().await.unwrap_err();
        assert!(!error.is_absent());
        assert_eq!(
            error.to_string(),
            "TENCENTCLOUD_CREDENTIALS_FILE names /nonexistent/credentials, which does not exist"
        );
    }
}
