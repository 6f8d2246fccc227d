//! Checks that facts fit the type of their member, and each other.

use super::{Type, members, names::unique, parse_type, reachable, task_families::leads_to};
use crate::{
    diagnostic::{Diagnostic, Span},
    model::{Bound, Facts, Located, Member, Scalar, Spec},
    rule_kinds::{BoundValue, REQUIRED, overridable_keys},
};

pub(super) fn check(spec: &Spec, out: &mut Vec<Diagnostic>) {
    for member in members(spec) {
        let ty = parse_type(&member.ty.value);
        applicable(member, &ty, out);
        warn_only(&member.facts, out);
        values(spec, member, &ty, out);
        range(&member.facts, out);
        redundant(&member.facts, out);
        overridable(&member.facts, out);
        dropped(&member.facts, out);
        on_sites(member, &ty, out);
    }
    rate_limits(spec, out);
    billed(spec, out);
    responses(spec, out);
}

/// Checks that rules fit the type: one that does not is probably meant for another member.
fn applicable(member: &Member, ty: &Type, out: &mut Vec<Diagnostic>) {
    let bounds = member.facts.bounds.iter();
    let misplaced = bounds.filter(|bound| !bound.kind.applies_to.fits(ty));
    let bounds = misplaced.filter_map(|bound| Some((bound.kind.key, bound.span()?)));
    let unit = member.facts.unit.as_ref();
    let unit = unit.filter(|_| !matches!(ty, Type::Integer | Type::Float));
    for (key, span) in bounds.chain(unit.map(|unit| ("unit", &unit.span))) {
        let title = format!("`{key}` does not apply to a {}", member.ty.value);
        let diagnostic = Diagnostic::at(span, "E0301", title);
        out.push(diagnostic.also(&member.ty.span, "the type"));
    }
}

fn warn_only(facts: &Facts, out: &mut Vec<Diagnostic>) {
    for weak in &facts.warn_only {
        if facts.bound(weak.value).is_none() {
            let title = format!(
                "`warn_only` names `{}`, which the member does not have",
                weak.value
            );
            out.push(Diagnostic::at(&weak.span, "E0305", title));
        }
    }
}

/// Checks that the values in facts have the type of the member and satisfy its rules.
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
        let title = format!("`{}` is not a valid {}", value.value, member.ty.value);
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
    let title = format!("`{}` breaks the rule `{bound}`", value.value);
    out.push(Diagnostic::at(&value.span, "E0304", title).also(&span, "the rule"));
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
        let title = "no number satisfies both bounds";
        let diagnostic = Diagnostic::at(most_at, "E0302", title).label("the maximum");
        out.push(diagnostic.also(least_at, "the minimum"));
    }
}

/// Checks that no fact follows from another one already.
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
            let title = format!("`{key}` has no effect on a required member");
            out.push(Diagnostic::at(span, "E0306", title));
        }
    }
}

/// Checks that a member with a column has a rule that the column overrides.
fn overridable(facts: &Facts, out: &mut Vec<Diagnostic>) {
    if let Some(column) = &facts.capability
        && !facts.bounds.iter().any(|bound| bound.kind.overridable)
    {
        let title = "this member has no rule that a column can override";
        let diagnostic = Diagnostic::at(&column.span, "E0611", title);
        out.push(diagnostic.help(format!("overridable are {}", overridable_keys().join(", "))));
    }
}

/// Checks that a rule that descriptions dropped is one of the member.
fn dropped(facts: &Facts, out: &mut Vec<Diagnostic>) {
    for (key, _) in &facts.dropped {
        if facts.bound(key.value).is_none() {
            let title = format!(
                "`dropped` names `{}`, which the member does not have",
                key.value
            );
            out.push(Diagnostic::at(&key.span, "E0305", title));
        }
    }
}

/// Checks the facts of single sites: they fit the type and each other, and no site decides whether a
/// member is required, since that decides the type of the field.
fn on_sites(member: &Member, ty: &Type, out: &mut Vec<Diagnostic>) {
    unique("site", member.facts.sites.iter().map(|own| &own.site), out);
    for own in &member.facts.sites {
        for bound in &own.bounds {
            let Some(span) = bound.span() else { continue };
            if bound.kind.key == REQUIRED {
                let title = "a member is required on every site or on none";
                out.push(Diagnostic::at(span, "E0315", title));
            } else if !bound.kind.applies_to.fits(ty) {
                let title = format!(
                    "`{}` does not apply to a {}",
                    bound.kind.key, member.ty.value
                );
                let diagnostic = Diagnostic::at(span, "E0301", title);
                out.push(diagnostic.also(&member.ty.span, "the type"));
            }
        }
        for value in own.bounds.iter().flat_map(Bound::scalars) {
            typed(&value, ty.item(), member, out);
        }
        for weak in &own.warn_only {
            if !own.bounds.iter().any(|bound| bound.kind.key == weak.value) {
                let title = format!(
                    "`warn_only` names `{}`, which the site does not have",
                    weak.value
                );
                out.push(Diagnostic::at(&weak.span, "E0305", title));
            }
        }
    }
}

fn rate_limits(spec: &Spec, out: &mut Vec<Diagnostic>) {
    for action in spec
        .actions
        .iter()
        .filter(|action| action.rate_limit.value == 0)
    {
        let title = "a rate limit of 0 lets no request start";
        out.push(Diagnostic::at(&action.rate_limit.span, "E0308", title));
    }
}

/// Checks that the billed seconds are a whole number in the request.
fn billed(spec: &Spec, out: &mut Vec<Diagnostic>) {
    for action in spec.actions.iter().filter(|_| !spec.incomplete) {
        if let Some(path) = &action.billed_seconds {
            let is_integer = |ty: &Type| *ty == Type::Integer;
            let wanted = "a whole number";
            leads_to(spec, &action.request, path, wanted, &is_integer, out);
        }
    }
}

/// Checks that no member of a response has a rule, since responses are not checked.
fn responses(spec: &Spec, out: &mut Vec<Diagnostic>) {
    // A part that could not be read might lead from a request to a struct.
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
        let own = member.facts.sites.iter().flat_map(|own| &own.bounds);
        for span in member
            .facts
            .bounds
            .iter()
            .chain(own)
            .filter_map(Bound::span)
        {
            let title = format!(
                "`{}` is only in responses, which are not checked",
                member.name.value
            );
            out.push(Diagnostic::at(span, "E0307", title));
        }
    }
}
