//! Templates of the serialization of a struct and of its deserialization, as text like the struct itself.

use super::{common::quoted, print};
use crate::lower::{Cardinality, Field, Struct};

pub(super) fn serialize(structure: &Struct) -> Result<String, syn::Error> {
    let name = &structure.name;
    let members = structure.fields.iter().map(|field| {
        let (wire, name) = (quoted(&field.wire), &field.name);
        match field.cardinality {
            Cardinality::Plain => format!("        object.plain({wire}, &self.{name})?;\n"),
            Cardinality::Optional => {
                format!("        object.optional({wire}, self.{name}.as_ref())?;\n")
            }
            Cardinality::List => format!("        object.list({wire}, &self.{name})?;\n"),
        }
    });
    let members: String = members.collect();
    let object = if structure.fields.is_empty() {
        "object"
    } else {
        "mut object"
    };
    print::item_text(format!(
        "impl Serialize for {name} {{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {{
        let {object} = ser::object(serializer)?;
{members}        object.end(&self.extra)
    }}
}}
"
    ))
}

pub(super) fn deserialize(structure: &Struct) -> Result<String, syn::Error> {
    let name = &structure.name;
    print::item_text(format!(
        "impl<'de> Deserialize<'de> for {name} {{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {{
        de::object(deserializer)
    }}
}}
"
    ))
}

pub(super) fn read(structure: &Struct) -> Result<String, syn::Error> {
    let name = &structure.name;
    let is_response = !structure.in_request;
    let stores: Vec<String> = structure.fields.iter().map(store).collect();
    let (index, members, body) = match stores.as_slice() {
        [] => ("_", "_", String::new()),
        [only] => {
            let body = format!("        if index == 0 {{\n            {only};\n        }}\n");
            ("index", "members", body)
        }
        all => {
            let arms = all.iter().enumerate();
            let arms = arms.map(|(nth, store)| format!("            {nth} => {store},\n"));
            let arms: String = arms.collect();
            let body = format!("        match index {{\n{arms}            _ => {{}}\n        }}\n");
            ("index", "members", body)
        }
    };
    print::item_text(format!(
        "impl de::ReadMembers for {name} {{
    const INFO: &'static StructInfo = Self::SCHEMA;

    const IS_RESPONSE: bool = {is_response};

    fn read_member<'de, A: MapAccess<'de>>(
        &mut self,
        {index}: usize,
        {members}: &mut A,
    ) -> Result<(), A::Error> {{
{body}        Ok(())
    }}

    fn extra_mut(&mut self) -> &mut Map<String, Value> {{
        &mut self.extra
    }}
}}
"
    ))
}

/// Returns the assignment of a member's value to its field.
fn store(field: &Field) -> String {
    let name = &field.name;
    let value = match field.cardinality {
        Cardinality::Plain => "de::or_default(members)?",
        Cardinality::Optional => "members.next_value()?",
        Cardinality::List => "de::list(members)?",
    };
    format!("self.{name} = {value}")
}
