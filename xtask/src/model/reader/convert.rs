//! Conversion of TOML values; each function returns `None` for a value of another type.

use toml::de::DeValue;

use super::super::{Date, Scalar};

pub(super) fn text(value: &DeValue<'_>) -> Option<String> {
    value.as_str().map(str::to_owned)
}

pub(super) fn integer(value: &DeValue<'_>) -> Option<i64> {
    let integer = value.as_integer()?;
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

pub(super) fn scalar(value: &DeValue<'_>) -> Option<Scalar> {
    match value {
        DeValue::String(text) => Some(Scalar::Text(text.to_string())),
        DeValue::Integer(_) => integer(value).map(Scalar::Integer),
        DeValue::Float(float) => finite(float.as_str()).map(Scalar::Float),
        DeValue::Boolean(flag) => Some(Scalar::Boolean(*flag)),
        _ => None,
    }
}

pub(super) fn finite(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

pub(super) fn date(value: &DeValue<'_>) -> Option<Date> {
    let moment = value.as_datetime()?;
    let alone = moment.time.is_none() && moment.offset.is_none();
    moment
        .date
        .filter(|_| alone)
        .map(|day| Date(day.to_string()))
}

pub(super) const fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "a Boolean",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// The form of a value that has several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    False,
    Table,
    Other,
}

impl Form {
    pub(super) const fn of(value: &DeValue<'_>) -> Self {
        match value {
            DeValue::Boolean(false) => Self::False,
            DeValue::Table(_) => Self::Table,
            _ => Self::Other,
        }
    }
}

/// Returns whether a value may be a definition that other values refer to.
pub(super) fn holds_definitions(value: &DeValue<'_>) -> bool {
    value.is_table() || value.is_array()
}
