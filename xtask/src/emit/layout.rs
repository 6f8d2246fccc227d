//! The layout that the printer gives to code, for templates that are text. A test compares it with the printer.

/// The width of a line in bytes beyond which prettyplease 0.3 breaks it where it can: `MARGIN` in its `lib.rs`.
const WIDTH: usize = 89;

/// The longest struct expression that it writes in one line: `end_with_max_width(34)` in its `expr.rs`, and the brace.
const SHORT: usize = 35;

/// Returns whether the printer breaks no line of this code.
pub(super) fn fits(code: &str) -> bool {
    let is_comment = |line: &str| line.trim_start().starts_with("///");
    code.lines()
        .all(|line| line.len() <= WIDTH || is_comment(line))
}

/// A part of a list.
pub(super) enum Part {
    /// Code that the printer does not break.
    Text(String),
    /// A slice of such parts.
    Slice(Vec<String>),
}

impl Part {
    fn line(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Slice(items) => format!("&[{}]", items.join(", ")),
        }
    }

    /// Returns the part as the only one of its line, or of its lines.
    fn alone(&self, indent: &str) -> String {
        match self {
            Self::Text(text) => format!("{indent}{text},\n"),
            Self::Slice(items) => {
                let items: Vec<Self> = items.iter().cloned().map(Self::Text).collect();
                format!("{}\n", list(&format!("{indent}&["), &items, "],"))
            }
        }
    }
}

/// Returns the parts of a list with what is before and after it: in one line if it fits, else each by itself.
pub(super) fn list(before: &str, parts: &[Part], after: &str) -> String {
    let lines: Vec<String> = parts.iter().map(Part::line).collect();
    let line = format!("{before}{}{after}", lines.join(", "));
    if parts.is_empty() || is_line(&line) {
        return line;
    }
    let indent = indent(before);
    let inner = format!("{indent}    ");
    let parts: String = parts.iter().map(|part| part.alone(&inner)).collect();
    format!("{before}\n{parts}{indent}{after}")
}

/// Returns a chain of calls: in one line if it fits, else with a line for each.
pub(super) fn chain(first: &str, calls: &[String]) -> String {
    let line = format!("{first}{}", calls.concat());
    if is_line(&line) {
        return line;
    }
    let indent = indent(first);
    let separator = format!("\n{indent}    ");
    format!("{first}{separator}{}", calls.join(&separator))
}

/// Returns a struct expression with what is before and after it: in one line if it is short.
pub(super) fn literal(before: &str, name: &str, fields: &[String], after: &str) -> String {
    let line = format!("{name} {{ {} }}", fields.join(", "));
    if line.len() <= SHORT {
        return format!("{before}{line}{after}");
    }
    let indent = indent(before);
    let fields = fields.iter().map(|field| {
        let comma = if field.starts_with("..") { "" } else { "," };
        format!("{indent}    {field}{comma}\n")
    });
    let fields: String = fields.collect();
    format!("{before}{name} {{\n{fields}{indent}}}{after}")
}

fn is_line(code: &str) -> bool {
    code.len() <= WIDTH && !code.contains('\n')
}

fn indent(line: &str) -> &str {
    let code = line.trim_start();
    line.get(..line.len() - code.len()).unwrap_or_default()
}
