//! SQL text: quoted literals and identifiers.
//!
//! Statements are sent with their values inside (the simple protocol), so that nothing has to be prepared by the
//! protocol on a connection that a pooler may exchange between two transactions.

/// Returns a text as a literal, quoted such that it means the same under every setting of the server.
///
/// A NUL character cannot be part of a text in PostgreSQL and is left out.
#[must_use]
pub fn literal(text: &str) -> String {
    let escapes = text.contains('\\');
    let mut quoted = String::with_capacity(text.len() + 3);
    quoted.push_str(if escapes { "E'" } else { "'" });
    for character in text.chars().filter(|character| *character != '\0') {
        if matches!(character, '\'' | '\\') {
            quoted.push(character);
        }
        quoted.push(character);
    }
    quoted.push('\'');
    quoted
}

/// Returns a name as a quoted identifier.
#[must_use]
pub fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('\0', "").replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_backslashes_do_not_end_a_literal() {
        for (text, quoted) in [
            ("plain", "'plain'"),
            ("", "''"),
            ("it's", "'it''s'"),
            ("a\\", "E'a\\\\'"),
            ("\\'; DROP TABLE x; --", "E'\\\\''; DROP TABLE x; --'"),
            ("nul\0l", "'null'"),
        ] {
            assert_eq!(literal(text), quoted);
        }
        assert_eq!(identifier("a\"b\0"), "\"a\"\"b\"");
    }
}
