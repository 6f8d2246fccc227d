//! Results of task families: members of requests, and places of sizes and durations.

use super::task_families::{TASK_ID, known, resolve};
use crate::{
    diagnostic::Diagnostic,
    model::{Located, MemberPath, Spec, TaskCreate, TaskFamily, TaskResult},
};

pub(super) fn check(spec: &Spec, family: &TaskFamily, out: &mut Vec<Diagnostic>) {
    for result in &family.results {
        places(result, out);
    }
    // A mistake in a creating action is reported elsewhere, and its request may be another one.
    if !family
        .creates
        .iter()
        .all(|create| creates_task(spec, create))
    {
        return;
    }
    for kind in &family.kinds {
        requested(spec, family, &kind.member, out);
    }
    if let Some(store) = &family.store {
        requested(spec, family, store, out);
    }
    if let Some(confirm) = &family.confirm {
        requested(spec, family, &confirm.mode, out);
        known(spec, &confirm.action, out);
    }
}

fn creates_task(spec: &Spec, create: &TaskCreate) -> bool {
    let mut actions = spec.actions.iter();
    let action = actions.find(|action| action.name.value == create.action.value);
    let mut members = action.into_iter().flat_map(|action| &action.response);
    members.any(|member| member.name.value == TASK_ID)
}

/// A size is true of all results of a kind, a length of the item that has it.
fn places(result: &TaskResult, out: &mut Vec<Diagnostic>) {
    if let Some(size) = &result.size
        && MemberPath::parse(&size.value).each
    {
        let title = "`size` is one value for all results, not one for each";
        out.push(Diagnostic::at(&size.span, "E0705", title));
    }
    if let Some(duration) = &result.duration {
        let (url, length) = (
            MemberPath::parse(&result.url.value),
            MemberPath::parse(&duration.value),
        );
        if !length.each || url.first != length.first {
            let title = "`duration` has to be in the same list as `url`";
            let diagnostic = Diagnostic::at(&duration.span, "E0705", title);
            out.push(diagnostic.also(&result.url.span, "the URL"));
        }
    }
}

/// Checks that a request of the family has a member.
fn requested(spec: &Spec, family: &TaskFamily, path: &Located<String>, out: &mut Vec<Diagnostic>) {
    let parsed = MemberPath::parse(&path.value);
    let creates = || family.creates.iter().map(|create| &create.action.value);
    let mut requests = spec
        .actions
        .iter()
        .filter(|action| creates().any(|name| *name == action.name.value));
    if !requests.any(|action| resolve(spec, &action.request, &parsed).is_ok()) {
        let title = format!("no creating action has a member `{}`", path.value);
        out.push(Diagnostic::at(&path.span, "E0310", title));
    }
}
