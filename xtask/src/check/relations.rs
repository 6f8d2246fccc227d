//! Checks that the members that a rule names exist and differ.

use super::groups;
use crate::{
    diagnostic::Diagnostic,
    model::{Bound, Located, Member, Spec},
    rule_kinds::Form,
};

pub(super) fn check(spec: &Spec, out: &mut Vec<Diagnostic>) {
    if spec.incomplete {
        return;
    }
    for group in groups(spec) {
        for member in group {
            let bounds = member.facts.bounds.iter();
            let lists = bounds.filter(|bound| bound.kind.form == Form::Names);
            for peer in lists.flat_map(Bound::peers) {
                related(member, &peer, group, out);
            }
            contradiction(member, out);
        }
    }
}

fn related(member: &Member, name: &Located<String>, group: &[Member], out: &mut Vec<Diagnostic>) {
    if peer(member, name, group, out).is_some_and(|other| other.facts.is_required()) {
        let title = format!("`{}` is required, so the rule has no effect", name.value);
        out.push(Diagnostic::at(&name.span, "E0312", title));
    }
}

/// Returns the member of the same group with this name, or reports that there is none.
pub(super) fn peer<'g>(
    member: &Member,
    name: &Located<String>,
    group: &'g [Member],
    out: &mut Vec<Diagnostic>,
) -> Option<&'g Member> {
    if name.value == member.name.value {
        let title = format!("`{}` refers to itself", name.value);
        out.push(Diagnostic::at(&name.span, "E0311", title));
        return None;
    }
    let found = group.iter().find(|other| other.name.value == name.value);
    if found.is_none() {
        let title = format!(
            "there is no member `{}` beside `{}`",
            name.value, member.name.value
        );
        let known: Vec<&str> = group.iter().map(|other| &*other.name.value).collect();
        let diagnostic = Diagnostic::at(&name.span, "E0310", title);
        out.push(diagnostic.did_you_mean(&name.value, &known));
    }
    found
}

fn contradiction(member: &Member, out: &mut Vec<Diagnostic>) {
    let facts = &member.facts;
    let peers = |key| facts.bound(key).into_iter().flat_map(Bound::peers);
    for peer in peers("conflicts_with") {
        if let Some(other) = peers("requires").find(|other| other.value == peer.value) {
            let title = format!("`{}` is both required and excluded", peer.value);
            let diagnostic = Diagnostic::at(&peer.span, "E0313", title);
            out.push(diagnostic.also(&other.span, "required here"));
        }
    }
}
