//! Versions of the workspace.

use std::fmt;

use toml_edit::DocumentMut;

use crate::{diff::Class, failure::Failure};

/// A version without a pre-release part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// First number.
    pub major: u64,
    /// Second number.
    pub minor: u64,
    /// Third number.
    pub patch: u64,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl Version {
    fn parse(text: &str) -> Result<Self, Failure> {
        let numbers: Option<Vec<u64>> = text.split('.').map(|part| part.parse().ok()).collect();
        match numbers.as_deref() {
            Some([major, minor, patch]) => Ok(Self {
                major: *major,
                minor: *minor,
                patch: *patch,
            }),
            _ => Err(Failure::new(format!("error: `{text}` is not a version"))),
        }
    }

    /// Returns the version of a tag such as `v0.2.0`.
    ///
    /// # Errors
    /// Returns a failure if it is not the tag of a release.
    pub fn of_tag(tag: &str) -> Result<Self, Failure> {
        Self::parse(tag.trim_start_matches('v'))
    }

    /// Returns the version of the workspace in its manifest.
    ///
    /// # Errors
    /// Returns a failure if the manifest has none.
    pub fn of_manifest(manifest: &str) -> Result<Self, Failure> {
        let missing = || Failure::new("error: Cargo.toml: no version of the workspace");
        let document: DocumentMut = manifest.parse().map_err(|_| missing())?;
        let package = document.get("workspace").and_then(|it| it.get("package"));
        let version = package.and_then(|it| it.get("version")?.as_str());
        Self::parse(version.ok_or_else(missing)?)
    }

    /// Returns the version after a change of this class. Before 1.0, breaking changes raise the minor
    /// version and all others the patch version.
    #[must_use]
    pub const fn next(self, class: Class) -> Self {
        match (self.major, class) {
            (0, Class::Breaking) => Self {
                minor: self.minor + 1,
                patch: 0,
                ..self
            },
            (0, _) | (_, Class::Documentation) => Self {
                patch: self.patch + 1,
                ..self
            },
            (_, Class::Compatible) => Self {
                minor: self.minor + 1,
                patch: 0,
                ..self
            },
            (_, Class::Breaking) => Self {
                major: self.major + 1,
                minor: 0,
                patch: 0,
            },
        }
    }

    /// Returns the manifest with this version, of the workspace and of its own crates.
    #[must_use]
    pub fn in_manifest(self, manifest: &str, current: Self) -> String {
        let (from, to) = (
            format!("version = \"{current}\""),
            format!("version = \"{self}\""),
        );
        let mut out = String::new();
        let mut in_package = false;
        for line in manifest.split_inclusive('\n') {
            if line.starts_with('[') {
                in_package = line.starts_with("[workspace.package]");
            }
            let is_ours = in_package || line.contains("path = \"");
            out.push_str(&if is_ours {
                line.replace(&from, &to)
            } else {
                line.to_owned()
            });
        }
        out
    }
}
