//! Fixtures with one thing broken in them.

use xtask::model::SourceFile;

use crate::support::{assert_snapshot, diagnostics, fixture};

pub(crate) const FILM: &str = "capabilities/film.toml";
pub(crate) const COLUMNS: &str = "columns.toml";
pub(crate) const DRAW: &str = "actions/draw.toml";

/// The fixture with something broken in it.
pub(crate) struct Broken(pub(crate) Vec<SourceFile>);

impl Broken {
    /// One text replaced in the capability table of the fixture that has one.
    pub(crate) fn table(from: &str, to: &str) -> Self {
        Self(fixture("capabilities")).and(FILM, from, to)
    }

    /// One text replaced in the list of columns of the fixture that has one.
    pub(crate) fn column(from: &str, to: &str) -> Self {
        Self(fixture("capabilities")).and(COLUMNS, from, to)
    }

    /// One text in one file replaced, which has to be there.
    pub(crate) fn replace(path: &str, from: &str, to: &str) -> Self {
        Self(fixture("example")).and(path, from, to)
    }

    /// A file that the fixture does not have.
    pub(crate) fn with_file(path: &str, text: &str) -> Self {
        let (path, text) = (path.to_owned(), text.to_owned());
        let mut files = fixture("example");
        files.push(SourceFile { path, text });
        Self(files)
    }

    /// The fixture without one of its files.
    pub(crate) fn without_file(path: &str) -> Self {
        let mut files = fixture("example");
        files.retain(|file| file.path != path);
        Self(files)
    }

    /// One of the fixture's files under another name.
    pub(crate) fn renamed(from: &str, to: &str) -> Self {
        let mut files = fixture("example");
        let file = files.iter_mut().find(|file| file.path == from);
        file.expect(from).path = to.to_owned();
        Self(files)
    }

    /// More keys for a member of the action's request.
    pub(crate) fn fact(member: &str, facts: &str) -> Self {
        let name = format!("name = \"{member}\"");
        Self::replace(DRAW, &name, &format!("{name}\n{facts}"))
    }

    pub(crate) fn and(mut self, path: &str, from: &str, to: &str) -> Self {
        let file = self
            .0
            .iter_mut()
            .find(|file| file.path == path)
            .expect(path);
        assert!(file.text.contains(from), "{path} has no {from}");
        file.text = file.text.replacen(from, to, 1);
        self
    }

    pub(crate) fn assert_diagnostic(self, name: &str) {
        let text = diagnostics(self.0);
        assert_eq!(text.matches("error[E").count(), 1, "{text}");
        assert_snapshot(&format!("mistake-{name}"), &text);
    }
}
