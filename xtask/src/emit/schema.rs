//! Template of the shape of a struct as data.

use super::{
    common::{grouped, quoted},
    layout::{Part, fits, list},
};
use crate::lower::{Bounds, Cardinality, Field, Struct, ValueType};

/// Returns the constants of a struct: the names of its members, and its shape.
pub(super) fn constants(structure: &Struct) -> String {
    let Struct {
        name,
        summary,
        described,
        ..
    } = structure;
    let (name, summary) = (quoted(name), quoted(summary));
    let names = structure
        .fields
        .iter()
        .map(|it| Part::Text(quoted(&it.wire)));
    let names = list(
        "    pub const MEMBERS: &'static [&'static str] = &[",
        &names.collect::<Vec<_>>(),
        "];",
    );
    let members = structure.fields.iter().map(|it| Part::Text(member(it)));
    let members = list("        members: &[", &members.collect::<Vec<_>>(), "],");
    format!(
        "    /// Names of the members as they are sent.
{names}

    /// The shape of this object as data.
    pub const SCHEMA: &'static StructInfo = &StructInfo {{
        name: {name},
        doc: {summary},
        described: {described},
{members}
    }};
"
    )
}

/// The indent of a member, and that of the calls on it.
const MEMBER_INDENT: &str = "            ";
const CALL_INDENT: &str = "                ";

fn member(field: &Field) -> String {
    let args = [quoted(&field.wire), quoted(&field.summary), kind(field)];
    let call = format!("MemberInfo::new({})", args.join(", "));
    let mut calls = Vec::new();
    if field.required {
        calls.push(".required()".to_owned());
    }
    if field.sensitive {
        calls.push(".sensitive()".to_owned());
    }
    let bounds = bounds(&field.bounds);
    let line = format!("{call}{}", calls.concat());
    if bounds.is_none() && fits(&format!("{MEMBER_INDENT}{line},")) {
        return line;
    }
    calls.extend(bounds);
    // The printer indents a broken argument list one level more when method calls follow.
    let (margin, fits) = match calls.as_slice() {
        [] => (MEMBER_INDENT, false),
        _ => (CALL_INDENT, fits(&format!("{MEMBER_INDENT}{call}"))),
    };
    let first = if fits {
        call
    } else {
        let args = args.join(&format!(",\n{margin}    "));
        format!("MemberInfo::new(\n{margin}    {args},\n{margin})")
    };
    calls.insert(0, first);
    calls.join(&format!("\n{CALL_INDENT}"))
}

/// Returns the call that sets the bounds of a member, if it has any.
fn bounds(bounds: &Bounds) -> Option<String> {
    let field = |name: &str, value: &str| format!("{CALL_INDENT}    {name}: {value},\n");
    let some = |name: &str, value: Option<String>| {
        value.map(|value| field(name, &format!("Some({value})")))
    };
    let text = |value: &Option<String>| value.as_deref().map(quoted);
    let count = |value: Option<u32>| value.map(|count| grouped(&count.to_string()));
    let one_of = bounds.one_of.iter().map(|value| Part::Text(quoted(value)));
    let one_of: Vec<Part> = one_of.collect();
    let one_of = (!one_of.is_empty()).then(|| {
        let list = list(&format!("{CALL_INDENT}    one_of: &["), &one_of, "],");
        format!("{list}\n")
    });
    let fields = [
        some("min", text(&bounds.min)),
        some("max", text(&bounds.max)),
        some("max_chars", count(bounds.max_chars)),
        some("max_items", count(bounds.max_items)),
        bounds.unique_items.then(|| field("unique_items", "true")),
        one_of,
        some("format", text(&bounds.format)),
        some("default", text(&bounds.default)),
    ];
    let fields: String = fields.into_iter().flatten().collect();
    let rest = format!("{CALL_INDENT}    ..Bounds::NONE\n{CALL_INDENT}");
    (!fields.is_empty()).then(|| format!(".bounds(Bounds {{\n{fields}{rest}}})"))
}

fn kind(field: &Field) -> String {
    let item = match &field.value_type {
        ValueType::Text => "Kind::Text".to_owned(),
        ValueType::Integer => "Kind::Integer".to_owned(),
        ValueType::Float => "Kind::Float".to_owned(),
        ValueType::Boolean => "Kind::Boolean".to_owned(),
        ValueType::Struct(name) => format!("Kind::Struct({})", quoted(name)),
        ValueType::Enum(name) => format!("Kind::Enum({name}::VALUES)"),
    };
    match field.cardinality {
        Cardinality::List => format!("Kind::List(&{item})"),
        Cardinality::Plain | Cardinality::Optional => item,
    }
}
