//! The content hash of a request: equal for requests that would make the same thing.

use serde_json::Value;
use sha2::{Digest, Sha256};

/// Parameters that only signed URLs have, in lower case: of COS, S3, OSS, Google and CDNs.
const SIGNATURES: [&str; 12] = [
    "q-signature",
    "q-sign-algorithm",
    "x-cos-security-token",
    "x-amz-signature",
    "x-amz-algorithm",
    "x-goog-signature",
    "awsaccesskeyid",
    "ossaccesskeyid",
    "signature",
    "sign",
    "sig",
    "auth_key",
];

/// The folder in a bucket that local media are uploaded to. An object in it is named by the SHA-256 of its
/// content, in hexadecimal, with an extension.
pub const MEDIA_FOLDER: &str = "mps-media";

/// Returns the SHA-256 of the content that the URL of an uploaded file names, such as
/// `https://host/mps-media/HASH.png` with or without a signature; `None` for any other text, also for a URL with
/// another query or a fragment: it may stand for other content, such as a processed image.
///
/// # Examples
/// ```
/// let url = format!("https://host/folder/mps-media/{}.png?q-signature=1", "0a".repeat(32));
/// assert_eq!(mps_jobs::uploaded_hash(&url), Some("0a".repeat(32).as_str()));
/// assert_eq!(mps_jobs::uploaded_hash("https://host/cat.png"), None);
/// ```
#[must_use]
pub fn uploaded_hash(url: &str) -> Option<&str> {
    let plain = without_signature(url);
    if !is_url(plain) || plain.contains(['?', '#']) {
        return None;
    }
    let (folders, name) = plain.rsplit_once('/')?;
    let (hash, extension) = name.split_once('.')?;
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let is_hash = hash.len() == 64 && hash.bytes().all(is_digit);
    let is_there = folders.rsplit('/').next() == Some(MEDIA_FOLDER);
    (is_hash && is_there && !extension.is_empty()).then_some(hash)
}

/// Returns the content hash of a request body, in hexadecimal.
///
/// Equal for bodies that differ in the order of members, in white space, in members that are `null`,
/// and in the query strings of signed URLs, so a new signature is no new request. Media that a body
/// contains inline count by their content, and so do uploaded files (see [`uploaded_hash`]), whatever bucket
/// they are in. A body that is no JSON counts byte by byte.
///
/// # Examples
/// ```
/// use mps_jobs::content_hash;
///
/// let signed = |by: &str| format!(r#"{{"Url":"https://host/cat.png?q-sign-algorithm=sha1&q-signature={by}"}}"#);
/// let hash = |body: &str| content_hash("CreateAigcVideoTask", body);
/// assert_eq!(hash(&signed("one")), hash(&signed("two")));
/// assert_ne!(hash(r#"{"Url":"https://host/cat.png?v=1"}"#), hash(r#"{"Url":"https://host/cat.png?v=2"}"#));
/// ```
#[must_use]
pub fn content_hash(action: &str, body: &str) -> String {
    let mut canonical = String::with_capacity(body.len());
    match serde_json::from_str(body) {
        Ok(value) => write(&value, &mut canonical),
        Err(_) => canonical.push_str(body),
    }
    // The length separates the action from the body.
    let begin = format!("{} {action}\n", action.len());
    hex::encode(
        Sha256::new()
            .chain_update(begin)
            .chain_update(canonical)
            .finalize(),
    )
}

/// Returns 16 hexadecimal digits that identify the parts.
pub(crate) fn short(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(format!("{} {part}", part.len()));
    }
    hex::encode(hash.finalize().get(..8).unwrap_or_default())
}

/// Writes JSON with sorted members and without white space.
fn write(value: &Value, to: &mut String) {
    match value {
        Value::String(text) => match uploaded_hash(text) {
            Some(hash) => to.push_str(&quoted(&format!("sha256:{hash}"))),
            None => to.push_str(&quoted(without_signature(text))),
        },
        Value::Array(values) => {
            to.push('[');
            for value in values {
                write(value, to);
                to.push(',');
            }
            to.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members
                .iter()
                .filter(|(_, value)| !value.is_null())
                .collect();
            members.sort_by_key(|(name, _)| *name);
            to.push('{');
            for (name, value) in members {
                to.push_str(&quoted(name));
                to.push(':');
                write(value, to);
                to.push(',');
            }
            to.push('}');
        }
        other => to.push_str(&other.to_string()),
    }
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Returns a signed URL without its query, and any other text as it is.
fn without_signature(text: &str) -> &str {
    match text.split_once('?') {
        Some((url, query)) if is_url(text) && is_signed(query) => url,
        _ => text,
    }
}

fn is_url(text: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| {
        let begin = text.get(..scheme.len());
        begin.is_some_and(|begin| begin.eq_ignore_ascii_case(scheme))
    })
}

/// Returns a URL without its query, for storage: a signed URL is a secret.
pub(crate) fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}

pub(crate) fn is_signed(query: &str) -> bool {
    query.split('&').any(|parameter| {
        let name = parameter.split('=').next().unwrap_or(parameter);
        SIGNATURES.contains(&name.to_ascii_lowercase().as_str())
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hash(body: &str) -> String {
        content_hash("CreateAigcVideoTask", body)
    }

    #[test]
    fn order_white_space_and_null_members_change_nothing() {
        let one = r#"{"Prompt":"a cat","Duration":5,"Extra":{"b":[1,null],"a":2}}"#;
        let two = r#" { "Duration" : 5, "Model": null, "Extra":{"a":2,"b":[1,null]}, "Prompt":"a cat" } "#;
        assert_eq!(hash(one), hash(two));
    }

    #[test]
    fn everything_else_makes_another_request() {
        let bodies = [
            "{}",
            "[]",
            r#"{"a":[]}"#,
            r#"{"a":{}}"#,
            r#"{"a":"1"}"#,
            r#"{"a":1}"#,
            r#"{"a":[1,2]}"#,
            r#"{"a":[2,1]}"#,
            r#"{"a":[[1],2]}"#,
            r#"{"a":[null]}"#,
            r#"{"a":"x","b":"y"}"#,
            r#"{"a":"x\",\"b\":\"y"}"#,
            r#"{"a":"https://host/x?v=1"}"#,
            r#"{"a":"https://host/x?v=2"}"#,
            r#"{"a":"https://host/y?sign=1"}"#,
            r#"{"a":"why? sign=1"}"#,
            "no JSON",
        ];
        let mut hashes: Vec<_> = bodies.into_iter().map(hash).collect();
        hashes.push(content_hash("CreateAigcImageTask", "{}"));
        let all = hashes.len();
        hashes.sort();
        hashes.dedup();
        assert_eq!(hashes.len(), all);
    }

    #[test]
    fn a_new_signature_is_the_same_request() {
        let url = |query: &str| hash(&format!(r#"{{"Url":"HTTPS://host/x.png?{query}"}}"#));
        let expected = hash(r#"{"Url":"HTTPS://host/x.png"}"#);
        for query in [
            "q-sign-algorithm=sha1&q-signature=1",
            "X-Amz-Signature=2&X-Amz-Date=3",
            "v=1&sign=4",
        ] {
            assert_eq!(url(query), expected, "{query}");
        }
    }

    #[test]
    fn an_uploaded_file_counts_by_its_content() {
        let (one, other) = ("0a".repeat(32), "0b".repeat(32));
        let url = |url: &str| hash(&format!(r#"{{"Url":"{url}"}}"#));
        let expected = url(&format!("sha256:{one}"));
        for same in [
            format!("https://b-1.cos.r.myqcloud.com/mps-media/{one}.png"),
            format!("https://b-2.cos.r.myqcloud.com/x/mps-media/{one}.jpg?q-signature=1"),
            format!("http://127.0.0.1:1/cos/b/r/mps-media/{one}.png?q-signature=2"),
        ] {
            assert_eq!(url(&same), expected, "{same}");
        }
        for another in [
            format!("https://h/mps-media/{other}.png"),
            format!("https://h/media/{one}.png"),
            format!("https://h/mps-media/{one}"),
            format!("https://h/mps-media/{one}.png?imageMogr2/thumbnail/10x"),
            format!("https://h/mps-media/{one}.png#t=1"),
            format!("https://h/mps-media/{one}.png#t=1?sign=2"),
            format!("https://h/mps-media/{}.png", one.to_uppercase()),
            format!("mps-media/{one}.png"),
        ] {
            assert_ne!(url(&another), expected, "{another}");
        }
    }

    #[test]
    fn a_stored_url_has_no_query() {
        assert_eq!(without_query("https://h/a.mp4?sign=1#t"), "https://h/a.mp4");
        assert_eq!(without_query("https://h/a.mp4"), "https://h/a.mp4");
    }

    proptest! {
        #[test]
        fn any_text_has_a_hash(text in ".*") {
            prop_assert_eq!(hash(&text).len(), 64);
        }
    }
}
