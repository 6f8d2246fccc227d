use heck::ToUpperCamelCase;

use super::names;
use crate::ir::{self, Api};

/// What makes a request struct an action.
#[derive(Debug)]
pub struct Action {
    /// The request struct, named as the action.
    pub name: String,
    /// The struct of its answer.
    pub response: String,
    /// Version of the API.
    pub version: String,
    /// Variant of `Effect`.
    pub effect: String,
    /// Most request starts in any one second.
    pub rate_limit: u32,
    /// The action that tells how a task is doing.
    pub poll: Option<String>,
    /// Error codes of its own.
    pub errors: Vec<String>,
    /// Page of the documentation.
    pub doc_url: String,
}

pub(super) fn lower(action: &ir::Action, api: &Api) -> Action {
    Action {
        name: action.name.clone(),
        response: names::response(&action.name),
        version: api.service.version.clone(),
        effect: action.effect.to_upper_camel_case(),
        rate_limit: action.rate_limit,
        poll: action.poll.clone(),
        errors: action.errors.clone(),
        doc_url: action.doc_url.clone(),
    }
}
