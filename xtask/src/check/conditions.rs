//! Checks that a condition names another member and a value that this member can have.

use super::{Type, facts, groups, parse_type};
use crate::{
    diagnostic::Diagnostic,
    model::{Bound, Located, Member, Spec},
};

pub(super) fn check(spec: &Spec, out: &mut Vec<Diagnostic>) {
    if spec.incomplete {
        return;
    }
    for group in groups(spec) {
        for member in group {
            for bound in &member.facts.bounds {
                comparable(spec, bound, member, group, out);
            }
        }
    }
}

fn comparable(
    spec: &Spec,
    bound: &Bound,
    member: &Member,
    group: &[Member],
    out: &mut Vec<Diagnostic>,
) {
    let (Some(value), Some(name)) = (bound.compared(), bound.peers().next()) else {
        return;
    };
    let Some(peer) = super::relations::peer(member, &name, group, out) else {
        return;
    };
    let ty = parse_type(&peer.ty.value);
    if !matches!(ty, Type::Text | Type::Integer | Type::Boolean) {
        out.push(incomparable(&name, peer));
        return;
    }
    facts::typed(&value, &ty, peer, out);
    facts::within(spec, &value, &ty, &peer.facts, out);
}

fn incomparable(name: &Located<String>, peer: &Member) -> Diagnostic {
    let title = format!("a condition cannot compare a {}", peer.ty.value);
    Diagnostic::at(&name.span, "E0314", title)
        .also(&peer.ty.span, "the type")
        .help("only a text, a whole number or a Boolean can be compared")
}
