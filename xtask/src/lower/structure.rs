//! Structs as Rust has them.

use super::{
    docs,
    example::{self, Example},
    member::{self, Field},
    names,
};
use crate::ir::{self, Api, Role};

/// A generated struct with all that belongs to it.
#[derive(Debug)]
pub struct Struct {
    /// Name in Rust and in the specification.
    pub name: String,
    /// Documentation, line by line.
    pub doc: Vec<String>,
    /// Description for the schema.
    pub summary: String,
    /// False if only the structure is specified.
    pub described: bool,
    /// Example of how to build one.
    pub example: Option<Example>,
    /// Its fields.
    pub fields: Vec<Field>,
    /// True if it can be part of a request. If so, it implements `Preflight`.
    pub in_request: bool,
    /// True if it is a request that is checked against the capability tables.
    pub queries_capabilities: bool,
}

impl Struct {
    /// Returns the fields that `new` takes.
    pub fn required(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.required)
    }
}

pub(super) fn shared(shared: &ir::Struct) -> Struct {
    let in_request = shared.role == Role::Request;
    Struct {
        name: shared.name.clone(),
        doc: docs::structure(shared),
        summary: docs::summary(&shared.doc),
        described: !shared.structure_only,
        example: None,
        fields: fields(&shared.members, &shared.source, in_request),
        in_request,
        queries_capabilities: false,
    }
}

pub(super) fn request(action: &ir::Action, api: &Api) -> Struct {
    Struct {
        name: action.name.clone(),
        doc: docs::action(action),
        summary: docs::summary(&action.summary),
        described: !action.structure_only,
        example: example::of(action, api),
        fields: fields(&action.request, &action.source, true),
        in_request: true,
        queries_capabilities: action.capabilities.is_some(),
    }
}

pub(super) fn response(action: &ir::Action) -> Struct {
    Struct {
        name: names::response(&action.name),
        doc: docs::response(action),
        summary: format!("The response of `{}`.", action.name),
        described: !action.structure_only,
        example: None,
        fields: fields(&action.response, &action.source, false),
        in_request: false,
        queries_capabilities: false,
    }
}

fn fields(members: &[ir::Member], source: &str, in_request: bool) -> Vec<Field> {
    members
        .iter()
        .map(|item| member::lower(item, members, source, in_request))
        .collect()
}
