//! Guesses about members from their names, each marked for a person to confirm.

use crate::lower::TAKEN_TYPES;

/// Parts of names of members whose values are personal, secret or content.
const SENSITIVE: &[&str] = &[
    "Url",
    "Prompt",
    "Secret",
    "Token",
    "Password",
    "Content",
    "Text",
    "Key",
    "Cookie",
    "Signature",
    "Lyric",
    "Ext",
    "Context",
];

/// Returns whether the name of a member suggests that logs must leave out its value.
pub(super) fn is_sensitive(name: &str, ty: &str) -> bool {
    let is_text = matches!(ty, "String" | "List<String>");
    is_text && SENSITIVE.iter().any(|part| name.contains(part))
}

/// Returns whether the name of a member suggests a URL.
pub(super) fn is_url(name: &str, ty: &str) -> bool {
    ty == "String" && (name == "Url" || name.ends_with("Url"))
}

/// Returns whether generated code uses the name of a type.
pub(super) fn is_reserved(name: &str) -> bool {
    TAKEN_TYPES.contains(&name)
}
