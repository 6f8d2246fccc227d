//! The lists of actions and structs, and the modules of the generated code.

use super::names;
use crate::ir::Api;

/// The lists that look up actions and structs at run time.
#[derive(Debug)]
pub struct Catalog {
    /// Names of the request structs, sorted.
    pub actions: Vec<String>,
    /// Names of all structs, sorted.
    pub structs: Vec<String>,
}

pub(super) fn lower(api: &Api) -> Catalog {
    let actions: Vec<String> = api
        .actions
        .iter()
        .map(|action| action.name.clone())
        .collect();
    let responses = actions.iter().map(|action| names::response(action));
    let shared = api.structs.iter().map(|shared| shared.name.clone());
    let mut structs: Vec<String> = actions
        .iter()
        .cloned()
        .chain(responses)
        .chain(shared)
        .collect();
    structs.sort();
    Catalog { actions, structs }
}

/// A module inside a generated one, and its re-exports.
#[derive(Debug)]
pub struct Module {
    /// Name.
    pub name: String,
    /// Names that its parent re-exports.
    pub exports: Exports,
}

/// The names that the parent of a module re-exports.
#[derive(Debug)]
pub enum Exports {
    /// None: the module is used by its own name inside the crate.
    Nothing,
    /// None: the module is public.
    Public,
    /// These names.
    Names(Vec<String>),
    /// All names.
    Everything,
}
