//! The report of an import.

use std::fmt;

use super::{render, seen::Seen};
use crate::diff::{Class, Format};

/// A note about an action, a struct or a member.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// Path of the item, for example `CreateAigcVideoTask.Prompt`.
    pub path: String,
    /// Text of the note.
    pub what: String,
}

impl Note {
    pub(super) fn new(path: impl Into<String>, what: impl Into<String>) -> Self {
        let (path, what) = (path.into(), what.into());
        Self { path, what }
    }
}

/// The findings of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Parts that only the file has; each becomes a stub.
    pub new: Vec<Note>,
    /// Stubs of an earlier import that changed in the file.
    pub changed: Vec<Note>,
    /// Parts that only the specification has; they are kept.
    pub gone: Vec<Note>,
    /// Parts that differ; those of the specification are kept.
    pub differing: Vec<Note>,
    /// Actions of AI generation that only the file has and that were not requested.
    pub others: Vec<String>,
    /// Number of actions of the file that were compared.
    pub read: usize,
    /// Paths of changed files below the specification.
    pub written: Vec<String>,
    /// True if the files were not written.
    pub dry_run: bool,
    /// Rows of the capability tables that were read from a text that changed, with the members.
    pub rows: Vec<Note>,
    /// The comparison with the description that was last seen.
    pub seen: Option<Seen>,
}

impl Report {
    /// Returns the class of all differences; `None` if there is no difference and nothing to write.
    #[must_use]
    pub fn class(&self) -> Option<Class> {
        let seen = self.seen.as_ref();
        let seen = seen.and_then(|seen| seen.differences.iter().map(|it| it.class).max());
        // A stub adds something to the specification, a fingerprint alone does not.
        let stubs = self
            .written
            .iter()
            .any(|path| !path.starts_with("published/"));
        let first = !self.written.is_empty() && seen.is_none();
        seen.max((stubs || first).then_some(Class::Compatible))
    }

    /// Returns the report as text, for a terminal, or for a pull request in at most this number of
    /// bytes.
    #[must_use]
    pub fn render(&self, format: Format, max_bytes: usize) -> String {
        match (format, &self.seen) {
            (Format::Markdown, Some(seen)) => render::markdown(self, seen, max_bytes),
            (_, Some(seen)) => format!("{}\n{self}", render::text(self, seen)),
            (_, None) => self.to_string(),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let looked_at = match self.read {
            1 => "1 action".to_owned(),
            many => format!("{many} actions"),
        };
        writeln!(f, "compared {looked_at} of the file")?;
        notes(f, "new: a stub for each", &self.new)?;
        notes(
            f,
            "changed: stubs that were updated from the file",
            &self.changed,
        )?;
        notes(f, "rows to read again, since a text changed", &self.rows)?;
        notes(
            f,
            "gone: only in the specification, which is kept",
            &self.gone,
        )?;
        notes(f, "differing: the specification is kept", &self.differing)?;
        section(
            f,
            "not in the specification: add it with `--action NAME`",
            &self.others,
        )?;
        section(f, self.verb(), &self.written)?;
        if self.written.is_empty() {
            writeln!(f, "\nnothing to change")?;
        }
        if !self.new.is_empty() {
            let help = "run `cargo xtask spec check` for the list of stubs to describe";
            writeln!(f, "\nhelp: {help}")?;
        }
        Ok(())
    }
}

impl Report {
    const fn verb(&self) -> &'static str {
        if self.dry_run {
            "would write, but this is a dry run"
        } else {
            "written"
        }
    }
}

fn notes(f: &mut fmt::Formatter<'_>, title: &str, notes: &[Note]) -> fmt::Result {
    let longest = notes.iter().map(|note| note.path.len()).max().unwrap_or(0);
    let line = |note: &Note| format!("{:longest$}  {}", note.path, note.what);
    let lines: Vec<String> = notes.iter().map(line).collect();
    section(f, title, &lines)
}

fn section(f: &mut fmt::Formatter<'_>, title: &str, lines: &[String]) -> fmt::Result {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(f, "\n{title} ({})", lines.len())?;
    lines.iter().try_for_each(|line| writeln!(f, "  {line}"))
}
