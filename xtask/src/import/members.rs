//! Comparison of the members of one message or struct of both sides.

use std::collections::BTreeSet;

use super::{
    plan::{Plan, Step},
    report::Note,
    stub,
};
use crate::{
    check::{Type, parse_type},
    model::{self, TODO},
    published,
};

/// The members of one message or struct of both sides.
pub(super) struct Group<'a> {
    /// Name of the message or struct.
    pub(super) owner: String,
    /// Path of the file below the specification.
    pub(super) path: &'a str,
    /// Key of its tables.
    pub(super) list: &'static str,
    /// True if they are part of a request. Responses are not checked, so the specification has no
    /// required members there.
    pub(super) sent: bool,
    pub(super) ours: &'a [model::Member],
    pub(super) theirs: &'a [published::Member],
}

impl Group<'_> {
    fn note(&self, member: &str, what: impl Into<String>) -> Note {
        Note::new(format!("{}.{member}", self.owner), what)
    }
}

pub(super) fn merge(group: &Group<'_>, enums: &BTreeSet<&str>, source: &str, plan: &mut Plan) {
    for (at, theirs) in group.theirs.iter().enumerate() {
        let mut ours = group.ours.iter();
        match ours.find(|ours| ours.name.value == theirs.name) {
            Some(ours) => compare(group, ours, theirs, enums, plan),
            None => insert(group, at, source, plan),
        }
    }
    gone(group, plan);
    order(group, plan);
}

fn insert(group: &Group<'_>, at: usize, source: &str, plan: &mut Plan) {
    let Some(theirs) = group.theirs.get(at) else {
        return;
    };
    let note = group.note(&theirs.name, &theirs.ty);
    plan.report.new.push(note);
    // The previous member exists by now, perhaps since the previous step.
    let before = at.checked_sub(1).and_then(|at| group.theirs.get(at));
    let step = Step::Insert {
        list: group.list,
        after: before.map(|member| member.name.clone()),
        text: stub::member(group.list, theirs, group.sent, source),
    };
    plan.step(group.path, step);
}

fn compare(
    group: &Group<'_>,
    ours: &model::Member,
    theirs: &published::Member,
    enums: &BTreeSet<&str>,
    plan: &mut Plan,
) {
    let ty = type_difference(&ours.ty.value, &theirs.ty, enums);
    let flag = (group.sent && ours.facts.is_required() != theirs.required)
        .then(|| flag_difference(theirs.required));
    let differences: Vec<String> = ty.into_iter().chain(flag).collect();
    if differences.is_empty() {
        return;
    }
    let note = group.note(&theirs.name, differences.join("; "));
    if ours.doc != TODO {
        plan.report.differing.push(note);
        return;
    }
    plan.report.changed.push(note);
    let step = Step::Update {
        list: group.list,
        name: theirs.name.clone(),
        ty: theirs.ty.clone(),
        required: theirs.required && group.sent,
    };
    plan.step(group.path, step);
}

fn type_difference(ours: &str, theirs: &str, enums: &BTreeSet<&str>) -> Option<String> {
    let same = match (parse_type(ours), parse_type(theirs)) {
        (Type::List(ours), Type::List(theirs)) => same_item(&ours, &theirs, enums),
        (ours, theirs) => same_item(&ours, &theirs, enums),
    };
    (!same).then(|| format!("type {ours} here, {theirs} there"))
}

/// Returns whether two types are the same. An enum of the specification is text in the description.
fn same_item(ours: &Type, theirs: &Type, enums: &BTreeSet<&str>) -> bool {
    let set = matches!(ours, Type::Named(name) if enums.contains(&**name));
    ours == theirs || (set && *theirs == Type::Text)
}

fn flag_difference(required_there: bool) -> String {
    if required_there {
        "optional here, required there".to_owned()
    } else {
        "required here, optional there".to_owned()
    }
}

/// Reports members that the file no longer has, except those that are withdrawn or were never published.
fn gone(group: &Group<'_>, plan: &mut Plan) {
    let there = |name: &str| group.theirs.iter().any(|theirs| theirs.name == name);
    for ours in group.ours {
        let name = &*ours.name.value;
        if !there(name) && ours.facts.until.is_none() && !ours.facts.unpublished {
            let note = group.note(name, &ours.ty.value);
            plan.report.gone.push(note);
        }
    }
}

fn order(group: &Group<'_>, plan: &mut Plan) {
    let ours: Vec<&str> = group.ours.iter().map(|ours| &*ours.name.value).collect();
    let theirs: Vec<&str> = group.theirs.iter().map(|theirs| &*theirs.name).collect();
    let here = ours.iter().filter(|name| theirs.contains(name));
    let there = theirs.iter().filter(|name| ours.contains(name));
    if !here.eq(there) {
        let note = Note::new(&group.owner, "members in another order");
        plan.report.differing.push(note);
    }
}
