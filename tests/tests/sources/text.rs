//! Syntax as text, formatted the same way however the source breaks its lines.

use quote::ToTokens;
use syn::{Attribute, File, Item, parse_quote};

/// Formats an item as `rustfmt` would, with `;` in place of empty bodies.
pub(crate) fn formatted(item: Item) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in unparsed(item).lines() {
        if line.trim() == "{}"
            && let Some(last) = lines.last_mut()
        {
            // The end of a `where` clause.
            last.truncate(last.trim_end_matches(',').len());
            last.push(';');
        } else if let Some(signature) = line.strip_suffix(" {}") {
            lines.push(format!("{signature};"));
        } else {
            lines.push(line.replace(" = _;", ";"));
        }
    }
    lines.join("\n")
}

/// Formats an item on one line, without a body.
pub(crate) fn one_line(item: Item) -> String {
    let text = unparsed(item);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = text
        .replace("( ", "(")
        .replace(", )", ")")
        .replace(" )", ")");
    text.trim_end_matches(" {}")
        .trim_end_matches(',')
        .to_owned()
}

/// Returns an attribute on one line.
pub(crate) fn attribute(attribute: &Attribute) -> String {
    let text = one_line(parse_quote!(#attribute struct Marked;));
    text.trim_end_matches("struct Marked;")
        .trim_end()
        .to_owned()
}

/// Returns a type on one line.
pub(crate) fn ty(ty: impl ToTokens) -> String {
    let text = one_line(parse_quote!(type Shown = #ty;));
    text.trim_start_matches("type Shown = ")
        .trim_end_matches(';')
        .to_owned()
}

/// Returns names with commas between them, in lines of at most 96 characters.
pub(crate) fn wrapped(start: &str, names: &[String]) -> String {
    const WIDTH: usize = 96;
    let (mut text, mut line) = (String::new(), start.to_owned());
    for (place, name) in names.iter().enumerate() {
        let comma = if place + 1 < names.len() { "," } else { "" };
        if line.len() + 1 + name.len() + comma.len() > WIDTH {
            text.push_str(&line);
            text.push('\n');
            line = " ".repeat(7);
        }
        line.push(' ');
        line.push_str(name);
        line.push_str(comma);
    }
    text + &line
}

fn unparsed(item: Item) -> String {
    prettyplease::unparse(&File {
        shebang: None,
        frontmatter: None,
        attrs: Vec::new(),
        items: vec![item],
    })
}
