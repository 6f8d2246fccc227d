//! True if a default or an example that the specification states satisfies a rule of its member.

use super::BoundValue;
use crate::model::Scalar;

pub(super) const fn anything(_: &BoundValue, _: &Scalar) -> bool {
    true
}

pub(super) fn at_most_chars(bound: &BoundValue, value: &Scalar) -> bool {
    match (bound, value) {
        (BoundValue::Count(most), Scalar::Text(text)) => {
            u32::try_from(text.chars().count()).is_ok_and(|found| found <= *most)
        }
        _ => true,
    }
}

pub(super) fn at_least(bound: &BoundValue, value: &Scalar) -> bool {
    match bound {
        BoundValue::Number(least) => less(value, least) != Some(true),
        _ => true,
    }
}

pub(super) fn at_most(bound: &BoundValue, value: &Scalar) -> bool {
    match bound {
        BoundValue::Number(most) => less(most, value) != Some(true),
        _ => true,
    }
}

pub(super) fn one_of(bound: &BoundValue, value: &Scalar) -> bool {
    match bound {
        BoundValue::Values(known) => known.contains(value),
        _ => true,
    }
}

/// Returns whether one number is less than another, or `None` if they are not numbers.
pub(crate) fn less(one: &Scalar, other: &Scalar) -> Option<bool> {
    match (one, other) {
        (Scalar::Integer(one), Scalar::Integer(other)) => Some(one < other),
        _ => Some(fraction(one)? < fraction(other)?),
    }
}

fn fraction(number: &Scalar) -> Option<f64> {
    match number {
        Scalar::Float(number) => Some(*number),
        Scalar::Integer(number) => i32::try_from(*number).ok().map(f64::from),
        Scalar::Text(_) | Scalar::Boolean(_) => None,
    }
}
