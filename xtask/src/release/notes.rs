//! `cargo xtask release-notes TAG`: the CHANGELOG entry of a release, for the page that publishes it.

use std::{fs, path::Path};

use super::Version;
use crate::failure::Failure;

/// Returns the CHANGELOG entry of a tag without its heading.
///
/// # Errors
/// Returns a failure if the tag is not the version of the workspace, or if CHANGELOG.md has no entry for
/// it.
pub fn notes(root: &Path, tag: &str) -> Result<String, Failure> {
    let read = |path: &str| {
        let text = fs::read_to_string(root.join(path));
        text.map_err(|error| Failure::new(format!("error: {path}: {error}")))
    };
    let version = Version::of_manifest(&read("Cargo.toml")?)?;
    if tag != format!("v{version}") {
        return Err(Failure::new(format!(
            "error: the tag is {tag}, and Cargo.toml has the version {version}\n\
             help: tag the commit that `cargo xtask release --write` prepared"
        )));
    }
    let changelog = read("CHANGELOG.md")?;
    let heading = format!("\n## {version} - ");
    let entry = changelog.split_once(&heading);
    let body = entry.and_then(|(_, rest)| rest.split_once('\n'));
    let (_, body) = body.ok_or_else(|| {
        let heading = heading.trim_start();
        Failure::new(format!("error: CHANGELOG.md: no heading `{heading}DATE`"))
    })?;
    let body = body.split("\n## ").next().unwrap_or(body).trim();
    Ok(format!("{body}\n"))
}
