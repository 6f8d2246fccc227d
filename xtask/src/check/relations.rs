//! Members that name other members.

use super::groups;
use crate::{
    diagnostic::Diagnostic,
    spec::{Located, Member, Spec},
};

pub(super) fn check(spec: &Spec, out: &mut Vec<Diagnostic>) {
    if spec.incomplete {
        return;
    }
    for group in groups(spec) {
        for member in group {
            let facts = &member.facts;
            for peer in &facts.required_unless_any {
                related(member, peer, group, out);
            }
            for peer in facts.requires.iter().chain(&facts.conflicts_with) {
                related(member, peer, group, out);
            }
            contradiction(member, out);
        }
    }
}

fn related(member: &Member, peer: &Located<String>, group: &[Member], out: &mut Vec<Diagnostic>) {
    if peer.value == member.name.value {
        let title = format!("`{}` names itself", peer.value);
        out.push(Diagnostic::at(&peer.span, "E0311", title));
        return;
    }
    let known: Vec<&str> = group.iter().map(|other| &*other.name.value).collect();
    match group.iter().find(|other| other.name.value == peer.value) {
        None => {
            let title = format!(
                "there is no member `{}` beside `{}`",
                peer.value, member.name.value
            );
            let diagnostic = Diagnostic::at(&peer.span, "E0310", title);
            out.push(diagnostic.did_you_mean(&peer.value, &known));
        }
        Some(other) if other.facts.is_required() => {
            let title = format!("`{}` is always there, so the rule says nothing", peer.value);
            out.push(Diagnostic::at(&peer.span, "E0312", title));
        }
        Some(_) => {}
    }
}

fn contradiction(member: &Member, out: &mut Vec<Diagnostic>) {
    let facts = &member.facts;
    for peer in &facts.conflicts_with {
        if let Some(other) = facts
            .requires
            .iter()
            .find(|other| other.value == peer.value)
        {
            let title = format!("`{}` is both needed and excluded", peer.value);
            let diagnostic = Diagnostic::at(&peer.span, "E0313", title);
            out.push(diagnostic.also(&other.span, "needed here"));
        }
    }
}
