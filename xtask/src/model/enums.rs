//! The sets of values, from `enums.toml`.

use super::{Located, or_default, reader::Reader};

const PHASES: &[&str] = &["pending", "succeeded", "failed"];

/// A set of values on which programs branch.
#[derive(Debug)]
pub struct Enum {
    /// Name of the set, which is never sent.
    pub name: Located<String>,
    /// Description.
    pub doc: String,
    /// Source of its facts.
    pub source: String,
    /// The known values.
    pub values: Vec<EnumValue>,
}

/// One value of a set.
#[derive(Debug)]
pub struct EnumValue {
    /// Value as it is sent.
    pub value: Located<String>,
    /// Description.
    pub doc: String,
    /// Phase of a task in this state: `pending`, `succeeded` or `failed`.
    pub phase: Option<Located<&'static str>>,
}

pub(super) fn read(reader: &mut Reader<'_>) -> Vec<Enum> {
    reader.tables("enum", "an enum", read_enum)
}

fn read_enum(reader: &mut Reader<'_>) -> Option<Enum> {
    let name = reader.text("name");
    let doc = reader.text("doc");
    let source = reader.text("source");
    let values = reader.tables("value", "a value of an enum", read_value);
    Some(Enum {
        name: name?,
        doc: or_default(doc),
        source: or_default(source),
        values,
    })
}

fn read_value(reader: &mut Reader<'_>) -> Option<EnumValue> {
    let value = reader.text("value");
    let doc = reader.text("doc");
    let phase = reader.optional_word("phase", PHASES);
    Some(EnumValue {
        value: value?,
        doc: or_default(doc),
        phase,
    })
}
