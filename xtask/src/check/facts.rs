//! Facts fit the type they are stated of, and each other.

use super::{Type, members, parse_type, reachable};
use crate::{
    diagnostic::{Diagnostic, Span},
    model::{BOUNDS, Facts, Located, Member, Scalar, Spec, YIELDING},
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
    responses(spec, out);
}

/// Bounds that make no sense for a type are probably meant for another member.
fn applicable(member: &Member, ty: &Type, out: &mut Vec<Diagnostic>) {
    let text = *ty.item() == Type::Text;
    let number = matches!(ty, Type::Integer | Type::Float);
    let listed = text || *ty == Type::Integer;
    let facts = &member.facts;
    let unit = facts.unit.as_ref().map(|unit| &unit.span);
    for (key, fits, span) in [
        ("max_chars", text, facts.bound("max_chars")),
        ("format", text, facts.bound("format")),
        (
            "max_items",
            matches!(ty, Type::List(_)),
            facts.bound("max_items"),
        ),
        (
            "unique_items",
            text && matches!(ty, Type::List(_)),
            facts.bound("unique_items"),
        ),
        ("min", number, facts.bound("min")),
        ("max", number, facts.bound("max")),
        ("one_of", listed, facts.bound("one_of")),
        ("unit", number, unit),
    ] {
        if let Some(span) = span.filter(|_| !fits) {
            let title = format!("`{key}` says nothing about a {}", member.ty.value);
            let diagnostic = Diagnostic::at(span, "E0301", title);
            out.push(diagnostic.also(&member.ty.span, "the type"));
        }
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
    for value in facts
        .min
        .iter()
        .chain(&facts.max)
        .chain(facts.one_of.iter().flatten())
    {
        typed(value, ty.item(), member, out);
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
    let at = |key: &'static str| Some((facts.bound(key)?.clone(), key));
    let below = |bound: &Option<Located<Scalar>>| less(value, &bound.as_ref()?.value);
    let above = |bound: &Option<Located<Scalar>>| less(&bound.as_ref()?.value, value);
    if below(&facts.min) == Some(true) {
        return at("min");
    }
    if above(&facts.max) == Some(true) {
        return at("max");
    }
    match (&facts.one_of, &facts.max_chars, value) {
        (Some(known), _, _) if !known.iter().any(|known| known.value == *value) => at("one_of"),
        (_, Some(most), Scalar::Text(text)) if too_long(text, most.value) => at("max_chars"),
        _ => None,
    }
}

fn range(facts: &Facts, out: &mut Vec<Diagnostic>) {
    if let (Some(min), Some(max)) = (&facts.min, &facts.max)
        && less(&max.value, &min.value) == Some(true)
    {
        let title = "no number is within these bounds";
        let diagnostic = Diagnostic::at(&max.span, "E0302", title).label("the greatest");
        out.push(diagnostic.also(&min.span, "the least"));
    }
}

/// A fact that another one already implies leaves the reader wondering.
fn redundant(facts: &Facts, out: &mut Vec<Diagnostic>) {
    if !facts.is_required() {
        return;
    }
    let default = facts.default.as_ref().map(|value| &value.span);
    let dependent = ["required_unless_any", "required_if", "only_if"];
    let bounds = dependent.map(|key| (key, facts.bound(key)));
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
        && !YIELDING.iter().any(|key| facts.bound(key).is_some())
    {
        let title = "no bound of this member gives way";
        let diagnostic = Diagnostic::at(&column.span, "E0611", title);
        out.push(diagnostic.help(format!("of the bounds, {} do", YIELDING.join(", "))));
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
        for span in BOUNDS.iter().filter_map(|key| member.facts.bound(key)) {
            let title = format!(
                "nothing checks `{}`, which only answers have",
                member.name.value
            );
            out.push(Diagnostic::at(span, "E0307", title));
        }
    }
}

fn too_long(text: &str, most: u32) -> bool {
    usize::try_from(most).is_ok_and(|most| text.chars().count() > most)
}

/// Whether one number is less than another; nothing if they are not numbers.
fn less(one: &Scalar, other: &Scalar) -> Option<bool> {
    match (one, other) {
        (Scalar::Integer(one), Scalar::Integer(other)) => Some(one < other),
        _ => Some(fraction(one)? < fraction(other)?),
    }
}

fn fraction(number: &Scalar) -> Option<f64> {
    match number {
        Scalar::Float(number) => Some(*number),
        Scalar::Integer(number) => i32::try_from(*number).ok().map(f64::from),
        Scalar::Text(_) | Scalar::Boolean(_) => None,
    }
}
