//! Deserialization of objects as the service and its users really send them.
//!
//! One visitor reads every generated struct; a struct only says which field a member is stored in. Derived
//! implementations have a visitor and a type for member names each, which took a third of the time that
//! this crate compiles in.
//!
//! The published flags for required and nullable members are unreliable, so `null` is accepted for
//! every value.

use std::{collections::BTreeSet, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};

use crate::schema::{MemberInfo, StructInfo};

/// The member of the envelope that stands among those of a response.
const REQUEST_ID: &str = "RequestId";

/// A generated struct that is read member by member.
pub(crate) trait ReadMembers: Default {
    /// The shape of the object; has at most 128 members.
    const INFO: &'static StructInfo;
    /// True if the object is part of a response, in which the request id is no unknown member.
    const IS_RESPONSE: bool;

    /// Reads the value of the member with this index in [`INFO`](Self::INFO) into its field.
    fn read_member<'de, A: MapAccess<'de>>(
        &mut self,
        index: usize,
        members: &mut A,
    ) -> Result<(), A::Error>;

    /// Returns the members that the specification does not have.
    fn extra_mut(&mut self) -> &mut Map<String, Value>;
}

/// Reads an object. A known member must not occur twice; of an unknown one the last is kept.
pub(crate) fn object<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: ReadMembers,
{
    deserializer.deserialize_map(ObjectVisitor(PhantomData))
}

/// Reads a member whose type has a default value; `null` means that value.
pub(crate) fn or_default<'de, A, T>(members: &mut A) -> Result<T, A::Error>
where
    A: MapAccess<'de>,
    T: Deserialize<'de> + Default,
{
    let value: Option<T> = members.next_value()?;
    Ok(value.unwrap_or_default())
}

/// Reads a list. `null` means no items, and items that are `null` are skipped.
pub(crate) fn list<'de, A, T>(members: &mut A) -> Result<Vec<T>, A::Error>
where
    A: MapAccess<'de>,
    T: Deserialize<'de>,
{
    let list: Option<List<T>> = members.next_value()?;
    Ok(list.map_or_else(Vec::new, |list| list.0))
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: ReadMembers> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("struct ")?;
        f.write_str(T::INFO.name)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<T, A::Error> {
        let mut object = T::default();
        let mut seen = Seen::default();
        while let Some(name) = members.next_key_seed(Names(T::INFO.members))? {
            match name {
                Name::Known(index, name) => {
                    if !seen.insert(index) {
                        return Err(A::Error::duplicate_field(name));
                    }
                    object.read_member(index, &mut members)?;
                }
                Name::Unknown(name) if T::IS_RESPONSE && name == REQUEST_ID => {
                    members.next_value::<IgnoredAny>()?;
                }
                Name::Unknown(name) => {
                    object.extra_mut().insert(name, members.next_value()?);
                }
            }
        }
        Ok(object)
    }
}

/// The members that were read, by index.
#[derive(Default)]
struct Seen {
    first: u128,
    /// Those that have no bit: an object of today has 17 members.
    others: BTreeSet<usize>,
}

impl Seen {
    /// Returns `false` if the member was read before.
    fn insert(&mut self, index: usize) -> bool {
        let shift = u32::try_from(index).unwrap_or(u32::MAX);
        let Some(bit) = 1_u128.checked_shl(shift) else {
            return self.others.insert(index);
        };
        let is_new = self.first & bit == 0;
        self.first |= bit;
        is_new
    }
}

/// Name of a member: its index and its name if the object has it.
enum Name {
    Known(usize, &'static str),
    Unknown(String),
}

/// Reads a name of one of these members, or of an unknown one.
struct Names(&'static [MemberInfo]);

impl Names {
    fn find(&self, name: &str) -> Option<Name> {
        for (index, member) in self.0.iter().enumerate() {
            if member.name == name {
                return Some(Name::Known(index, member.name));
            }
        }
        None
    }
}

impl<'de> DeserializeSeed<'de> for Names {
    type Value = Name;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Name, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Names {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("field identifier")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Name, E> {
        Ok(self
            .find(name)
            .unwrap_or_else(|| Name::Unknown(name.to_owned())))
    }

    fn visit_string<E: Error>(self, name: String) -> Result<Name, E> {
        Ok(self.find(&name).unwrap_or(Name::Unknown(name)))
    }
}

/// A list without the items that are `null`.
struct List<T>(Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ListVisitor(PhantomData))
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = List<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<List<T>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element::<Option<T>>()? {
            if let Some(item) = item {
                list.push(item);
            }
        }
        Ok(List(list))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{CreateAigcVideoTask, DescribeAigcVideoTaskResponse};

    fn error(json: &str) -> String {
        let read = serde_json::from_str::<CreateAigcVideoTask>(json);
        read.expect_err("no request").to_string()
    }

    #[test]
    fn a_known_member_must_not_occur_twice() {
        for (json, start) in [
            (
                r#"{"Prompt": "a", "Duration": 5, "Prompt": "b"}"#,
                "duplicate field `Prompt` at line 1",
            ),
            (
                r#"{"ExtraParameters": {"Resolution": "a", "Resolution": "b"}}"#,
                "duplicate field `Resolution` at line 1",
            ),
        ] {
            let message = error(json);
            assert!(message.starts_with(start), "{message}");
        }
    }

    #[test]
    fn of_an_unknown_member_the_last_is_kept() {
        let json = r#"{"Unheard": 1, "Prompt": "a", "Unheard": {"b": 2}}"#;
        let request: CreateAigcVideoTask = serde_json::from_str(json).expect("a request");
        assert_eq!(request.extra["Unheard"], json!({"b": 2}));
        assert_eq!(request.extra.len(), 1);
    }

    #[test]
    fn escaped_names_are_those_of_their_members() {
        let json = "{\"Pr\\u006fmpt\": \"a\", \"Unhe\\u0061rd\": 1}";
        let request: CreateAigcVideoTask = serde_json::from_str(json).expect("a request");
        assert_eq!(request.prompt.as_deref(), Some("a"));
        assert_eq!(request.extra["Unheard"], 1);
        let response: DescribeAigcVideoTaskResponse =
            serde_json::from_str("{\"Request\\u0049d\": \"r\"}").expect("a response");
        assert_eq!(response.extra.len(), 0);
    }

    #[test]
    fn an_error_names_the_struct_and_the_place() {
        for (json, message) in [
            (
                "[]",
                "invalid type: sequence, expected struct CreateAigcVideoTask at line 1 column 0",
            ),
            (
                r#"{"ImageInfos": {}}"#,
                "invalid type: map, expected a sequence at line 1 column 15",
            ),
            (
                r#"{"ImageInfos": [1]}"#,
                "invalid type: integer `1`, expected struct AigcVideoReferenceImageInfo at line 1 column 17",
            ),
            (
                r#"{"Duration": "5"}"#,
                "invalid type: string \"5\", expected i64 at line 1 column 16",
            ),
        ] {
            assert_eq!(error(json), message);
        }
    }
}
