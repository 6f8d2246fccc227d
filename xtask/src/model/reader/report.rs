//! The mistakes that a reader reports.

use toml::Spanned;

use super::{
    super::{Located, source::FileId},
    Entry, Reader, TODO, UNDESCRIBED,
    convert::kind,
};
use crate::diagnostic::{Diagnostic, Span};

impl<'a> Reader<'a> {
    pub(super) fn report_unknown_word(
        &mut self,
        key: &str,
        text: &Located<String>,
        words: &[&str],
    ) {
        let title = format!("`{}` is not a valid value of `{key}`", text.value);
        let diagnostic = Diagnostic::at(&text.span, "E0105", title);
        let diagnostic = diagnostic.did_you_mean(&text.value, words);
        self.trace.diagnostics.push(diagnostic);
    }

    /// Reports a placeholder that an import left, and returns whether there was none.
    pub(super) fn described(&mut self, key: &str, text: &Located<String>) -> bool {
        let described = text.value != TODO;
        if !described {
            let title = format!("`{key}` is not described yet");
            let diagnostic = Diagnostic::at(&text.span, UNDESCRIBED, title)
                .label("a stub of `cargo xtask spec import`")
                .help("look it up in the documentation and describe it in your own words");
            self.trace.diagnostics.push(diagnostic);
        }
        described
    }

    pub(super) fn wrong_kind(&mut self, key: &str, value: Entry<'a>, wanted: &str) {
        let title = format!("`{key}` has a value of the wrong type");
        let label = format!("expected {wanted}, found {}", kind(value.get_ref()));
        let diagnostic = Diagnostic::at(&self.at(value), "E0104", title).label(label);
        self.trace.diagnostics.push(diagnostic);
    }

    pub(super) fn report(&mut self, span: &Span, code: &'static str, title: String) {
        self.trace
            .diagnostics
            .push(Diagnostic::at(span, code, title));
    }

    pub(super) fn at<T>(&self, spanned: &Spanned<T>) -> Span {
        Span::new(self.file(), spanned.span())
    }

    pub(super) fn file(&self) -> FileId {
        self.span.file
    }
}
