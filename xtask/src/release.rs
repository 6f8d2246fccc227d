//! `cargo xtask release`: proposes the next version, its CHANGELOG entry and its tag.
//!
//! The class of a release is the gravest of three: the difference in `spec/` since the last tag, the
//! difference in the snapshots of the public API, and the section *Removed* of the CHANGELOG. Before
//! 1.0 a breaking change raises the minor version and everything else the patch version.

mod notes;
mod options;
mod version;

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
    fs,
    path::Path,
};

pub use self::{notes::notes, options::Options, version::Version};
use crate::{
    diff::{self, Class, Format, git_output},
    failure::Failure,
};

/// The folder with the snapshots of the public API.
const SNAPSHOTS: &str = "tests/tests/snapshots";

/// The heading of the entry that is written by hand between releases.
const UNRELEASED: &str = "## Unreleased";

/// Maximum number of differences of the specification in an entry.
const MAX_LISTED: usize = 60;

/// A proposed release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The tag of the last release; `None` before the first one.
    pub last: Option<String>,
    /// The next version.
    pub version: Version,
    /// Class of the release; `None` for the first one.
    pub class: Option<Class>,
    /// Reasons for the class.
    pub reasons: Vec<String>,
    /// Entry of the CHANGELOG.
    pub entry: String,
    /// Files with their new text, by their path.
    pub files: BTreeMap<String, String>,
}

/// Proposes a release of a workspace, and writes its files if wanted.
///
/// # Errors
/// Returns a failure if there is nothing to release, or if a file or revision cannot be read.
pub fn release(root: &Path, options: &Options) -> Result<Proposal, Failure> {
    let read = |path: &str| {
        let text = fs::read_to_string(root.join(path));
        text.map_err(|error| Failure::new(format!("error: {path}: {error}")))
    };
    let (manifest, changelog) = (read("Cargo.toml")?, read("CHANGELOG.md")?);
    let current = Version::of_manifest(&manifest)?;
    let unreleased = unreleased(&changelog)?;
    let last = match &options.since {
        Some(tag) => Some(tag.clone()),
        None => last_tag(root),
    };
    let mut reasons = Vec::new();
    let mut listed = String::new();
    if let Some(tag) = &last {
        specification(root, tag, &mut reasons, &mut listed)?;
        public_api(root, tag, &mut reasons)?;
        if section(unreleased, "### Removed").is_some() {
            reasons.push((
                Class::Breaking,
                "CHANGELOG.md has a section Removed".to_owned(),
            ));
        }
        reasons.extend(
            options
                .at_least
                .map(|class| (class, "--at-least".to_owned())),
        );
        if !unreleased.trim().is_empty() {
            let reason = "CHANGELOG.md has unreleased entries".to_owned();
            reasons.push((Class::Documentation, reason));
        }
    }
    let class = reasons.iter().map(|(class, _)| *class).max();
    let version = match (&last, class) {
        (None, _) => current,
        (Some(tag), Some(class)) => Version::of_tag(tag)?.next(class),
        (Some(tag), None) => {
            return Err(Failure::new(format!("error: nothing changed since {tag}")));
        }
    };
    let date = match &options.date {
        Some(date) => date.clone(),
        None => git_output(root, &["log", "-1", "--format=%cs"])?
            .trim()
            .to_owned(),
    };
    let entry = entry(version, &date, unreleased, &listed);
    let changelog = changelog.replacen(
        &format!("{UNRELEASED}{unreleased}"),
        &format!("{UNRELEASED}\n\n{}\n", entry.trim_end()),
        1,
    );
    let files = BTreeMap::from([
        (
            "Cargo.toml".to_owned(),
            version.in_manifest(&manifest, current),
        ),
        ("CHANGELOG.md".to_owned(), changelog),
    ]);
    if options.write {
        for (path, text) in &files {
            fs::write(root.join(path), text)
                .map_err(|error| Failure::new(format!("error: {path}: {error}")))?;
        }
    }
    let name = |class: Class| class.name();
    Ok(Proposal {
        last,
        version,
        class,
        reasons: reasons
            .iter()
            .map(|(class, why)| format!("{}: {why}", name(*class)))
            .collect(),
        entry,
        files,
    })
}

fn last_tag(root: &Path) -> Option<String> {
    let arguments = ["describe", "--tags", "--match", "v[0-9]*", "--abbrev=0"];
    let tag = git_output(root, &arguments).ok()?;
    Some(tag.trim().to_owned())
}

/// Weighs the difference in the specification.
fn specification(
    root: &Path,
    tag: &str,
    reasons: &mut Vec<(Class, String)>,
    listed: &mut String,
) -> Result<(), Failure> {
    let options = diff::Options {
        old: format!("git:{tag}"),
        new: root.join("spec").display().to_string(),
        format: Format::Text,
    };
    let changes = diff::diff(root, &options)?;
    for class in [Class::Breaking, Class::Compatible, Class::Documentation] {
        let count = changes
            .iter()
            .filter(|change| change.class == class)
            .count();
        if count > 0 {
            reasons.push((class, format!("{count} differences in spec/")));
        }
    }
    let shown = changes
        .iter()
        .filter(|change| change.class != Class::Documentation);
    let lines = shown.clone().take(MAX_LISTED);
    for change in lines {
        // Writing to a text cannot fail.
        let _ = writeln!(
            listed,
            "- `{}`: {} ({})",
            change.path,
            diff::describe(change),
            change.class.name()
        );
    }
    let more = shown.count().saturating_sub(MAX_LISTED);
    if more > 0 {
        let _ = writeln!(
            listed,
            "- and {more} more, see `cargo xtask spec diff git:{tag} spec`"
        );
    }
    Ok(())
}

/// Weighs the difference in the snapshots of the public API: a line that is gone breaks, a new one
/// does not.
fn public_api(root: &Path, tag: &str, reasons: &mut Vec<(Class, String)>) -> Result<(), Failure> {
    let folder = root.join(SNAPSHOTS);
    let Ok(entries) = fs::read_dir(&folder) else {
        return Ok(());
    };
    let names = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names
        .filter(|name| name.starts_with("public-api-"))
        .collect();
    names.sort();
    for name in names {
        let new = fs::read_to_string(folder.join(&name))
            .map_err(|error| Failure::new(format!("error: {name}: {error}")))?;
        let old = git_output(root, &["show", &format!("{tag}:./{SNAPSHOTS}/{name}")]);
        let old = old.unwrap_or_default();
        let lost = lacking(&old, &new);
        let gained = lacking(&new, &old);
        let class = match (lost, gained) {
            (0, 0) => continue,
            (0, _) => Class::Compatible,
            _ => Class::Breaking,
        };
        let name = name
            .trim_start_matches("public-api-")
            .trim_end_matches(".snap");
        reasons.push((
            class,
            format!("public API of {name}: {lost} lines gone, {gained} new"),
        ));
    }
    Ok(())
}

/// Returns the number of lines of one text that another one lacks.
fn lacking(one: &str, other: &str) -> usize {
    let others: std::collections::BTreeSet<&str> = other.lines().collect();
    one.lines().filter(|line| !others.contains(line)).count()
}

/// Returns the text between the heading of the unreleased entry and the next release.
fn unreleased(changelog: &str) -> Result<&str, Failure> {
    let (_, rest) = changelog
        .split_once(UNRELEASED)
        .ok_or_else(|| Failure::new(format!("error: CHANGELOG.md: no heading `{UNRELEASED}`")))?;
    Ok(rest.split("\n## ").next().unwrap_or(rest))
}

fn section<'t>(text: &'t str, heading: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(heading)?;
    let inside = rest.split("\n### ").next().unwrap_or(rest).trim();
    (!inside.is_empty()).then_some(inside)
}

fn entry(version: Version, date: &str, unreleased: &str, listed: &str) -> String {
    let mut entry = format!("## {version} - {date}\n\n{}\n", unreleased.trim());
    if !listed.is_empty() {
        let _ = write!(entry, "\n### API\n{listed}");
    }
    entry.push('\n');
    entry
}

impl fmt::Display for Proposal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = self.version;
        match &self.last {
            Some(last) => writeln!(f, "{last} -> v{version}")?,
            None => writeln!(f, "first release: v{version}")?,
        }
        for reason in &self.reasons {
            writeln!(f, "  {reason}")?;
        }
        writeln!(f, "\n{}", self.entry.trim_end())?;
        writeln!(
            f,
            "\nnext: run `cargo xtask release --write` and `cargo xtask ci`, then\n  \
             git commit --all --message \"Release {version}\"\n  \
             git tag --annotate v{version} --message \"Release {version}\"\n  \
             git push --follow-tags"
        )
    }
}
