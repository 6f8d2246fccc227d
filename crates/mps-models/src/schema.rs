//! The shape of every generated struct as data, for code that handles messages by name.
//!
//! Reached through [`ActionInfo::request`](crate::ActionInfo::request) and
//! [`ActionInfo::response`](crate::ActionInfo::response), the `SCHEMA` constant of a struct, or
//! [`structure`].

use crate::generated::STRUCTS;

/// An object as it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct StructInfo {
    /// Name in the specification, which is also the name of the Rust type.
    pub name: &'static str,
    /// Members in the order of the documentation.
    pub members: &'static [MemberInfo],
}

/// A member of an object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct MemberInfo {
    /// Name on the wire.
    pub name: &'static str,
    /// Type of its value.
    pub kind: Kind,
    /// True if the service refuses a request without it.
    pub required: bool,
    /// True if its value is left out of logs and messages.
    pub sensitive: bool,
}

impl MemberInfo {
    pub(crate) const fn new(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            kind,
            required: false,
            sensitive: false,
        }
    }

    pub(crate) const fn required(self) -> Self {
        Self {
            required: true,
            ..self
        }
    }

    pub(crate) const fn sensitive(self) -> Self {
        Self {
            sensitive: true,
            ..self
        }
    }
}

/// The type of a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Text.
    Text,
    /// A whole number of 64 bits.
    Integer,
    /// A number that may have a fraction.
    Float,
    /// True or false.
    Boolean,
    /// Text out of an open set of values, for example the status of a task.
    Enum(&'static [&'static str]),
    /// Another object; [`structure`] returns its shape.
    Struct(&'static str),
    /// Any number of values of one kind.
    List(&'static Kind),
}

/// Returns the shape of the struct with this name, or `None` if there is no such struct.
#[must_use]
pub fn structure(name: &str) -> Option<&'static StructInfo> {
    let found = STRUCTS.binary_search_by(|info| info.name.cmp(name)).ok()?;
    STRUCTS.get(found).copied()
}
