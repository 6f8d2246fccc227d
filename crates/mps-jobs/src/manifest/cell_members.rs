//! The cells of a record that belong to its request, read straight into the request.

use std::borrow::Cow;

use mps_models::schema::{Kind, MemberInfo};
use serde::{
    Deserializer,
    de::{
        DeserializeSeed, Error as _, IntoDeserializer as _, MapAccess, Visitor,
        value::StrDeserializer,
    },
    forward_to_deserialize_any,
};

use super::cells;

/// The cells of a record that belong to its request. It is an error if there is a finding about one.
pub(super) struct CellMembers<'a> {
    columns: &'a [String],
    record: &'a [&'a [u8]],
    /// The members of the request.
    known: &'static [MemberInfo],
    /// The number of the next column.
    next: usize,
    value: Value<'a>,
}

/// The value of a cell.
enum Value<'a> {
    Text(&'a str),
    Json(&'a str),
    /// A number, or true or false.
    Plain(serde_json::Value),
}

impl Default for Value<'_> {
    fn default() -> Self {
        Self::Text("")
    }
}

impl<'a> CellMembers<'a> {
    pub(super) fn new(
        columns: &'a [String],
        record: &'a [&'a [u8]],
        known: &'static [MemberInfo],
    ) -> Self {
        Self {
            columns,
            record,
            known,
            next: 0,
            value: Value::default(),
        }
    }

    /// Returns the value of a cell as the member of a request.
    fn value(&self, column: &str, cell: &'a [u8]) -> Result<Value<'a>, serde_json::Error> {
        let cell = std::str::from_utf8(cell).map_err(serde_json::Error::custom)?;
        let known = self.known.iter().find(|member| member.name == column);
        match known.map(|member| &member.kind) {
            None | Some(Kind::Text | Kind::Enum(_)) => Ok(Value::Text(cell)),
            Some(_) => match cells::json(column, cell, known) {
                Ok(Cow::Borrowed(json)) => Ok(Value::Json(json)),
                Ok(Cow::Owned(json)) => Ok(Value::Plain(serde_json::from_str(&json)?)),
                Err(_) => Err(serde_json::Error::custom("there is a finding")),
            },
        }
    }
}

impl<'de> MapAccess<'de> for CellMembers<'de> {
    type Error = serde_json::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Self::Error> {
        while let Some((column, cell)) = self.columns.get(self.next).zip(self.record.get(self.next))
        {
            self.next += 1;
            match column.as_str() {
                _ if cell.is_empty() => {}
                "id" | "action" | "out" => {}
                "" | "after" => return Err(Self::Error::custom("there is a finding")),
                name => {
                    self.value = self.value(name, cell)?;
                    let name: StrDeserializer<'_, Self::Error> = name.into_deserializer();
                    return seed.deserialize(name).map(Some);
                }
            }
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, Self::Error> {
        match std::mem::take(&mut self.value) {
            Value::Text(text) => seed.deserialize(TextCell(text)),
            Value::Plain(value) => seed.deserialize(value),
            Value::Json(json) => seed.deserialize(&mut serde_json::Deserializer::from_str(json)),
        }
    }
}

/// A text that can be optional, unlike the deserializers of texts that serde has.
struct TextCell<'a>(&'a str);

impl<'de> Deserializer<'de> for TextCell<'_> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_str(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_some(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
