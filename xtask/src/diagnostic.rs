//! What is wrong with the specification: where, what and what to do about it.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::model::{FileId, Sources};

/// A piece of a file, in bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The file it is in.
    pub file: FileId,
    /// Where it begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

impl Span {
    /// A piece of a file.
    #[must_use]
    pub const fn new(file: FileId, range: Range<usize>) -> Self {
        Self {
            file,
            start: range.start,
            end: range.end,
        }
    }
}

/// Where a mistake is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A file or directory as a whole, by its path below the specification.
    Path(String),
    /// A piece of a file that was read.
    Text(Span),
}

/// One mistake in the specification.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// Where it is; first, so that sorting follows the files.
    pub place: Place,
    /// Stable code, such as `E0102`; the list is in `spec/README.md`.
    pub code: &'static str,
    /// What is wrong, in one line.
    pub title: String,
    /// What to see at the place, next to the caret.
    pub label: String,
    /// Another place that matters, and why.
    pub also: Option<(Span, String)>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A mistake at a place in a file.
    #[must_use]
    pub fn at(span: &Span, code: &'static str, title: impl Into<String>) -> Self {
        Self::new(Place::Text(span.clone()), code, title)
    }

    /// A mistake of a file or directory as a whole.
    #[must_use]
    pub fn of(path: impl Into<String>, code: &'static str, title: impl Into<String>) -> Self {
        Self::new(Place::Path(path.into()), code, title)
    }

    fn new(place: Place, code: &'static str, title: impl Into<String>) -> Self {
        Self {
            place,
            code,
            title: title.into(),
            label: String::new(),
            also: None,
            help: None,
        }
    }

    /// Adds what to see at the place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Adds another place that matters.
    #[must_use]
    pub fn also(mut self, span: &Span, label: impl Into<String>) -> Self {
        self.also = Some((span.clone(), label.into()));
        self
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds the known name a misspelt one was probably meant to be, if one is close enough.
    #[must_use]
    pub fn did_you_mean(mut self, name: &str, known: &[&str]) -> Self {
        self.help = match closest(name, known) {
            Some(meant) => Some(format!("did you mean `{meant}`?")),
            None if known.is_empty() => self.help,
            None => Some(format!("known here: {}", known.join(", "))),
        };
        self
    }
}

/// The known name that a misspelt one was probably meant to be.
pub(crate) fn closest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let same = known.iter().find(|other| other.eq_ignore_ascii_case(name));
    let close = || {
        similar::get_close_matches(name, known, 1, 0.6)
            .first()
            .copied()
    };
    same.copied().or_else(close)
}

/// Puts mistakes into the order of the files and drops repetitions.
#[must_use]
pub fn sorted(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    diagnostics.sort();
    diagnostics.dedup();
    diagnostics
}

/// All mistakes as text for a person, with the lines they are in.
#[must_use]
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, renderer: &Renderer) -> String {
    let one = |diagnostic| renderer.render(&[group(diagnostic, sources)]);
    let texts: Vec<String> = diagnostics.iter().map(one).collect();
    texts.join("\n\n")
}

fn group<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Group<'a> {
    let title = Level::ERROR
        .primary_title(&*diagnostic.title)
        .id(diagnostic.code);
    let mut group = match &diagnostic.place {
        Place::Path(path) => title.element(Origin::path(shown(path))),
        Place::Text(span) => title.element(snippet(span, &diagnostic.label, true, sources)),
    };
    if let Some((span, label)) = &diagnostic.also {
        group = group.element(snippet(span, label, false, sources));
    }
    match &diagnostic.help {
        Some(help) => group.element(Level::HELP.message(&**help)),
        None => group,
    }
}

fn snippet<'a>(
    span: &Span,
    label: &'a str,
    primary: bool,
    sources: &'a Sources,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let kind = if primary {
        AnnotationKind::Primary
    } else {
        AnnotationKind::Context
    };
    let label = (!label.is_empty()).then_some(label);
    let annotation = kind.span(span.start..span.end).label(label);
    let file = sources.get(span.file);
    Snippet::source(&*file.text)
        .path(shown(&file.path))
        .annotation(annotation)
}

/// A path below the specification as seen from the root of the workspace.
fn shown(path: &str) -> String {
    match path {
        "." => "spec".to_owned(),
        path => format!("spec/{path}"),
    }
}
