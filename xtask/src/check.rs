//! Checks of a specification across its values and files.
//!
//! Every check looks at the whole specification and collects all mistakes; [`check`] runs them one
//! after the other. Codes are stable; `spec/README.md` lists them.

mod capabilities;
mod columns;
mod conditions;
mod examples;
mod facts;
mod json;
mod names;
mod relations;
mod rules;
mod task_families;
mod task_results;
mod tasks;
mod types;

use crate::{
    diagnostic::Diagnostic,
    model::{Member, Sources, Spec},
};

pub(crate) use examples::example_path;
pub use types::{Type, parse_type};
pub(crate) use types::{leads_back, reachable};

/// Returns every mistake in a specification that can be read.
#[must_use]
pub fn check(spec: &Spec, sources: &Sources) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    names::check(spec, sources, &mut out);
    types::check(spec, &mut out);
    facts::check(spec, &mut out);
    relations::check(spec, &mut out);
    conditions::check(spec, &mut out);
    columns::check(spec, &mut out);
    capabilities::check(spec, &mut out);
    rules::check(spec, &mut out);
    task_families::check(spec, &mut out);
    tasks::check(spec, &mut out);
    examples::check(spec, sources, &mut out);
    out
}

/// Returns the groups of members: each request, response and struct.
fn groups(spec: &Spec) -> impl Iterator<Item = &[Member]> {
    let actions = spec
        .actions
        .iter()
        .flat_map(|action| [&*action.request, &*action.response]);
    actions.chain(spec.structs.iter().map(|shared| &*shared.members))
}

/// Returns every member of every group.
fn members(spec: &Spec) -> impl Iterator<Item = &Member> {
    groups(spec).flatten()
}
