//! Templates of a struct and its implementations.
//!
//! They are most of the generated code. So they are text in the layout of the printer, which takes a tenth of
//! the time of tokens that are parsed and printed.

use super::{checks, common::comments, example, layout, print, schema::constants, serde};
use crate::lower::{Cardinality, Field, Helper, Push, SetterArgument, Struct, ValueType};

pub(super) fn emit(structure: &Struct) -> Result<Vec<String>, syn::Error> {
    let mut items = vec![
        definition(structure)?,
        implementation(structure)?,
        debug(structure)?,
        serde::serialize(structure)?,
        serde::deserialize(structure)?,
        serde::read(structure)?,
    ];
    if structure.in_request {
        items.push(checks::preflight(structure)?);
    }
    Ok(items)
}

fn definition(structure: &Struct) -> Result<String, syn::Error> {
    let mut lines = structure.doc.clone();
    if let Some(example) = &structure.example {
        lines.extend(example::docs(example)?);
    }
    let doc = comments("", &lines);
    let name = &structure.name;
    let fields: String = structure.fields.iter().map(field).collect();
    let extra = if structure.in_request {
        "sent unchanged"
    } else {
        "kept as they were answered"
    };
    print::item_text(format!(
        "{doc}#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct {name} {{
{fields}    /// Members that the specification does not have, {extra}.
    pub extra: Map<String, Value>,
}}
"
    ))
}

fn field(field: &Field) -> String {
    let doc = comments("    ", &field.doc);
    let name = &field.name;
    let item = item(field);
    match field.cardinality {
        Cardinality::Plain => format!("{doc}    pub {name}: {item},\n"),
        Cardinality::Optional if field.boxed => {
            format!("{doc}    pub {name}: Option<Box<{item}>>,\n")
        }
        Cardinality::Optional => format!("{doc}    pub {name}: Option<{item}>,\n"),
        Cardinality::List => format!("{doc}    pub {name}: Vec<{item}>,\n"),
    }
}

/// Returns the type of a single value.
fn item(field: &Field) -> &str {
    match &field.value_type {
        ValueType::Text => "String",
        ValueType::Integer => "i64",
        ValueType::Float => "f64",
        ValueType::Boolean => "bool",
        ValueType::Struct(name) | ValueType::Enum(name) => name,
    }
}

fn implementation(structure: &Struct) -> Result<String, syn::Error> {
    let mut parts = vec![constants(structure), new(structure)?];
    for field in &structure.fields {
        parts.push(setter(field)?);
        if let Some(push) = &field.push {
            parts.push(push_setter(field, push)?);
        }
        if let Some(helper) = &field.helper {
            parts.push(helper_setter(&field.name, helper)?);
        }
    }
    parts.push(EXTRA.to_owned());
    let (name, parts) = (&structure.name, parts.join("\n"));
    Ok(format!("impl {name} {{\n{parts}}}\n"))
}

fn new(structure: &Struct) -> Result<String, syn::Error> {
    let params: Vec<String> = structure.required().map(param).collect();
    if params.is_empty() {
        return Ok(NEW.to_owned());
    }
    let values = structure.required().map(|field| {
        if is_taken_as_is(field) {
            return field.name.clone();
        }
        format!("{}: {}", field.name, value(field))
    });
    let values = values.chain(["..Self::default()".to_owned()]);
    let value = layout::literal("        ", "Self", &values.collect::<Vec<_>>(), "");
    let params = params.join(", ");
    print::member_text(format!(
        "    /// Creates a value with the required members.
    #[must_use]
    pub fn new({params}) -> Self {{
{value}
    }}
"
    ))
}

const NEW: &str = "    /// Creates a value in which no member is set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
";

fn setter(field: &Field) -> Result<String, syn::Error> {
    let doc = comments("    ", &field.setter_doc);
    let name = &field.name;
    let param = param(field);
    let value = value(field);
    print::member_text(format!(
        "{doc}    #[must_use]
    pub fn {name}(mut self, {param}) -> Self {{
        self.{name} = {value};
        self
    }}
"
    ))
}

fn push_setter(field: &Field, push: &Push) -> Result<String, syn::Error> {
    let doc = comments("    ", &push.doc);
    let setter = &push.name;
    let name = &field.name;
    let item = item(field);
    let (param, value) = match &field.value_type {
        ValueType::Text | ValueType::Enum(_) => (format!("impl Into<{item}>"), "item.into()"),
        _ => (item.to_owned(), "item"),
    };
    print::member_text(format!(
        "{doc}    #[must_use]
    pub fn {setter}(mut self, item: {param}) -> Self {{
        self.{name}.push({value});
        self
    }}
"
    ))
}

fn helper_setter(setter: &str, helper: &Helper) -> Result<String, syn::Error> {
    let doc = comments("    ", &helper.doc);
    let name = &helper.name;
    let (param, value) = match helper.takes {
        SetterArgument::Json => ("&Value", "value.to_string()"),
        SetterArgument::YesOrNo => ("bool", r#"if value { "yes" } else { "no" }"#),
        SetterArgument::OneOrZero => ("bool", "value.into()"),
    };
    print::member_text(format!(
        "{doc}    #[must_use]
    pub fn {name}(self, value: {param}) -> Self {{
        self.{setter}({value})
    }}
"
    ))
}

const EXTRA: &str = "    /// Adds a member that the specification does not have.
    #[must_use]
    pub fn extra(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.extra.insert(name.into(), value.into());
        self
    }
";

fn param(field: &Field) -> String {
    let name = &field.name;
    let item = item(field);
    let converts = converts(field);
    match field.cardinality {
        Cardinality::List if converts => {
            format!("{name}: impl IntoIterator<Item = impl Into<{item}>>")
        }
        Cardinality::List => format!("{name}: impl IntoIterator<Item = {item}>"),
        Cardinality::Plain | Cardinality::Optional if converts => {
            format!("{name}: impl Into<{item}>")
        }
        Cardinality::Plain | Cardinality::Optional => format!("{name}: {item}"),
    }
}

fn value(field: &Field) -> String {
    let name = &field.name;
    let into = if converts(field) { ".into()" } else { "" };
    match field.cardinality {
        Cardinality::Plain => format!("{name}{into}"),
        Cardinality::Optional if field.boxed => format!("Some(Box::new({name}{into}))"),
        Cardinality::Optional => format!("Some({name}{into})"),
        Cardinality::List if converts(field) => {
            format!("{name}.into_iter().map(Into::into).collect()")
        }
        Cardinality::List => format!("{name}.into_iter().collect()"),
    }
}

/// Returns whether a setter takes whatever converts into the type of the field.
fn converts(field: &Field) -> bool {
    matches!(field.value_type, ValueType::Text | ValueType::Enum(_))
}

/// Returns whether a setter stores its argument without conversion.
fn is_taken_as_is(field: &Field) -> bool {
    field.cardinality == Cardinality::Plain && matches!(field.value_type, ValueType::Struct(_))
}

fn debug(structure: &Struct) -> Result<String, syn::Error> {
    let name = &structure.name;
    let mut calls: Vec<String> = structure
        .fields
        .iter()
        .map(|field| {
            let label = field.name.trim_start_matches("r#");
            if field.sensitive {
                return format!(".field(\"{label}\", &Hidden)");
            }
            format!(".field(\"{label}\", &self.{})", field.name)
        })
        .collect();
    calls.extend([
        ".field(\"extra\", &Keys(&self.extra))".to_owned(),
        ".finish()".to_owned(),
    ]);
    let text = layout::chain(&format!("        f.debug_struct(\"{name}\")"), &calls);
    print::item_text(format!(
        "impl fmt::Debug for {name} {{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {{
{text}
    }}
}}
"
    ))
}
