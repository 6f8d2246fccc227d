//! Conversion of names in the API to names in Rust.

use heck::{ToSnakeCase, ToUpperCamelCase};

const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
    "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

/// Keywords that cannot be raw identifiers.
const NON_RAW_KEYWORDS: &[&str] = &["crate", "self", "super"];

/// Returns the name of a field or module: for example, `image_url` for `ImageUrl` and `r#type` for
/// `Type`.
pub(super) fn snake(wire: &str) -> String {
    escaped(wire.to_snake_case())
}

/// Returns the name of a method of a field: for example, `image_url_json` for `ImageUrl` and
/// `json`.
pub(super) fn with_suffix(wire: &str, suffix: &str) -> String {
    format!("{}_{suffix}", wire.to_snake_case())
}

/// Returns the name of a method of a field: for example, `push_image_infos` for `push` and
/// `ImageInfos`.
pub(super) fn with_prefix(prefix: &str, wire: &str) -> String {
    format!("{prefix}_{}", wire.to_snake_case())
}

/// Returns the file name of a module, without folder and extension.
pub(super) fn file_stem(wire: &str) -> String {
    wire.to_snake_case()
}

/// Returns the variant of a value: for example, `Stage1` for `STAGE_1` and `V720p` for `720P`.
pub(super) fn variant(value: &str) -> String {
    let name = value.to_upper_camel_case();
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        format!("V{name}")
    } else {
        name
    }
}

/// Returns the name of the response struct of an action.
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
    fn names_follow_the_api() {
        assert_eq!(snake("ImageUrl"), "image_url");
        assert_eq!(snake("EnableTTS"), "enable_tts");
        assert_eq!(snake("PPTXFidelity"), "pptx_fidelity");
        assert_eq!(variant("WAIT"), "Wait");
        assert_eq!(variant("STAGE_1_FINISHED"), "Stage1Finished");
    }

    #[test]
    fn keywords_are_escaped() {
        assert_eq!(snake("Type"), "r#type");
        assert_eq!(snake("Self"), "self_");
        assert_eq!(variant("720P"), "V720p");
    }
}
