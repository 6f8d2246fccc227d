//! What makes a request struct an action.

use heck::ToUpperCamelCase;

use super::{capability, names};
use crate::{
    ir::{self, Api, Member, Type},
    model::{MemberPath, Scalar},
};

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
    /// The constant of the capability table that requests are checked against.
    pub capabilities: Option<String>,
    /// How the seconds of video that are billed follow from a request.
    pub billed: Option<Billed>,
}

/// How the seconds of video that are billed follow from a request.
#[derive(Debug)]
pub enum Billed {
    /// From the duration in the request and the default of its model.
    ByModel,
    /// From a member, or from its default.
    Member {
        /// The field of the request.
        field: String,
        /// The field inside it, and whether the outer one is optional.
        inner: Option<(String, bool)>,
        /// The default of the member.
        default: Option<i64>,
    },
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
        capabilities: action.capabilities.as_deref().map(capability::constant),
        billed: action
            .billed_seconds
            .as_ref()
            .map(|path| billed(action, path, api)),
    }
}

fn billed(action: &ir::Action, path: &MemberPath, api: &Api) -> Billed {
    if action.capabilities.is_some() {
        return Billed::ByModel;
    }
    let outer = find(&action.request, &path.first);
    let inside = outer.and_then(|outer| match &outer.ty {
        Type::Struct(name) => api.structs.iter().find(|shared| shared.name == *name),
        _ => None,
    });
    let inner = path.second.as_ref();
    let member = match (inner, inside) {
        (Some(inner), Some(shared)) => find(&shared.members, inner),
        _ => outer,
    };
    let default = member.and_then(|member| match member.default {
        Some(Scalar::Integer(seconds)) => Some(seconds),
        _ => None,
    });
    Billed::Member {
        field: names::snake(&path.first),
        inner: inner.map(|inner| {
            let is_optional = outer.is_none_or(|outer| !outer.required);
            (names::snake(inner), is_optional)
        }),
        default,
    }
}

fn find<'m>(members: &'m [Member], name: &str) -> Option<&'m Member> {
    members.iter().find(|member| member.name == name)
}
