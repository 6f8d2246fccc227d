//! The file of links, which has a line for each text and its rows.

use std::{collections::BTreeMap, fmt::Write};

use toml::{Table, Value};

use super::{Links, TextId};
use crate::model::Sources;

/// Path of the file below the specification.
pub const PATH: &str = "published/read.toml";

const HEAD: &str = "\
# Written by `cargo xtask spec read`: the hash that each text of a description had when the rows of
# the capability tables were read from it. spec/README.md describes how to read a row again.
";

/// Returns the links in the file; none if there is no file.
pub(super) fn of(sources: &Sources) -> Result<Links, String> {
    let Some((_, file)) = sources.iter().find(|(_, file)| file.path == PATH) else {
        return Ok(Links::new());
    };
    let table: Table = file
        .text
        .parse()
        .map_err(|error: toml::de::Error| format!("not valid TOML: {}", error.message()))?;
    let mut links = Links::new();
    let texts = table.get("text").and_then(Value::as_array);
    for text in texts.into_iter().flatten() {
        let field = |key: &str| {
            let value = text.get(key).and_then(Value::as_str);
            let value = value.ok_or_else(|| format!("a `[[text]]` without `{key}`"))?;
            Ok::<_, String>(value.to_owned())
        };
        let id = (field("site")?, field("member")?);
        let hash = field("hash")?;
        let rows = text.get("rows").and_then(Value::as_array);
        for row in rows.into_iter().flatten().filter_map(Value::as_str) {
            let texts = links.entry(row.to_owned()).or_default();
            texts.insert(id.clone(), hash.clone());
        }
    }
    Ok(links)
}

/// Returns the file with these links.
#[must_use]
pub fn text(links: &Links) -> String {
    let mut by_text: BTreeMap<(&TextId, &str), Vec<&str>> = BTreeMap::new();
    for (row, texts) in links {
        for (id, hash) in texts {
            by_text.entry((id, hash)).or_default().push(row);
        }
    }
    let mut out = HEAD.to_owned();
    let quoted = |text: &str| toml_edit::Value::from(text).to_string();
    for (((site, member), hash), rows) in by_text {
        // Writing to a text cannot fail.
        let _ = writeln!(
            out,
            "\n[[text]]\nsite = {}\nmember = {}\nhash = {}\nrows = [",
            quoted(site),
            quoted(member),
            quoted(hash)
        );
        for row in rows {
            let _ = writeln!(out, "  {},", quoted(row));
        }
        out.push_str("]\n");
    }
    out
}
