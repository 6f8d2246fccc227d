//! Diagnostics: the place of a mistake in the specification, its description and advice.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::model::{FileId, Sources};

/// A range of bytes in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The file it is in.
    pub file: FileId,
    /// First byte.
    pub start: usize,
    /// Byte after the last one.
    pub end: usize,
}

impl Span {
    /// Creates the span of a range in a file.
    #[must_use]
    pub const fn new(file: FileId, range: Range<usize>) -> Self {
        Self {
            file,
            start: range.start,
            end: range.end,
        }
    }
}

/// The place of a mistake.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A file or directory as a whole, by its path below the specification.
    Path(String),
    /// A range in a file that was read.
    Text(Span),
}

/// A mistake in the specification.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// Its place; the first field, so that sorting follows the files.
    pub place: Place,
    /// Stable code, for example `E0102`; `spec/README.md` lists them.
    pub code: &'static str,
    /// Description in one line.
    pub title: String,
    /// Text next to the caret.
    pub label: String,
    /// Another place that matters, and the reason.
    pub also: Option<(Span, String)>,
    /// Advice.
    pub help: Option<String>,
}

impl Diagnostic {
    /// Creates a diagnostic for a place in a file.
    #[must_use]
    pub fn at(span: &Span, code: &'static str, title: impl Into<String>) -> Self {
        Self::new(Place::Text(span.clone()), code, title)
    }

    /// Creates a diagnostic for a file or directory as a whole.
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

    /// Sets the text next to the caret.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Sets another place that matters.
    #[must_use]
    pub fn also(mut self, span: &Span, label: impl Into<String>) -> Self {
        self.also = Some((span.clone(), label.into()));
        self
    }

    /// Sets the advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Sets the advice to the known name that a misspelled one probably means, or to all known
    /// names.
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

/// Returns the known name that a misspelled one probably means, or `None` if none is close.
pub(crate) fn closest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let same = known.iter().find(|other| other.eq_ignore_ascii_case(name));
    let close = || {
        similar::get_close_matches(name, known, 1, 0.6)
            .first()
            .copied()
    };
    same.copied().or_else(close)
}

/// Returns mistakes in the order of the files, without repetitions.
#[must_use]
pub fn sorted(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    diagnostics.sort();
    diagnostics.dedup();
    diagnostics
}

/// Returns all mistakes as text for people, with the lines they are in.
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

/// Returns a path below the specification as a path below the workspace.
fn shown(path: &str) -> String {
    match path {
        "." => "spec".to_owned(),
        path => format!("spec/{path}"),
    }
}
