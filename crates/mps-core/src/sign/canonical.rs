//! The canonical request, the form that both sides hash.

use sha2::{Digest, Sha256};

use super::lower_hex::Hex;

/// Replaces the payload when the body is not signed.
pub const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// The parts of a request that are signed.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// HTTP method in capitals.
    pub method: &'a str,
    /// Path, `/` for this API.
    pub uri: &'a str,
    /// Query string exactly as sent, without the question mark; empty for a POST.
    pub query: &'a str,
    /// Headers to sign, names in lower case, values exactly as sent, in any order.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body.
    pub payload: Payload<'a>,
}

/// The part of the body in the signature.
#[derive(Clone, Copy)]
pub enum Payload<'a> {
    /// The body is hashed byte for byte, as it is sent.
    Bytes(&'a [u8]),
    /// The body is not signed: the request has the header `X-TC-Content-SHA256: UNSIGNED-PAYLOAD`.
    Unsigned,
}

impl std::fmt::Debug for Payload<'_> {
    // The body may contain a prompt, so only its size is shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
            Self::Unsigned => f.write_str("Unsigned"),
        }
    }
}

/// A request in canonical form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanonicalRequest {
    /// The whole form, lines joined by `\n`.
    pub text: String,
    /// Names of the signed headers, sorted, joined by `;`.
    pub signed_headers: String,
}

impl CanonicalRequest {
    /// Returns the canonical form of `request`.
    #[must_use]
    pub fn new(request: &Request<'_>) -> Self {
        if request
            .headers
            .is_sorted_by(|(one, _), (other, _)| one <= other)
        {
            return Self::of_sorted(request);
        }
        let mut headers = request.headers.to_vec();
        headers.sort_unstable_by_key(|(name, _)| *name);
        Self::of_sorted(&Request {
            headers: &headers,
            ..*request
        })
    }

    fn of_sorted(request: &Request<'_>) -> Self {
        // Most requests fit, so the buffers do not grow.
        const USUAL_LENGTH: usize = 384;
        const USUAL_NAMES: usize = 48;
        let mut signed_headers = String::with_capacity(USUAL_NAMES);
        let mut text = String::with_capacity(USUAL_LENGTH);
        for line in [request.method, request.uri, request.query] {
            text.push_str(line);
            text.push('\n');
        }
        for (index, (name, value)) in request.headers.iter().enumerate() {
            if index > 0 {
                signed_headers.push(';');
            }
            signed_headers.push_str(name);
            push_header(&mut text, name, value);
        }
        for line in [&signed_headers, hex_digest(request.payload).as_str()] {
            text.push('\n');
            text.push_str(line);
        }
        Self {
            text,
            signed_headers,
        }
    }

    /// Returns the SHA-256 of the form in lowercase hexadecimal digits, as the string to sign
    /// contains it.
    #[must_use]
    pub fn digest(&self) -> String {
        self.hex_digest().as_str().to_owned()
    }

    pub(super) fn hex_digest(&self) -> Hex {
        Hex::new(Sha256::digest(&self.text))
    }
}

/// Appends `name:value\n`.
///
/// The documentation asks for values in lower case, but `content-type` (whose multipart boundary
/// is case-sensitive) and `host` are signed as sent by every official client, and accepted.
fn push_header(text: &mut String, name: &str, value: &str) {
    text.push_str(name);
    text.push(':');
    let start = text.len();
    text.push_str(value.trim_ascii());
    if !matches!(name, "content-type" | "host")
        && let Some(value) = text.get_mut(start..)
    {
        value.make_ascii_lowercase();
    }
    text.push('\n');
}

fn hex_digest(payload: Payload<'_>) -> Hex {
    Hex::new(Sha256::digest(match payload {
        Payload::Bytes(bytes) => bytes,
        Payload::Unsigned => UNSIGNED_PAYLOAD.as_bytes(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_shows_its_size_and_never_its_bytes() {
        let shown = |payload| format!("{payload:?}");
        assert_eq!(shown(Payload::Bytes(b"a prompt")), "Bytes(8 bytes)");
        assert_eq!(shown(Payload::Unsigned), "Unsigned");
    }
}
