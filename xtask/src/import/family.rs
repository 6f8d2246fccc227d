//! Comparison of the actions and structs of both sides.

use std::collections::BTreeSet;

use super::{
    members::{self, Group},
    plan::Plan,
    report::{Note, Report},
    stub,
};
use crate::{
    check::reachable,
    model::{self, Sources, Spec},
    published::{Action, Family},
};

/// Returns the plan of an import.
pub(super) fn plan(spec: &Spec, sources: &Sources, family: &Family, source: &str) -> Plan {
    let enums: BTreeSet<&str> = spec.enums.iter().map(|set| &*set.name.value).collect();
    let mut plan = Plan::default();
    for (name, theirs) in &family.actions {
        let ours = spec.actions.iter().find(|ours| ours.name.value == *name);
        match ours {
            None => plan.create(
                "actions",
                name,
                "action",
                stub::action(name, theirs, source),
            ),
            Some(ours) => {
                let path = &sources.get(ours.name.span.file).path;
                for group in messages(ours, theirs, path) {
                    members::merge(&group, &enums, source, &mut plan);
                }
            }
        }
    }
    let sent = reachable(spec, spec.actions.iter().flat_map(|action| &action.request));
    for (name, theirs) in &family.structs {
        let ours = spec.structs.iter().find(|ours| ours.name.value == *name);
        let Some(ours) = ours else {
            plan.create(
                "structs",
                name,
                "struct",
                stub::structure(name, theirs, source),
            );
            continue;
        };
        let group = Group {
            owner: name.clone(),
            path: &sources.get(ours.name.span.file).path,
            list: "member",
            sent: theirs.sent && sent.contains(name),
            ours: &ours.members,
            theirs: &theirs.members,
        };
        members::merge(&group, &enums, source, &mut plan);
    }
    gone(spec, family, &mut plan.report);
    status(family, &mut plan.report);
    plan
}

fn messages<'a>(ours: &'a model::Action, theirs: &'a Action, path: &'a str) -> [Group<'a>; 2] {
    let name = &ours.name.value;
    let request = Group {
        owner: name.clone(),
        path,
        list: "request",
        sent: true,
        ours: &ours.request,
        theirs: &theirs.request,
    };
    let response = Group {
        owner: format!("{name}Response"),
        path,
        list: "response",
        sent: false,
        ours: &ours.response,
        theirs: &theirs.response,
    };
    [request, response]
}

/// Reports actions and structs that the file no longer has.
fn gone(spec: &Spec, family: &Family, report: &mut Report) {
    let names = spec.actions.iter().map(|ours| &ours.name.value);
    for name in names.filter(|name| !family.actions.contains_key(*name)) {
        report.gone.push(Note::new(name, "action"));
    }
    let names = spec.structs.iter().map(|ours| &ours.name.value);
    for name in names.filter(|name| !family.structs.contains_key(*name)) {
        report.gone.push(Note::new(name, "struct"));
    }
}

/// Reports actions whose status is not `online`.
fn status(family: &Family, report: &mut Report) {
    for (name, action) in &family.actions {
        if action.status != "online" {
            let what = format!("its status is `{}`", action.status.escape_debug());
            report.differing.push(Note::new(name, what));
        }
    }
}
