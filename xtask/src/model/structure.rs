//! A struct, from a file in `structs/`.

use super::{Located, Member, Since, member, or_default, reader::Reader};

/// A struct that messages share.
#[derive(Debug)]
pub struct Struct {
    /// Name in the documentation.
    pub name: Located<String>,
    /// True if only the structure is specified.
    pub structure_only: bool,
    /// Description.
    pub doc: String,
    /// Sites and days of its release.
    pub since: Since,
    /// Source of its facts, and by default of its members.
    pub source: String,
    /// Its members.
    pub members: Vec<Member>,
}

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Struct> {
    let name = reader.text("name");
    let structure_only = reader.is_structure_only();
    let doc = reader.prose("doc");
    let since = read_since(reader);
    let source = reader.text("source");
    let members = reader.tables("member", "a member", member::read);
    let name = name?;
    let sentence = || {
        format!(
            "A `{}`, of which only the structure is specified.",
            name.value
        )
    };
    Some(Struct {
        structure_only,
        doc: doc.map_or_else(sentence, |doc| doc.value),
        name,
        since,
        source: or_default(source),
        members,
    })
}

/// Reads the key `since`, a table with a day for each site.
pub(super) fn read_since(reader: &mut Reader<'_>) -> Since {
    reader
        .table("since", "`since`", read_days)
        .unwrap_or_default()
}

pub(super) fn read_days(reader: &mut Reader<'_>) -> Since {
    reader.dates()
}
