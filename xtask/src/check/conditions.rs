//! Conditions look at a member beside theirs, and at a value it can have.

use super::{Type, facts, groups, parse_type};
use crate::{
    diagnostic::Diagnostic,
    model::{Condition, Located, Member, Spec},
};

pub(super) fn check(spec: &Spec, out: &mut Vec<Diagnostic>) {
    if spec.incomplete {
        return;
    }
    for group in groups(spec) {
        for member in group {
            for condition in member.facts.conditions() {
                holds_of(spec, condition, member, group, out);
            }
        }
    }
}

fn holds_of(
    spec: &Spec,
    condition: &Condition,
    member: &Member,
    group: &[Member],
    out: &mut Vec<Diagnostic>,
) {
    let Some(peer) = super::relations::peer(member, &condition.member, group, out) else {
        return;
    };
    let ty = parse_type(&peer.ty.value);
    if !matches!(ty, Type::Text | Type::Integer | Type::Boolean) {
        out.push(incomparable(&condition.member, peer));
        return;
    }
    facts::typed(&condition.is, &ty, peer, out);
    facts::within(spec, &condition.is, &ty, &peer.facts, out);
}

fn incomparable(name: &Located<String>, peer: &Member) -> Diagnostic {
    let title = format!("no condition can look at a {}", peer.ty.value);
    Diagnostic::at(&name.span, "E0314", title)
        .also(&peer.ty.span, "the type")
        .help("a text, a whole number or a Boolean has a value to compare with")
}
