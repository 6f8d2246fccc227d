use super::{Evidence, Mistake, one};
use crate::http::auth::{json_respelling, signing_attempt::Payload};

/// A body longer than this is not hashed again and again.
const LONGEST_RESPELLED: usize = 64 * 1024;

pub(super) fn payload(evidence: &Evidence<'_>) -> Vec<Mistake> {
    let hashed = |what: &str, bytes: &[u8]| {
        one(evidence, what, |attempt| {
            attempt.payload = Payload::hashed(bytes);
        })
    };
    let mut mistakes = vec![
        hashed("the payload was hashed as if the body were empty", b""),
        hashed("the payload was hashed as if the body were `{}`", b"{}"),
        hashed("the payload was hashed as if the body were `null`", b"null"),
        hashed(
            "the payload was signed as UNSIGNED-PAYLOAD, but the header `X-TC-Content-SHA256: UNSIGNED-PAYLOAD` was not sent",
            b"UNSIGNED-PAYLOAD",
        ),
        one(
            evidence,
            "the payload was signed as the text UNSIGNED-PAYLOAD instead of its hash",
            |attempt| {
                attempt.payload = Payload::Digest("UNSIGNED-PAYLOAD".to_owned());
            },
        ),
        one(
            evidence,
            "the hash of the payload was written in capitals",
            |attempt| {
                if let Payload::Digest(digest) = &mut attempt.payload {
                    digest.make_ascii_uppercase();
                }
            },
        ),
    ];
    if evidence.body.len() <= LONGEST_RESPELLED {
        mistakes.extend(respelled(evidence));
    }
    mistakes
}

fn respelled(evidence: &Evidence<'_>) -> Vec<Mistake> {
    let body = evidence.body;
    let signed = |what: &str, bytes: &[u8]| {
        let what = format!("the body was signed {what}, which is not what was sent");
        one(evidence, what, |attempt| {
            attempt.payload = Payload::hashed(bytes);
        })
    };
    let mut mistakes = vec![
        one(
            evidence,
            "the header `X-TC-Content-SHA256: UNSIGNED-PAYLOAD` was sent, but the body was signed",
            |attempt| attempt.payload = Payload::hashed(body),
        ),
        signed("with a line break at its end", &[body, b"\n"].concat()),
        signed("without the space around it", body.trim_ascii()),
        signed("with a byte order mark", &[b"\xef\xbb\xbf", body].concat()),
    ];
    if let Ok(text) = std::str::from_utf8(body) {
        mistakes.push(one(
            evidence,
            "the payload was signed itself instead of its hash",
            |attempt| {
                attempt.payload = Payload::Raw(text.to_owned());
            },
        ));
        let spellings = json_respelling::spellings(text).into_iter();
        mistakes.extend(spellings.map(|(what, text)| signed(what, text.as_bytes())));
    }
    mistakes
}
