//! The shape of objects as JSON Schema.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{Bounds, Kind, MemberInfo, StructInfo, structure};

/// The dialect of the schemas.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Returns the JSON Schema (draft 2020-12) of an object, with the structs that it leads to in `$defs`.
///
/// Unknown members are allowed, since a request keeps them. Sensitive members have
/// `"writeOnly": true`. Only bounds that are the same for every model are in it; see [`Bounds`].
///
/// # Examples
/// ```
/// use mps_models::{Action, CreateAigcVideoTask, schema::json_schema};
///
/// let schema = json_schema(CreateAigcVideoTask::INFO.request);
/// assert_eq!(schema["properties"]["Duration"]["type"], "integer");
/// assert_eq!(schema["$defs"]["AigcVideoReferenceImageInfo"]["type"], "object");
/// ```
#[must_use]
pub fn json_schema(info: &StructInfo) -> Value {
    let mut found = BTreeSet::new();
    collect(info, &mut found);
    let definitions: Map<String, Value> = found
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), object(structure(name)?))))
        .collect();
    let mut schema = object(info);
    if let Some(members) = schema.as_object_mut() {
        members.insert("$schema".to_owned(), DIALECT.into());
        members.insert("title".to_owned(), info.name.into());
        if !definitions.is_empty() {
            members.insert("$defs".to_owned(), definitions.into());
        }
    }
    schema
}

fn collect(info: &StructInfo, found: &mut BTreeSet<&'static str>) {
    for member in info.members {
        let kind = match &member.kind {
            Kind::List(item) => item,
            kind => kind,
        };
        if let Kind::Struct(name) = kind
            && found.insert(name)
            && let Some(inside) = structure(name)
        {
            collect(inside, found);
        }
    }
}

fn object(info: &StructInfo) -> Value {
    let properties: Map<String, Value> = info
        .members
        .iter()
        .map(|member| (member.name.to_owned(), property(member)))
        .collect();
    let required: Vec<&str> = info
        .members
        .iter()
        .filter(|member| member.required)
        .map(|member| member.name)
        .collect();
    let mut schema = json!({
        "type": "object",
        "description": info.doc,
        "properties": properties,
    });
    if !required.is_empty() {
        insert(&mut schema, "required", required.into());
    }
    schema
}

fn property(member: &MemberInfo) -> Value {
    let mut schema = typed(&member.kind);
    insert(&mut schema, "description", member.doc.into());
    if member.sensitive {
        insert(&mut schema, "writeOnly", true.into());
    }
    let Bounds {
        max_items,
        unique_items,
        default,
        ..
    } = member.bounds;
    if let Some(max_items) = max_items {
        insert(&mut schema, "maxItems", max_items.into());
    }
    if unique_items {
        insert(&mut schema, "uniqueItems", true.into());
    }
    if let Some(default) = default {
        insert(&mut schema, "default", value(default));
    }
    // The other bounds are those of each item of a list.
    match schema.get_mut("items") {
        Some(items) => values(items, &member.bounds),
        None => values(&mut schema, &member.bounds),
    }
    schema
}

fn values(schema: &mut Value, bounds: &Bounds) {
    for (key, bound) in [("minimum", bounds.min), ("maximum", bounds.max)] {
        if let Some(bound) = bound {
            insert(schema, key, value(bound));
        }
    }
    if let Some(max_chars) = bounds.max_chars {
        insert(schema, "maxLength", max_chars.into());
    }
    if !bounds.one_of.is_empty() {
        let known: Vec<Value> = bounds.one_of.iter().map(|known| value(known)).collect();
        insert(schema, "enum", known.into());
    }
    match bounds.format {
        Some("url") => insert(schema, "format", "uri".into()),
        Some("json") => insert(schema, "contentMediaType", "application/json".into()),
        _ => {}
    }
}

fn typed(kind: &Kind) -> Value {
    match kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Integer => json!({ "type": "integer" }),
        Kind::Float => json!({ "type": "number" }),
        Kind::Boolean => json!({ "type": "boolean" }),
        // The set is open, so its values are examples.
        Kind::Enum(values) => json!({ "type": "string", "examples": values }),
        Kind::Struct(name) => json!({ "$ref": format!("#/$defs/{name}") }),
        Kind::List(item) => json!({ "type": "array", "items": typed(item) }),
    }
}

fn insert(schema: &mut Value, key: &str, value: Value) {
    if let Some(members) = schema.as_object_mut() {
        members.insert(key.to_owned(), value);
    }
}

/// Returns a value that the generator wrote as JSON.
fn value(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_default()
}
