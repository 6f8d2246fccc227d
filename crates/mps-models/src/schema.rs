//! The shape of every generated struct as data, with documentation and bounds, for code that handles
//! messages by name. [`json_schema`] returns it as a JSON Schema.
//!
//! Reached through [`ActionInfo::request`](crate::ActionInfo::request) and
//! [`ActionInfo::response`](crate::ActionInfo::response), the `SCHEMA` constant of a struct, or
//! [`structure`].

mod json;

pub use json::json_schema;

use crate::generated::STRUCTS;

/// An object as it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct StructInfo {
    /// Name of the Rust type, which is that of the specification unless an action has that name.
    pub name: &'static str,
    /// Documentation, in Markdown.
    pub doc: &'static str,
    /// False if only its structure is specified: no document was read for its facts.
    pub described: bool,
    /// Members in the order of the documentation.
    pub members: &'static [MemberInfo],
}

/// A member of an object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct MemberInfo {
    /// Name on the wire.
    pub name: &'static str,
    /// Documentation, in Markdown.
    pub doc: &'static str,
    /// Type of its value.
    pub kind: Kind,
    /// True if the service refuses a request without it.
    pub required: bool,
    /// True if its value is left out of logs and messages.
    pub sensitive: bool,
    /// Bounds whose breach the service refuses for every model.
    pub bounds: Bounds,
}

/// The bounds of a member of a request.
///
/// A bound that is only a warning, or that a model's own row of the capability tables replaces, is
/// not among them; [`Preflight`](crate::preflight::Preflight) checks those as well.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Bounds {
    /// Least value of a number, as JSON.
    pub min: Option<&'static str>,
    /// Greatest value of a number, as JSON.
    pub max: Option<&'static str>,
    /// Maximum number of characters of a text, or of each text of a list.
    pub max_chars: Option<u32>,
    /// Maximum number of items of a list.
    pub max_items: Option<u32>,
    /// True if no item of a list can occur twice.
    pub unique_items: bool,
    /// The only values, as JSON; empty if there is no such bound.
    pub one_of: &'static [&'static str],
    /// Form of a text: `url` or `json`.
    pub format: Option<&'static str>,
    /// Value that the service assumes if the member is absent, as JSON.
    pub default: Option<&'static str>,
}

impl Bounds {
    /// No bound.
    pub(crate) const NONE: Self = Self {
        min: None,
        max: None,
        max_chars: None,
        max_items: None,
        unique_items: false,
        one_of: &[],
        format: None,
        default: None,
    };
}

impl MemberInfo {
    pub(crate) const fn new(name: &'static str, doc: &'static str, kind: Kind) -> Self {
        Self {
            name,
            doc,
            kind,
            required: false,
            sensitive: false,
            bounds: Bounds::NONE,
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

    pub(crate) const fn bounds(self, bounds: Bounds) -> Self {
        Self { bounds, ..self }
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
