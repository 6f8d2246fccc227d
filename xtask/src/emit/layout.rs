//! The layout that the printer gives to code, for templates that are text. A test compares it with the printer.

/// The length of a line in bytes beyond which the printer breaks it where it can.
const WIDTH: usize = 89;

/// The length of the longest struct expression that the printer writes in one line.
const SHORT: usize = 35;

/// Returns whether the printer breaks no line of this code.
pub(super) fn fits(code: &str) -> bool {
    let is_comment = |line: &str| line.trim_start().starts_with("///");
    code.lines()
        .all(|line| line.len() <= WIDTH || is_comment(line))
}

/// Returns a chain of calls: in one line if it fits, else with a line for each.
pub(super) fn chain(first: &str, calls: &[String]) -> String {
    let line = format!("{first}{}", calls.concat());
    if fits(&line) {
        return line;
    }
    let indent = indent(first);
    let separator = format!("\n{indent}    ");
    format!("{first}{separator}{}", calls.join(&separator))
}

/// Returns a list with what is before and after it: in one line if it fits, else with a line for each item.
pub(super) fn list(before: &str, items: &[String], after: &str) -> String {
    let line = format!("{before}{}{after}", items.join(", "));
    if items.is_empty() || !line.contains('\n') && fits(&line) {
        return line;
    }
    let indent = indent(before);
    let items = items.join(&format!(",\n{indent}    "));
    format!("{before}\n{indent}    {items},\n{indent}{after}")
}

/// Returns a struct expression, whose last field is the base: in one line if it is short.
pub(super) fn literal(name: &str, fields: &[String]) -> String {
    let line = format!("{name} {{ {} }}", fields.join(", "));
    let indent = indent(name);
    if line.len() - indent.len() <= SHORT {
        return line;
    }
    let fields = fields.join(&format!(",\n{indent}    "));
    format!("{name} {{\n{indent}    {fields}\n{indent}}}")
}

fn indent(line: &str) -> &str {
    let code = line.trim_start();
    line.get(..line.len() - code.len()).unwrap_or_default()
}
