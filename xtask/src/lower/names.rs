//! Names on the wire as names in Rust.

use heck::{ToSnakeCase, ToUpperCamelCase};

const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
    "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

/// Keywords that cannot be written raw.
const NON_RAW_KEYWORDS: &[&str] = &["crate", "self", "super"];

/// A field or module for a name on the wire: `ImageUrl` is `image_url`, `Type` is `r#type`.
pub(super) fn snake(wire: &str) -> String {
    escaped(wire.to_snake_case())
}

/// A method that belongs to a field: `image_url_json` for `ImageUrl` and `json`.
pub(super) fn with_suffix(wire: &str, suffix: &str) -> String {
    format!("{}_{suffix}", wire.to_snake_case())
}

/// The file of a module, without folder and extension.
pub(super) fn file_stem(wire: &str) -> String {
    wire.to_snake_case()
}

/// A variant for a value on the wire: `STAGE_1` is `Stage1`, `720P` is `V720p`.
pub(super) fn variant(value: &str) -> String {
    let name = value.to_upper_camel_case();
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        format!("V{name}")
    } else {
        name
    }
}

/// The name of an action's answer.
pub(super) fn response(action: &str) -> String {
    format!("{action}Response")
}

fn escaped(name: String) -> String {
    if NON_RAW_KEYWORDS.contains(&&*name) {
        format!("{name}_")
    } else if KEYWORDS.contains(&&*name) {
        format!("r#{name}")
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::{snake, variant};

    #[test]
    fn follow_the_wire() {
        assert_eq!(snake("ImageUrl"), "image_url");
        assert_eq!(snake("EnableTTS"), "enable_tts");
        assert_eq!(snake("PPTXFidelity"), "pptx_fidelity");
        assert_eq!(variant("WAIT"), "Wait");
        assert_eq!(variant("STAGE_1_FINISHED"), "Stage1Finished");
    }

    #[test]
    fn escape_what_rust_cannot_spell() {
        assert_eq!(snake("Type"), "r#type");
        assert_eq!(snake("Self"), "self_");
        assert_eq!(variant("720P"), "V720p");
    }
}
