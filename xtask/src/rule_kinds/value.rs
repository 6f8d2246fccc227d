//! The value of a rule, whatever its kind.

use crate::model::Scalar;

/// The value of a rule.
#[derive(Clone, Debug, PartialEq)]
pub enum BoundValue {
    /// The rule has no value.
    Flag,
    /// Names of other members.
    Names(Vec<String>),
    /// The value that another member has.
    Condition(Condition),
    /// A whole number that is not negative.
    Count(u32),
    /// A number.
    Number(Scalar),
    /// Texts or numbers.
    Values(Vec<Scalar>),
    /// A word out of a closed set.
    Word(&'static str),
}

/// The value that another member of the same object has.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// The name of the other member.
    pub member: String,
    /// The value.
    pub is: Scalar,
}

impl BoundValue {
    /// Returns the values that the specification states in it.
    pub fn scalars(&self) -> impl Iterator<Item = &Scalar> {
        let (one, many) = match self {
            Self::Number(number) => (Some(number), [].as_slice()),
            Self::Values(values) => (None, values.as_slice()),
            _ => (None, [].as_slice()),
        };
        one.into_iter().chain(many)
    }

    /// Returns its parts in Markdown.
    #[must_use]
    pub fn quoted(&self) -> Vec<String> {
        match self {
            Self::Flag | Self::Word(_) => Vec::new(),
            Self::Names(names) => names.iter().map(|name| format!("`{name}`")).collect(),
            Self::Condition(Condition { member, is }) => vec![format!("`{member}` is `{is}`")],
            Self::Count(count) => vec![count.to_string()],
            Self::Number(number) => vec![format!("`{number}`")],
            Self::Values(values) => values.iter().map(|value| format!("`{value}`")).collect(),
        }
    }
}
