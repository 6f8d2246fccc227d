//! Checks that types exist, are used and have a finite size.

use std::collections::BTreeSet;

use super::members;
use crate::{
    diagnostic::Diagnostic,
    model::{Located, Member, Spec},
};

/// The type of a member, as the specification writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// `String`.
    Text,
    /// `Integer`.
    Integer,
    /// `Float`.
    Float,
    /// `Boolean`.
    Boolean,
    /// The name of a struct or an enum, for example `AigcImageInfo`.
    Named(String),
    /// `List<…>` of one of the others.
    List(Box<Type>),
}

const BUILT_IN: &[&str] = &["String", "Integer", "Float", "Boolean"];

/// Returns the type with this name. Lists of lists do not exist in this API.
#[must_use]
pub fn parse_type(text: &str) -> Type {
    let item = text
        .strip_prefix("List<")
        .and_then(|rest| rest.strip_suffix('>'));
    match (item, text) {
        (Some(item), _) => Type::List(Box::new(parse_type(item))),
        (None, "String") => Type::Text,
        (None, "Integer") => Type::Integer,
        (None, "Float") => Type::Float,
        (None, "Boolean") => Type::Boolean,
        (None, name) => Type::Named(name.to_owned()),
    }
}

impl Type {
    /// Returns the type itself, or the type of the items of a list.
    #[must_use]
    pub fn item(&self) -> &Self {
        match self {
            Self::List(item) => item.item(),
            other => other,
        }
    }
}

pub(super) fn check(spec: &Spec, out: &mut Vec<Diagnostic>) {
    nested_lists(spec, out);
    // A part that could not be read would be reported as missing.
    if !spec.incomplete {
        dangling(spec, out);
        dangling_polls(spec, out);
        dangling_errors(spec, out);
        unused(spec, out);
        recursive(spec, out);
    }
}

fn nested_lists(spec: &Spec, out: &mut Vec<Diagnostic>) {
    for member in members(spec) {
        let ty = parse_type(&member.ty.value);
        if matches!(ty, Type::List(item) if matches!(*item, Type::List(_))) {
            let title = "a list of lists is not supported";
            out.push(Diagnostic::at(&member.ty.span, "E0212", title));
        }
    }
}

fn dangling(spec: &Spec, out: &mut Vec<Diagnostic>) {
    let own: Vec<&str> = definitions(spec).map(|name| &*name.value).collect();
    let known = [BUILT_IN, &own].concat();
    for member in members(spec) {
        let Some(name) = named(member).filter(|name| !own.contains(&&**name)) else {
            continue;
        };
        let title = format!("there is no type `{name}`");
        let diagnostic = Diagnostic::at(&member.ty.span, "E0210", title);
        out.push(diagnostic.did_you_mean(&name, &known));
    }
}

fn dangling_polls(spec: &Spec, out: &mut Vec<Diagnostic>) {
    let known: Vec<&str> = spec
        .actions
        .iter()
        .map(|action| &*action.name.value)
        .collect();
    for poll in spec
        .actions
        .iter()
        .filter_map(|action| action.poll.as_ref())
    {
        if !known.contains(&&*poll.value) {
            let title = format!("there is no action `{}`", poll.value);
            let diagnostic = Diagnostic::at(&poll.span, "E0211", title);
            out.push(diagnostic.did_you_mean(&poll.value, &known));
        }
    }
}

fn dangling_errors(spec: &Spec, out: &mut Vec<Diagnostic>) {
    let Some(service) = &spec.service else {
        return;
    };
    let known: Vec<&str> = service
        .errors
        .iter()
        .map(|error| &*error.code.value)
        .collect();
    for code in spec.actions.iter().flat_map(|action| &action.errors) {
        if !known.contains(&&*code.value) {
            let title = format!("service.toml does not explain `{}`", code.value);
            let diagnostic = Diagnostic::at(&code.span, "E0213", title);
            out.push(diagnostic.help("add an [[error]] with its class, its meaning and a hint"));
        }
    }
}

fn unused(spec: &Spec, out: &mut Vec<Diagnostic>) {
    let actions = spec.actions.iter();
    let used = reachable(
        spec,
        actions.flat_map(|action| action.request.iter().chain(&action.response)),
    );
    for name in definitions(spec).filter(|name| !used.contains(&name.value)) {
        let title = format!("nothing uses `{}`", name.value);
        out.push(Diagnostic::at(&name.span, "E0214", title));
    }
}

/// Checks that no struct contains itself other than in a list or an optional member. An optional
/// one is boxed, but a required one would have no finite value.
fn recursive(spec: &Spec, out: &mut Vec<Diagnostic>) {
    for shared in &spec.structs {
        let name = &shared.name;
        let mut required = shared.members.iter().filter(|it| it.facts.is_required());
        if required.any(|member| contains(spec, member, &name.value, true)) {
            let title = format!("`{}` contains itself", name.value);
            let diagnostic = Diagnostic::at(&name.span, "E0215", title);
            out.push(
                diagnostic.help("only a list or an optional member can contain the same struct"),
            );
        }
    }
}

/// Returns whether the struct of a member, not in a list, leads back to the struct that it is in.
pub(crate) fn leads_back(spec: &Spec, member: &Member, owner: &str) -> bool {
    contains(spec, member, owner, false)
}

/// Returns whether a member contains a value of a struct, perhaps only through required members.
fn contains(spec: &Spec, member: &Member, wanted: &str, only_required: bool) -> bool {
    let mut seen = BTreeSet::new();
    let mut open: Vec<String> = held(member).into_iter().collect();
    while let Some(name) = open.pop() {
        if name == wanted {
            return true;
        }
        if seen.insert(name.clone()) {
            let inside = spec
                .structs
                .iter()
                .filter(|shared| shared.name.value == name);
            let members = inside.flat_map(|shared| &shared.members);
            let members = members.filter(|it| !only_required || it.facts.is_required());
            open.extend(members.filter_map(held));
        }
    }
    false
}

/// Returns the names of all structs and enums that the given members lead to.
pub(crate) fn reachable<'s>(
    spec: &'s Spec,
    from: impl Iterator<Item = &'s Member>,
) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&Member> = from.collect();
    while let Some(name) = open.pop().map(named) {
        let Some(name) = name.filter(|name| found.insert(name.clone())) else {
            continue;
        };
        let inside = spec
            .structs
            .iter()
            .filter(|shared| shared.name.value == name);
        open.extend(inside.flat_map(|shared| &shared.members));
    }
    found
}

fn held(member: &Member) -> Option<String> {
    match parse_type(&member.ty.value) {
        Type::Named(name) => Some(name),
        _ => None,
    }
}

fn named(member: &Member) -> Option<String> {
    match parse_type(&member.ty.value).item() {
        Type::Named(name) => Some(name.clone()),
        _ => None,
    }
}

/// Returns the names that `type` may use beside the built-in ones.
fn definitions(spec: &Spec) -> impl Iterator<Item = &Located<String>> {
    let structs = spec.structs.iter().map(|shared| &shared.name);
    structs.chain(spec.enums.iter().map(|set| &set.name))
}
