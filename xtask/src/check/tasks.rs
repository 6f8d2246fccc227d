//! Checks what an action must have so that its tasks can be followed.

use super::{Type, parse_type, task_families::TASK_ID};
use crate::{
    diagnostic::Diagnostic,
    model::{Action, Located, Member, Spec},
};

/// Names of members that are a set of values on which programs branch.
const SETS: &[&str] = &["Status", "TaskStatus", "TaskType"];

pub(super) fn check(spec: &Spec, out: &mut Vec<Diagnostic>) {
    // A part that could not be read would be missed here, which is not another mistake.
    if spec.incomplete {
        return;
    }
    for action in spec.actions.iter().filter(|action| !action.structure_only) {
        // An unknown action was reported already.
        let poll = action.poll.as_ref().and_then(|poll| {
            let mut actions = spec.actions.iter();
            Some((poll, actions.find(|it| it.name.value == poll.value)?))
        });
        creates(spec, action, poll.is_some(), out);
        if let Some((poll, described)) = poll {
            describes(spec, poll, described, out);
        }
    }
    sets(spec, out);
}

/// Checks that the task of an action can be followed: its answer has the id, and an action describes
/// the task.
fn creates(spec: &Spec, action: &Action, has_poll: bool, out: &mut Vec<Diagnostic>) {
    let is_create = action.effect == "paid-create";
    let has_id = action.response.iter().any(|it| it.name.value == TASK_ID);
    if (is_create || has_poll) && !has_id {
        let title = format!("the response of `{}` has no `{TASK_ID}`", action.name.value);
        let diagnostic = Diagnostic::at(&action.name.span, "E0706", title);
        out.push(diagnostic.help("without it nobody can find the task that is billed"));
    }
    let mut creates = spec.tasks.families.iter().flat_map(|it| &it.creates);
    let is_of_family = creates.any(|create| create.action.value == action.name.value);
    if is_create && action.poll.is_none() && !is_of_family {
        let title = format!(
            "`{}` starts a task that no action describes",
            action.name.value
        );
        let diagnostic = Diagnostic::at(&action.name.span, "E0706", title);
        out.push(diagnostic.help("name the action with `poll`"));
    }
}

/// Checks that an action describes a task: a read of one id, which answers a status.
fn describes(spec: &Spec, poll: &Located<String>, action: &Action, out: &mut Vec<Diagnostic>) {
    let title = if action.effect != "read" {
        "it is no read".to_owned()
    } else if !takes_an_id(action) {
        format!("its request is not one `{TASK_ID}`")
    } else if !action.response.iter().any(|it| is_status(spec, it)) {
        "its response has no status, an enum with phases".to_owned()
    } else {
        return;
    };
    let title = format!("`{}` describes no task: {title}", poll.value);
    let diagnostic = Diagnostic::at(&poll.span, "E0707", title);
    out.push(diagnostic.also(&action.name.span, "the action"));
}

fn takes_an_id(action: &Action) -> bool {
    matches!(&*action.request, [only] if only.name.value == TASK_ID)
}

fn is_status(spec: &Spec, member: &Member) -> bool {
    let set = set(spec, member);
    set.is_some_and(|set| set.values.iter().any(|value| value.phase.is_some()))
}

fn set<'s>(spec: &'s Spec, member: &Member) -> Option<&'s crate::model::Enum> {
    let ty = parse_type(&member.ty.value);
    let mut sets = spec.enums.iter();
    sets.find(|set| matches!(ty.item(), Type::Named(name) if *name == set.name.value))
}

/// Checks that programs can branch on a status and on a type of task.
fn sets(spec: &Spec, out: &mut Vec<Diagnostic>) {
    let actions = spec.actions.iter().filter(|action| !action.structure_only);
    let messages = actions.flat_map(|action| action.request.iter().chain(&action.response));
    let structs = spec.structs.iter().filter(|shared| !shared.structure_only);
    let members = messages.chain(structs.flat_map(|shared| &shared.members));
    for member in members.filter(|member| SETS.contains(&&*member.name.value)) {
        if set(spec, member).is_none() {
            let title = format!("`{}` is no enum", member.name.value);
            let diagnostic = Diagnostic::at(&member.ty.span, "E0708", title);
            out.push(diagnostic.help("define its values in enums.toml"));
        }
    }
}
