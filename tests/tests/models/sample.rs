//! Messages in which every member is set, made from the models' own description.

use mps_models::schema::{Kind, MemberInfo, StructInfo, structure};
use serde_json::{Value, json};

/// A member of a sample and its path.
#[derive(Clone, Debug)]
pub(crate) struct Spot {
    /// The object it is in, as a JSON pointer.
    pub(crate) object: String,
    /// The struct it is a member of.
    pub(crate) of: &'static StructInfo,
    /// The member.
    pub(crate) member: &'static MemberInfo,
}

impl Spot {
    /// The member itself, as a JSON pointer.
    pub(crate) fn pointer(&self) -> String {
        format!("{}/{}", self.object, self.member.name)
    }

    /// Value of the member: a text that occurs nowhere else.
    pub(crate) fn marker(&self) -> String {
        marker(&self.pointer())
    }
}

/// An object in which every member is set, lists to one item; texts say where they stand.
pub(crate) fn sample(schema: &StructInfo) -> Value {
    object(schema, "")
}

/// Every member at every depth of a sample.
pub(crate) fn spots(schema: &'static StructInfo) -> Vec<Spot> {
    let mut found = Vec::new();
    collect(schema, "", &mut found);
    found
}

fn object(schema: &StructInfo, at: &str) -> Value {
    let member = |info: &MemberInfo| {
        let at = format!("{at}/{}", info.name);
        (info.name.to_owned(), value(&info.kind, &at))
    };
    schema.members.iter().map(member).collect()
}

fn value(kind: &Kind, at: &str) -> Value {
    match kind {
        Kind::Text => marker(at).into(),
        Kind::Integer => json!(7),
        Kind::Float => json!(0.5),
        Kind::Boolean => json!(true),
        Kind::Enum(values) => json!(values[0]),
        Kind::Struct(name) => object(structure(name).expect("a struct"), at),
        Kind::List(item) => json!([value(item, &format!("{at}/0"))]),
        other => panic!("no sample for {other:?}"),
    }
}

fn marker(at: &str) -> String {
    format!("<marker of {at}>")
}

fn collect(schema: &'static StructInfo, object: &str, found: &mut Vec<Spot>) {
    for member in schema.members {
        let spot = Spot {
            object: object.to_owned(),
            of: schema,
            member,
        };
        let pointer = spot.pointer();
        found.push(spot);
        let (name, inside) = match &member.kind {
            Kind::Struct(name) => (name, pointer),
            Kind::List(Kind::Struct(name)) => (name, format!("{pointer}/0")),
            _ => continue,
        };
        collect(structure(name).expect("a struct"), &inside, found);
    }
}
