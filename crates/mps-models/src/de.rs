//! How generated structs read what the service and its users really send.
//!
//! The published flags on what is mandatory and what may be null are unreliable, so a `null` is
//! accepted wherever a value is.

use serde::{Deserialize, Deserializer};

/// Reads a member whose type has a natural empty value; `null` means that value.
pub(crate) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Reads a list; `null` means no items, and items that are `null` are skipped.
pub(crate) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let items: Option<Vec<Option<T>>> = Option::deserialize(deserializer)?;
    Ok(items.unwrap_or_default().into_iter().flatten().collect())
}
