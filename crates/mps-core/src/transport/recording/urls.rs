//! URLs in a text of any kind.

/// `text` without the queries of the URLs in it; the rest stays byte for byte.
///
/// Works on JSON as it is written, escapes and JSON within JSON included, since reading and writing
/// it again would change numbers and the order of members.
pub(super) fn without_queries(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = start_of_url(rest) {
        let (before, url_and_rest) = rest.split_at(start);
        let (url, after) = url_and_rest.split_at(length_of_url(url_and_rest));
        kept.push_str(before);
        kept.push_str(url.split_once('?').map_or(url, |(place, _query)| place));
        rest = after;
    }
    kept + rest
}

fn start_of_url(text: &str) -> Option<usize> {
    const STARTS: [&str; 4] = ["https://", "http://", r"https:\/\/", r"http:\/\/"];
    STARTS.iter().filter_map(|start| text.find(start)).min()
}

/// Up to what no URL contains. A backslash belongs to it where JSON escapes a letter of it.
fn length_of_url(text: &str) -> usize {
    let ends = |(at, letter): &(usize, char)| match letter {
        '"' | '\'' | '<' | '>' | ',' => true,
        '\\' => {
            let next = text.get(at + 1..).and_then(|after| after.chars().next());
            !matches!(next, Some('/' | 'u'))
        }
        _ => letter.is_whitespace(),
    };
    text.char_indices()
        .find(ends)
        .map_or(text.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_go_and_all_else_stays() {
        for (text, kept) in [
            (r#"{"a":1.50,"q":"why?"}"#, r#"{"a":1.50,"q":"why?"}"#),
            (
                r#"["https://b.example/1.mp4?q-sign=a&x=1","https://b.example/2"]"#,
                r#"["https://b.example/1.mp4","https://b.example/2"]"#,
            ),
            (
                r#""http:\/\/b\/1?s=a\u0026t=b" tail"#,
                r#""http:\/\/b\/1" tail"#,
            ),
            (
                r#"{"j":"{\"u\":\"https://b/1?s=a\"}"}"#,
                r#"{"j":"{\"u\":\"https://b/1\"}"}"#,
            ),
            ("https://b/1?s=a https://b/2?s=b", "https://b/1 https://b/2"),
            ("http://", "http://"),
            ("ä https://b/ü?s=ä", "ä https://b/ü"),
        ] {
            assert_eq!(without_queries(text), kept);
        }
    }
}
