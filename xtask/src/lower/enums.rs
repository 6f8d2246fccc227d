//! Open enums as Rust has them.

use heck::ToUpperCamelCase;

use super::{docs, names};
use crate::ir::{self, Role};

/// A generated enum.
#[derive(Debug)]
pub struct Enum {
    /// Name in Rust and in the specification.
    pub name: String,
    /// Documentation, line by line.
    pub doc: Vec<String>,
    /// Variants, without the one for unknown values.
    pub variants: Vec<Variant>,
    /// True if its values are the status of a task.
    pub has_phases: bool,
    /// True if it can be part of a request, which gets a warning for unknown values.
    pub in_request: bool,
}

/// A variant of a generated enum.
#[derive(Debug)]
pub struct Variant {
    /// Name in Rust.
    pub name: String,
    /// Value as it is sent.
    pub value: String,
    /// Documentation, line by line.
    pub doc: Vec<String>,
    /// Variant of `TaskPhase`.
    pub phase: Option<String>,
}

pub(super) fn lower(set: &ir::Enum) -> Enum {
    Enum {
        name: set.name.clone(),
        doc: docs::set(set),
        variants: set.values.iter().map(variant).collect(),
        has_phases: set.values.iter().any(|value| value.phase.is_some()),
        in_request: set.role == Role::Request,
    }
}

fn variant(value: &ir::EnumValue) -> Variant {
    Variant {
        name: names::variant(&value.value),
        value: value.value.clone(),
        doc: docs::value(value),
        phase: value.phase.map(ToUpperCamelCase::to_upper_camel_case),
    }
}
