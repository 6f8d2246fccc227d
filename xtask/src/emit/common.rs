//! Parts that several templates share.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;

use crate::model::Scalar;

/// Returns an identifier, which may be raw.
pub(super) fn ident(name: &str) -> Ident {
    match name.strip_prefix("r#") {
        Some(raw) => Ident::new_raw(raw, Span::call_site()),
        None => Ident::new(name, Span::call_site()),
    }
}

/// Returns documentation. Each line is an attribute, since a single one would become a block
/// comment.
pub(super) fn docs(lines: &[String]) -> TokenStream {
    let lines = lines.iter().map(|line| {
        if line.is_empty() {
            String::new()
        } else {
            format!(" {line}")
        }
    });
    quote!(#(#[doc = #lines])*)
}

/// Returns documentation as lines of text.
pub(super) fn comments(indent: &str, lines: &[String]) -> String {
    let lines = lines.iter().map(|line| {
        if line.is_empty() {
            format!("{indent}///\n")
        } else {
            format!("{indent}/// {line}\n")
        }
    });
    lines.collect()
}

/// Returns an integer literal, with groups of three digits if it has more than three.
pub(super) fn integer(number: i64) -> TokenStream {
    let text = integer_text(number);
    text.parse().unwrap_or_else(|_| {
        let literal = Literal::i64_unsuffixed(number);
        quote!(#literal)
    })
}

/// Returns the literal of a text.
pub(super) fn quoted(text: &str) -> String {
    format!("{text:?}")
}

/// Returns an integer literal as text.
pub(super) fn integer_text(number: i64) -> String {
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{}", grouped(&number.unsigned_abs().to_string()))
}

/// Returns the day on which a site dropped a bound, as text.
pub(super) fn day(site: &str, day: &str) -> String {
    format!("Day::new({}, {})", quoted(site), quoted(day))
}

/// Returns the literal of a value as text.
pub(super) fn scalar(value: &Scalar) -> String {
    match value {
        Scalar::Integer(number) => integer_text(*number),
        Scalar::Float(number) => format!("{number:?}"),
        Scalar::Text(text) => quoted(text),
        Scalar::Boolean(flag) => flag.to_string(),
    }
}

/// Returns `Some` or `None` for an optional text.
pub(super) fn option(text: Option<&str>) -> TokenStream {
    text.map_or_else(|| quote!(None), |text| quote!(Some(#text)))
}

/// Returns digits in groups of three if there are more than three.
pub(super) fn grouped(digits: &str) -> String {
    if digits.len() < 4 {
        return digits.to_owned();
    }
    let place = |at: usize| digits.len() - at;
    let group = |(at, digit): (usize, char)| {
        let comma = at > 0 && place(at) % 3 == 0;
        comma.then_some('_').into_iter().chain([digit])
    };
    digits.chars().enumerate().flat_map(group).collect()
}

#[cfg(test)]
mod tests {
    use super::{grouped, integer};

    #[test]
    fn digits_in_groups() {
        assert_eq!(grouped("1"), "1");
        assert_eq!(grouped("999"), "999");
        assert_eq!(grouped("2000"), "2_000");
        assert_eq!(grouped("1234567"), "1_234_567");
        assert_eq!(integer(i64::MIN).to_string(), "- 9_223_372_036_854_775_808");
    }
}
