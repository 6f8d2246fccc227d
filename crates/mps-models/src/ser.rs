//! Serialization of objects without the members that are not set.

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value};

/// An object that is written member by member.
pub(crate) struct Object<S: Serializer>(S::SerializeMap);

/// Begins an object.
pub(crate) fn object<S: Serializer>(serializer: S) -> Result<Object<S>, S::Error> {
    Ok(Object(serializer.serialize_map(None)?))
}

impl<S: Serializer> Object<S> {
    /// Writes a member, even if its value is empty.
    pub(crate) fn plain<T: Serialize>(&mut self, name: &str, value: &T) -> Result<(), S::Error> {
        self.0.serialize_entry(name, value)
    }

    /// Writes a member if it is set.
    pub(crate) fn optional<T: Serialize>(
        &mut self,
        name: &str,
        value: Option<&T>,
    ) -> Result<(), S::Error> {
        match value {
            Some(value) => self.0.serialize_entry(name, value),
            None => Ok(()),
        }
    }

    /// Writes a list if it has items.
    pub(crate) fn list<T: Serialize>(&mut self, name: &str, items: &[T]) -> Result<(), S::Error> {
        if items.is_empty() {
            return Ok(());
        }
        self.0.serialize_entry(name, items)
    }

    /// Writes the members that the specification does not have, and ends the object.
    pub(crate) fn end(mut self, extra: &Map<String, Value>) -> Result<S::Ok, S::Error> {
        for (name, value) in extra {
            self.0.serialize_entry(name, value)?;
        }
        self.0.end()
    }
}
