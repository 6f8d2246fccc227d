use super::names;
use crate::ir::Api;

/// The lists by which actions and structs are found at run time.
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

/// A module inside a generated one, and what it gives on.
#[derive(Debug)]
pub struct Module {
    /// Its name.
    pub name: String,
    /// What its parent offers as its own.
    pub exports: Exports,
}

/// What a module gives on to its parent.
#[derive(Debug)]
pub enum Exports {
    /// Nothing: it is reached by its own name inside the crate.
    Nothing,
    /// These names.
    Names(Vec<String>),
    /// All it has.
    Everything,
}
