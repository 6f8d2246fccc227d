//! Facts fit the type they are stated of, and each other.

use super::{Type, members, parse_type, reachable, task_families::leads_to};
use crate::{
    diagnostic::{Diagnostic, Span},
    model::{Bound, Facts, Located, Member, Scalar, Spec},
    rule_kinds::{BoundValue, overridable_keys},
};

pub(super) fn check(spec: &Spec, out: &mut Vec<Diagnostic>) {
    for member in members(spec) {
        let ty = parse_type(&member.ty.value);
        applicable(member, &ty, out);
        warn_only(&member.facts, out);
        values(spec, member, &ty, out);
        range(&member.facts, out);
        redundant(&member.facts, out);
        gives_way(&member.facts, out);
    }
    unlimited(spec, out);
    billed(spec, out);
    responses(spec, out);
}

/// Bounds that make no sense for a type are probably meant for another member.
fn applicable(member: &Member, ty: &Type, out: &mut Vec<Diagnostic>) {
    let bounds = member.facts.bounds.iter();
    let misplaced = bounds.filter(|bound| !bound.kind.applies_to.fits(ty));
    let bounds = misplaced.filter_map(|bound| Some((bound.kind.key, bound.span()?)));
    let unit = member.facts.unit.as_ref();
    let unit = unit.filter(|_| !matches!(ty, Type::Integer | Type::Float));
    for (key, span) in bounds.chain(unit.map(|unit| ("unit", &unit.span))) {
        let title = format!("`{key}` says nothing about a {}", member.ty.value);
        let diagnostic = Diagnostic::at(span, "E0301", title);
        out.push(diagnostic.also(&member.ty.span, "the type"));
    }
}

fn warn_only(facts: &Facts, out: &mut Vec<Diagnostic>) {
    for weak in &facts.warn_only {
        if facts.bound(weak.value).is_none() {
            let title = format!("`warn_only` weakens `{}`, which is not there", weak.value);
            out.push(Diagnostic::at(&weak.span, "E0305", title));
        }
    }
}

/// Values that are stated have the type they are stated of, and keep to the bounds.
fn values(spec: &Spec, member: &Member, ty: &Type, out: &mut Vec<Diagnostic>) {
    let facts = &member.facts;
    for value in facts.bounds.iter().flat_map(Bound::scalars) {
        typed(&value, ty.item(), member, out);
    }
    for value in facts.default.iter().chain(&facts.example) {
        typed(value, ty, member, out);
        within(spec, value, ty, facts, out);
    }
}

pub(super) fn typed(
    value: &Located<Scalar>,
    ty: &Type,
    member: &Member,
    out: &mut Vec<Diagnostic>,
) {
    let fits = matches!(
        (ty, &value.value),
        (Type::Text | Type::Named(_), Scalar::Text(_))
            | (Type::Integer, Scalar::Integer(_))
            | (Type::Float, Scalar::Float(_) | Scalar::Integer(_))
            | (Type::Boolean, Scalar::Boolean(_))
    );
    if !fits {
        let title = format!("`{}` is no {}", value.value, member.ty.value);
        let diagnostic = Diagnostic::at(&value.span, "E0303", title);
        out.push(diagnostic.also(&member.ty.span, "the type"));
    }
}

pub(super) fn within(
    spec: &Spec,
    value: &Located<Scalar>,
    ty: &Type,
    facts: &Facts,
    out: &mut Vec<Diagnostic>,
) {
    let Some((span, bound)) = broken(spec, &value.value, ty, facts) else {
        return;
    };
    let title = format!("`{}` breaks the bound `{bound}`", value.value);
    out.push(Diagnostic::at(&value.span, "E0304", title).also(&span, "the bound"));
}

fn broken(spec: &Spec, value: &Scalar, ty: &Type, facts: &Facts) -> Option<(Span, &'static str)> {
    let set = |set: &&crate::model::Enum| *ty == Type::Named(set.name.value.clone());
    if let (Some(set), Scalar::Text(text)) = (spec.enums.iter().find(set), value) {
        let known = set.values.iter().any(|known| known.value.value == *text);
        return (!known).then(|| (set.name.span.clone(), "enum"));
    }
    let mut bounds = facts.bounds.iter();
    let broken = bounds.find(|bound| !(bound.kind.allows)(&bound.value, value))?;
    Some((broken.span()?.clone(), broken.kind.key))
}

fn range(facts: &Facts, out: &mut Vec<Diagnostic>) {
    let (Some(min), Some(max)) = (facts.bound("min"), facts.bound("max")) else {
        return;
    };
    if let (BoundValue::Number(least), Some(least_at), Some(most_at)) =
        (&min.value, min.span(), max.span())
        && !(max.kind.allows)(&max.value, least)
    {
        let title = "no number is within these bounds";
        let diagnostic = Diagnostic::at(most_at, "E0302", title).label("the greatest");
        out.push(diagnostic.also(least_at, "the least"));
    }
}

/// A fact that another one already implies leaves the reader wondering.
fn redundant(facts: &Facts, out: &mut Vec<Diagnostic>) {
    if !facts.is_required() {
        return;
    }
    let default = facts.default.as_ref().map(|value| &value.span);
    let bounds = facts
        .bounds
        .iter()
        .filter(|bound| bound.kind.needs_optional);
    let bounds = bounds.map(|bound| (bound.kind.key, bound.span()));
    for (key, span) in [("default", default)].into_iter().chain(bounds) {
        if let Some(span) = span {
            let title = format!("`{key}` makes no sense for a member that is required");
            out.push(Diagnostic::at(span, "E0306", title));
        }
    }
}

/// A column before which no bound gives way says nothing.
fn gives_way(facts: &Facts, out: &mut Vec<Diagnostic>) {
    if let Some(column) = &facts.capability
        && !facts.bounds.iter().any(|bound| bound.kind.overridable)
    {
        let title = "no bound of this member gives way";
        let diagnostic = Diagnostic::at(&column.span, "E0611", title);
        out.push(diagnostic.help(format!(
            "of the bounds, {} do",
            overridable_keys().join(", ")
        )));
    }
}

fn unlimited(spec: &Spec, out: &mut Vec<Diagnostic>) {
    for action in spec
        .actions
        .iter()
        .filter(|action| action.rate_limit.value == 0)
    {
        let title = "a rate limit of 0 would never let a request start";
        out.push(Diagnostic::at(&action.rate_limit.span, "E0308", title));
    }
}

/// The seconds that are billed are a whole number in the request.
fn billed(spec: &Spec, out: &mut Vec<Diagnostic>) {
    for action in spec.actions.iter().filter(|_| !spec.incomplete) {
        if let Some(path) = &action.billed_seconds {
            let is_integer = |ty: &Type| *ty == Type::Integer;
            let wanted = "a whole number";
            leads_to(spec, &action.request, path, wanted, &is_integer, out);
        }
    }
}

/// Nobody checks an answer, so a bound stated of one is a mistake.
fn responses(spec: &Spec, out: &mut Vec<Diagnostic>) {
    // What could not be read might be what leads to a struct from a request.
    if spec.incomplete {
        return;
    }
    let sent = reachable(spec, spec.actions.iter().flat_map(|action| &action.request));
    let structs = spec
        .structs
        .iter()
        .filter(|shared| !sent.contains(&shared.name.value));
    let answers = spec.actions.iter().flat_map(|action| &action.response);
    for member in answers.chain(structs.flat_map(|shared| &shared.members)) {
        for span in member.facts.bounds.iter().filter_map(Bound::span) {
            let title = format!(
                "nothing checks `{}`, which only answers have",
                member.name.value
            );
            out.push(Diagnostic::at(span, "E0307", title));
        }
    }
}
