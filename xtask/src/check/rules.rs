//! Checks the list of rules: ids are stable, so each has one spelling and occurs once.

use super::names::unique;
use crate::{diagnostic::Diagnostic, model::Spec};

pub(super) fn check(spec: &Spec, out: &mut Vec<Diagnostic>) {
    unique("rule", spec.rules.iter().map(|rule| &rule.id), out);
    for rule in &spec.rules {
        if !is_kebab(&rule.id.value) {
            let title = format!("`{}` is not a valid id of a rule", rule.id.value);
            let diagnostic = Diagnostic::at(&rule.id.span, "E0609", title);
            out.push(
                diagnostic.label("expected words of lower-case ASCII letters, separated by dashes"),
            );
        }
    }
}

fn is_kebab(id: &str) -> bool {
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    id.split('-').all(is_word)
}
