//! Second setters for members that callers have in another type than the one that is sent.

use super::names;
use crate::{
    ir::{Member, Type},
    model::Scalar,
    rule_kinds::BoundValue,
};

/// A second setter of a field.
#[derive(Debug)]
pub struct Helper {
    /// Name in Rust.
    pub name: String,
    /// Documentation, line by line.
    pub doc: Vec<String>,
    /// Type of its argument.
    pub takes: SetterArgument,
}

/// The type of the argument of a second setter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetterArgument {
    /// A JSON value, which is sent as text.
    Json,
    /// A Boolean, which is sent as `yes` or `no`.
    YesOrNo,
    /// A Boolean, which is sent as 1 or 0.
    OneOrZero,
}

/// Returns the second setter of a member, if it has one.
pub(super) fn of(member: &Member) -> Option<Helper> {
    if matches!(member.ty, Type::List(_)) {
        return None;
    }
    let takes = member
        .rules
        .iter()
        .find_map(|rule| takes(rule.kind.key, &rule.value))?;
    let wire = &member.name;
    let (suffix, value) = match takes {
        SetterArgument::Json => ("json", "a JSON value as text"),
        SetterArgument::YesOrNo => ("bool", "`yes` or `no`"),
        SetterArgument::OneOrZero => ("bool", "1 or 0"),
    };
    Some(Helper {
        name: names::with_suffix(wire, suffix),
        doc: vec![format!("Sets `{wire}` to {value}.")],
        takes,
    })
}

fn takes(key: &str, value: &BoundValue) -> Option<SetterArgument> {
    match (key, value) {
        ("format", BoundValue::Word("json")) => Some(SetterArgument::Json),
        ("one_of", BoundValue::Values(known)) => boolean(known),
        _ => None,
    }
}

/// Returns the conversion of a Boolean to two values that mean yes and no.
fn boolean(known: &[Scalar]) -> Option<SetterArgument> {
    let [one, other] = known else { return None };
    match (one, other) {
        (Scalar::Integer(0), Scalar::Integer(1)) | (Scalar::Integer(1), Scalar::Integer(0)) => {
            Some(SetterArgument::OneOrZero)
        }
        (Scalar::Text(one), Scalar::Text(other)) => match (&**one, &**other) {
            ("yes", "no") | ("no", "yes") => Some(SetterArgument::YesOrNo),
            _ => None,
        },
        _ => None,
    }
}
