//! Checks of texts that must be a URL or JSON.

use serde::de::IgnoredAny;

/// Returns why a text is no URL that the service can fetch, or `None` if it is one.
///
/// The check is lenient on purpose: an example in the documentation masks parts of a host with
/// asterisks, and only the service can fetch a URL from its network.
pub(super) fn url_fault(text: &str) -> Option<&'static str> {
    // Nearly every URL, and faster than the search for the end of a scheme.
    let rest = match text.strip_prefix("https://") {
        Some(rest) => rest,
        None => match split_scheme(text) {
            Some((scheme, rest)) if is_http(scheme) => rest,
            Some(_) => return Some("not an http or https URL"),
            None => return Some("not a URL"),
        },
    };
    if rest.is_empty() || rest.starts_with(['/', '?', '#']) {
        return Some("a URL without a host");
    }
    has_broken_characters(text).then_some("a URL with a space or control character in it")
}

fn is_http(scheme: &str) -> bool {
    ["http", "https"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known))
}

/// Returns the parts of a text before and after the first `://`.
pub(super) fn split_scheme(text: &str) -> Option<(&str, &str)> {
    // The place is a few bytes from the start, where a search that skips ahead costs more.
    let at = text.as_bytes().windows(3).position(|part| part == b"://")?;
    Some((text.get(..at)?, text.get(at + 3..)?))
}

fn has_broken_characters(text: &str) -> bool {
    // Nearly every URL has none, and its characters need not be decoded. Without an early end, so that
    // many bytes are compared at once.
    let unusual = text.bytes().fold(0, |unusual, byte| {
        unusual | u8::from(!byte.is_ascii_graphic())
    });
    unusual != 0 && text.chars().any(|c| c.is_whitespace() || c.is_control())
}

/// Returns why a text is not JSON, or `None` if it is. The message has the place, never the text.
pub(super) fn json_fault(text: &str) -> Option<String> {
    let fault = serde_json::from_str::<IgnoredAny>(text).err()?;
    Some(format!("not valid JSON: {fault}"))
}

#[cfg(test)]
mod tests {
    use super::{has_broken_characters, json_fault, url_fault};

    #[test]
    fn urls_need_a_scheme_and_a_host() {
        for good in [
            "https://example.com/a.png",
            "HTTP://127.0.0.1:8080",
            "https://1500039689.vod-**.com/**oxE6jcA.png?sign=a%20b",
            "https://example.com/图.png",
        ] {
            assert_eq!(url_fault(good), None, "{good}");
        }
        for bad in [
            "",
            "a.png",
            "/tmp/a.png",
            "data:image/png;base64,AA==",
            "file:///a.png",
            "https://",
            "https:///a",
            "https://a b",
            "https://a\tb",
            "https://a\u{7f}b",
            "https://a\u{a0}b",
            "https://a\u{85}b",
            "https://example.com/a b",
            "https://example.com/a file\n",
            "https://example.com/a\u{7f}file",
            "a:b",
        ] {
            assert!(url_fault(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn broken_characters_are_found_wherever_they_are() {
        for broken in ['\0', '\t', ' ', '\u{7f}', '\u{85}', '\u{3000}'] {
            for before in 0..20 {
                for after in 0..20 {
                    let (before, after) = ("~".repeat(before), "!".repeat(after));
                    let text = format!("https://{before}{broken}{after}");
                    assert!(has_broken_characters(&text), "{text:?}");
                    let text = format!("https://{before}\u{56fe}{after}");
                    assert!(!has_broken_characters(&text), "{text:?}");
                }
            }
        }
    }

    #[test]
    fn malformed_json_is_reported_by_place() {
        assert_eq!(json_fault(r#"{"camera_control":{"type":"simple"}}"#), None);
        let fault = json_fault("{'secret': 1}").expect("single quotes are no JSON");
        assert!(fault.contains("line 1 column 2"), "{fault}");
        assert!(!fault.contains("secret"), "{fault}");
    }
}
