//! Deserialization of values as the service and its users really send them.
//!
//! The published flags for required and nullable members are unreliable, so `null` is accepted for
//! every value.

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// Reads a member whose type has a default value; `null` means that value.
pub(crate) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Reads a list. `null` means no items, and items that are `null` are skipped.
pub(crate) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let items: Option<Vec<Option<T>>> = Option::deserialize(deserializer)?;
    Ok(items.unwrap_or_default().into_iter().flatten().collect())
}

/// Reads the members of a response that its type does not have, without those of the envelope.
pub(crate) fn unknown_members<'de, D>(deserializer: D) -> Result<Map<String, Value>, D::Error>
where
    D: Deserializer<'de>,
{
    let mut members = Map::deserialize(deserializer)?;
    members.remove("RequestId");
    Ok(members)
}
