//! The implementation of `Action` for a request struct.

use heck::ToUpperCamelCase;

use super::{capability, names};
use crate::{
    ir::{self, Api, Member, Type},
    model::{MemberPath, Scalar},
};

/// The implementation of `Action` for a request struct.
#[derive(Debug)]
pub struct Action {
    /// Request struct, which has the name of the action.
    pub name: String,
    /// Response struct.
    pub response: String,
    /// Version of the API.
    pub version: String,
    /// Variant of `Effect`.
    pub effect: String,
    /// Maximum number of request starts in any one second.
    pub rate_limit: u32,
    /// Action that describes a task.
    pub poll: Option<String>,
    /// Error codes beside the common ones.
    pub errors: Vec<String>,
    /// Page of the documentation.
    pub doc_url: String,
    /// False if only the structure is specified.
    pub described: bool,
    /// The constant of the capability table that requests are checked against.
    pub capabilities: Option<String>,
    /// The source of the billed seconds of a request.
    pub billed: Option<Billed>,
}

/// The source of the billed seconds of a request.
#[derive(Debug)]
pub enum Billed {
    /// The duration in the request, or the default of its model.
    ByModel,
    /// A member, or its default.
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
        described: !action.structure_only,
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
