//! Families of tasks name actions and members that exist and have the right kind.

use super::{Type, names::unique, parse_type, task_results};
use crate::{
    diagnostic::Diagnostic,
    model::{Action, Located, Member, MemberPath, OptionTarget, Spec, Struct, TaskFamily},
};

/// The member by which every action of a family names a task.
pub(super) const TASK_ID: &str = "TaskId";

pub(super) fn check(spec: &Spec, out: &mut Vec<Diagnostic>) {
    let tasks = &spec.tasks;
    unique("family", tasks.families.iter().map(|it| &it.name), out);
    unique("option", tasks.options.iter().map(|it| &it.flag), out);
    let creates = tasks.families.iter().flat_map(|family| &family.creates);
    unique("creating action", creates.map(|create| &create.action), out);
    // An action that could not be read would be missed here, which is not another mistake.
    if !spec.incomplete {
        for family in &tasks.families {
            describe(spec, family, out);
            words(family, out);
            for create in &family.creates {
                if let Some(action) = known(spec, &create.action, out)
                    && names_task(&create.action, &action.response, out)
                {
                    options(spec, family, action, out);
                }
            }
        }
    }
}

pub(super) fn known<'s>(
    spec: &'s Spec,
    name: &Located<String>,
    out: &mut Vec<Diagnostic>,
) -> Option<&'s Action> {
    let found = spec.actions.iter().find(|it| it.name.value == name.value);
    if found.is_none() {
        let names: Vec<&str> = spec.actions.iter().map(|it| &*it.name.value).collect();
        let diagnostic = Diagnostic::at(
            &name.span,
            "E0211",
            format!("unknown action `{}`", name.value),
        );
        out.push(diagnostic.did_you_mean(&name.value, &names));
    }
    found
}

/// Returns whether the members of a message include the id of a task.
fn names_task(action: &Located<String>, members: &[Member], out: &mut Vec<Diagnostic>) -> bool {
    let found = members.iter().any(|member| member.name.value == TASK_ID);
    if !found {
        let title = format!("`{}` has no member `{TASK_ID}`", action.value);
        out.push(Diagnostic::at(&action.span, "E0702", title));
    }
    found
}

fn describe(spec: &Spec, family: &TaskFamily, out: &mut Vec<Diagnostic>) {
    let Some(action) = known(spec, &family.describe, out) else {
        return;
    };
    names_task(&family.describe, &action.request, out);
    let answer = &action.response;
    let is_status = |ty: &Type| matches!(ty, Type::Named(name) if has_phases(spec, name));
    let is_text = |ty: &Type| *ty == Type::Text;
    let is_integer = |ty: &Type| *ty == Type::Integer;
    let mut leads = |path: &Located<String>, wanted: &str, fits: &dyn Fn(&Type) -> bool| {
        leads_to(spec, answer, path, wanted, fits, out);
    };
    leads(&family.status, "an enum with phases", &is_status);
    leads(&family.message, "text", &is_text);
    family
        .stage
        .iter()
        .for_each(|it| leads(it, "text", &is_text));
    family
        .code
        .iter()
        .for_each(|it| leads(it, "a whole number", &is_integer));
    let texts = [&family.finished, &family.request, &family.details];
    texts
        .into_iter()
        .flatten()
        .for_each(|it| leads(it, "text", &is_text));
    for result in &family.results {
        leads(&result.url, "text, or a list of texts", &|ty| {
            is_text(ty.item())
        });
        result
            .size
            .iter()
            .for_each(|it| leads(it, "text", &is_text));
        result
            .duration
            .iter()
            .for_each(|it| leads(it, "a whole number", &is_integer));
    }
    task_results::check(spec, family, out);
}

fn has_phases(spec: &Spec, name: &str) -> bool {
    let set = spec.enums.iter().find(|set| set.name.value == name);
    set.is_some_and(|set| set.values.iter().any(|value| value.phase.is_some()))
}

pub(super) fn leads_to(
    spec: &Spec,
    members: &[Member],
    path: &Located<String>,
    wanted: &str,
    fits: &dyn Fn(&Type) -> bool,
    out: &mut Vec<Diagnostic>,
) {
    match resolve(spec, members, &MemberPath::parse(&path.value)) {
        Ok(member) if !fits(&parse_type(&member.ty.value)) => {
            let title = format!("`{}` does not lead to {wanted}", path.value);
            let diagnostic = Diagnostic::at(&path.span, "E0701", title);
            out.push(diagnostic.also(&member.ty.span, "the type"));
        }
        Ok(_) => {}
        Err(title) => out.push(Diagnostic::at(&path.span, "E0310", title)),
    }
}

/// The member at the end of a path, or the reason why there is none.
pub(super) fn resolve<'s>(
    spec: &'s Spec,
    members: &'s [Member],
    path: &MemberPath,
) -> Result<&'s Member, String> {
    let first = find(members, &path.first)?;
    let ty = parse_type(&first.ty.value);
    if path.each && !matches!(ty, Type::List(_)) {
        return Err(format!("`{}` is no list", path.first));
    }
    match &path.second {
        None => Ok(first),
        Some(_) if !path.each && matches!(ty, Type::List(_)) => {
            Err(format!("`{0}` is a list: write `{0}[]`", path.first))
        }
        Some(second) => find(fields(spec, &ty), second),
    }
}

pub(super) fn find<'s>(members: &'s [Member], name: &str) -> Result<&'s Member, String> {
    let found = members.iter().find(|member| member.name.value == name);
    found.ok_or_else(|| format!("there is no member `{name}`"))
}

pub(super) fn fields<'s>(spec: &'s Spec, ty: &Type) -> &'s [Member] {
    let is_it = |it: &&Struct| *ty.item() == Type::Named(it.name.value.clone());
    spec.structs
        .iter()
        .find(is_it)
        .map_or(&[], |it| &it.members)
}

/// A family with one creating action has options, one with several has a word for each action.
fn words(family: &TaskFamily, out: &mut Vec<Diagnostic>) {
    let words = family
        .creates
        .iter()
        .filter_map(|create| create.word.as_ref());
    unique("word", words, out);
    let several = family.creates.len() > 1;
    for create in &family.creates {
        if (create.word.is_some() && create.doc.is_some()) != several {
            let title = "`word` and `doc` belong to families with several creating actions";
            out.push(Diagnostic::at(&create.action.span, "E0704", title));
        }
    }
    if let Some((flag, _)) = family.options.first().filter(|_| several) {
        let title = "options belong to families with one creating action";
        out.push(Diagnostic::at(&flag.span, "E0704", title));
    }
}

fn options(spec: &Spec, family: &TaskFamily, action: &Action, out: &mut Vec<Diagnostic>) {
    let known: Vec<&str> = spec
        .tasks
        .options
        .iter()
        .map(|it| &*it.flag.value)
        .collect();
    for (flag, target) in &family.options {
        if !known.contains(&&*flag.value) {
            let title = format!("there is no option `{}`", flag.value);
            let diagnostic = Diagnostic::at(&flag.span, "E0703", title);
            out.push(diagnostic.did_you_mean(&flag.value, &known));
        }
        let parsed = OptionTarget::parse(&target.value);
        if let Err(title) = settable(spec, action, &parsed) {
            out.push(Diagnostic::at(&target.span, "E0310", title));
        }
    }
}

fn settable(spec: &Spec, action: &Action, target: &OptionTarget) -> Result<(), String> {
    resolve(spec, &action.request, &target.path)?;
    let outer = find(&action.request, &target.path.first)?;
    let fields = fields(spec, &parse_type(&outer.ty.value));
    for (_, member) in &target.keys {
        find(fields, member)?;
    }
    Ok(())
}
