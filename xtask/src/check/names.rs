//! Checks that names are well formed, unique, and those of their files.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToSnakeCase;

use super::groups;
use crate::{
    diagnostic::Diagnostic,
    model::{Located, Sources, Spec},
};

pub(super) fn check(spec: &Spec, sources: &Sources, out: &mut Vec<Diagnostic>) {
    type_names(spec, out);
    member_names(spec, out);
    enum_values(spec, out);
    example_names(spec, out);
    service_names(spec, out);
    site_names(spec, out);
    file_names(spec, sources, out);
}

fn type_names(spec: &Spec, out: &mut Vec<Diagnostic>) {
    let actions = spec.actions.iter().map(|action| &action.name);
    let structs = spec.structs.iter().map(|shared| &shared.name);
    let enums = spec.enums.iter().map(|set| &set.name);
    let names: Vec<_> = actions.chain(structs).chain(enums).collect();
    well_formed(names.iter().copied(), out);
    let renamed: Vec<&str> = spec.renames.iter().map(|(from, _)| &*from.value).collect();
    let kept = names
        .into_iter()
        .filter(|name| !renamed.contains(&&*name.value));
    let new = spec.renames.iter().map(|(_, to)| to);
    unique("type", kept.chain(new.clone()), out);
    well_formed(new, out);
    renames(spec, out);
}

/// Checks that `renames.toml` renames structs that exist.
fn renames(spec: &Spec, out: &mut Vec<Diagnostic>) {
    let structs: Vec<&str> = spec
        .structs
        .iter()
        .map(|shared| &*shared.name.value)
        .collect();
    for (from, _) in spec.renames.iter().filter(|_| !spec.incomplete) {
        if !structs.contains(&&*from.value) {
            let title = format!("there is no struct `{}`", from.value);
            let diagnostic = Diagnostic::at(&from.span, "E0209", title);
            out.push(diagnostic.did_you_mean(&from.value, &structs));
        }
    }
}

fn member_names(spec: &Spec, out: &mut Vec<Diagnostic>) {
    for group in groups(spec) {
        let names = || group.iter().map(|member| &member.name);
        well_formed(names(), out);
        unique("member", names(), out);
    }
}

fn enum_values(spec: &Spec, out: &mut Vec<Diagnostic>) {
    for set in &spec.enums {
        unique("value", set.values.iter().map(|value| &value.value), out);
        if set.values.is_empty() && !spec.incomplete {
            let title = format!("enum `{}` has no values", set.name.value);
            out.push(Diagnostic::at(&set.name.span, "E0206", title));
        }
        phases(set, out);
    }
}

fn phases(set: &crate::model::Enum, out: &mut Vec<Diagnostic>) {
    let without: Vec<_> = set
        .values
        .iter()
        .filter(|value| value.phase.is_none())
        .collect();
    if without.len() == set.values.len() {
        return;
    }
    for value in without {
        let title = format!(
            "value `{}` has no `phase`, although others have one",
            value.value.value
        );
        out.push(Diagnostic::at(&value.value.span, "E0207", title));
    }
}

fn example_names(spec: &Spec, out: &mut Vec<Diagnostic>) {
    for action in &spec.actions {
        unique(
            "example",
            action.examples.iter().map(|example| &example.name),
            out,
        );
    }
}

fn service_names(spec: &Spec, out: &mut Vec<Diagnostic>) {
    let Some(service) = &spec.service else {
        return;
    };
    unique("site", service.sites.iter().map(|site| &site.name), out);
    unique("region", service.regions.names.iter(), out);
    unique(
        "error code",
        service.errors.iter().map(|error| &error.code),
        out,
    );
    for site in &service.sites {
        let host = format!("{}.{}", service.name.value, site.root_domain);
        if site.host.value != host {
            let title = "the host must be the service name and the root domain";
            let label = format!("expected `{host}`");
            out.push(Diagnostic::at(&site.host.span, "E0208", title).label(label));
        }
    }
}

/// Checks that the sites that facts name exist.
fn site_names(spec: &Spec, out: &mut Vec<Diagnostic>) {
    let actions = spec.actions.iter().flat_map(|action| &action.since);
    let structs = spec.structs.iter().flat_map(|shared| &shared.since);
    let members = super::members(spec).flat_map(|member| {
        let dropped = member.facts.dropped.iter().flat_map(|(_, days)| days);
        member.facts.since.iter().chain(dropped)
    });
    let days = actions.chain(structs).chain(members).map(|(site, _)| site);
    let own = super::members(spec).flat_map(|member| &member.facts.sites);
    known_sites(spec, days.chain(own.map(|own| &own.site)), out);
}

pub(super) fn known_sites<'s>(
    spec: &Spec,
    names: impl Iterator<Item = &'s Located<String>>,
    out: &mut Vec<Diagnostic>,
) {
    let Some(service) = &spec.service else {
        return;
    };
    let known: Vec<&str> = service.sites.iter().map(|site| &*site.name.value).collect();
    for site in names {
        if !known.contains(&&*site.value) {
            let title = format!("there is no site `{}`", site.value);
            let diagnostic = Diagnostic::at(&site.span, "E0205", title);
            out.push(diagnostic.did_you_mean(&site.value, &known));
        }
    }
}

fn file_names(spec: &Spec, sources: &Sources, out: &mut Vec<Diagnostic>) {
    let actions = spec.actions.iter().map(|action| ("actions", &action.name));
    let structs = spec.structs.iter().map(|shared| ("structs", &shared.name));
    for (folder, name) in actions.chain(structs) {
        let expected = format!("{folder}/{}.toml", name.value.to_snake_case());
        if sources.get(name.span.file).path != expected {
            let title = format!("the file of `{}` must be spec/{expected}", name.value);
            out.push(Diagnostic::at(&name.span, "E0204", title).help("rename the file"));
        }
    }
}

fn well_formed<'a>(names: impl Iterator<Item = &'a Located<String>>, out: &mut Vec<Diagnostic>) {
    for name in names {
        let upper = name.value.starts_with(|c: char| c.is_ascii_uppercase());
        if !upper || !name.value.chars().all(|c| c.is_ascii_alphanumeric()) {
            let title = format!("`{}` is not a valid name", name.value);
            let diagnostic = Diagnostic::at(&name.span, "E0202", title);
            out.push(diagnostic.label("expected a capital letter, then ASCII letters and digits"));
        }
    }
}

pub(super) fn unique<'a>(
    what: &str,
    names: impl IntoIterator<Item = &'a Located<String>>,
    out: &mut Vec<Diagnostic>,
) {
    let mut first: BTreeMap<&str, &Located<String>> = BTreeMap::new();
    let mut reported = BTreeSet::new();
    for name in names {
        let Some(earlier) = first.get(&*name.value) else {
            first.insert(&name.value, name);
            continue;
        };
        if reported.insert(&name.span) {
            let title = format!("the {what} `{}` is defined twice", name.value);
            let diagnostic = Diagnostic::at(&name.span, "E0201", title).label("again here");
            out.push(diagnostic.also(&earlier.span, "first here"));
        }
    }
}
