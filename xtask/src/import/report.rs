//! What an import has to tell.

use std::fmt;

/// Something about an action, a struct or a member.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// What it is about, such as `CreateAigcVideoTask.Prompt`.
    pub path: String,
    /// What there is to say.
    pub what: String,
}

impl Note {
    pub(super) fn new(path: impl Into<String>, what: impl Into<String>) -> Self {
        let (path, what) = (path.into(), what.into());
        Self { path, what }
    }
}

/// What an import found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// In the file only: a stub for each.
    pub new: Vec<Note>,
    /// Stubs of an earlier import that the file has in another form by now.
    pub changed: Vec<Note>,
    /// In the specification only, and kept.
    pub gone: Vec<Note>,
    /// In another form on both sides; that of the specification is kept.
    pub differing: Vec<Note>,
    /// Actions of the family that only the file has, and nobody asked for.
    pub others: Vec<String>,
    /// How many actions of the file were looked at.
    pub read: usize,
    /// Files that differ, below the specification.
    pub written: Vec<String>,
    /// Whether they were left alone all the same.
    pub dry_run: bool,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let looked_at = match self.read {
            1 => "1 action".to_owned(),
            many => format!("{many} actions"),
        };
        writeln!(f, "looked at {looked_at} of the file")?;
        notes(f, "new: a stub for each", &self.new)?;
        notes(f, "changed: stubs that follow the file", &self.changed)?;
        notes(
            f,
            "gone: only the specification has it, and keeps it",
            &self.gone,
        )?;
        notes(f, "differing: the specification is kept", &self.differing)?;
        section(
            f,
            "not looked at: take it up with `--action NAME`",
            &self.others,
        )?;
        section(f, self.verb(), &self.written)?;
        if self.written.is_empty() {
            writeln!(f, "\nnothing to change")?;
        }
        if !self.new.is_empty() {
            let help = "`cargo xtask spec check` lists what has to be described now";
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
