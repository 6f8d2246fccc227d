//! Stage one: a request in the one form that both sides hash.

use sha2::{Digest, Sha256};

use super::lower_hex::Hex;

/// Stands in the payload's place when the body is left out of the signature.
pub const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// The parts of a request that take part in its signature.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// HTTP method in capitals.
    pub method: &'a str,
    /// Path, `/` for this API.
    pub uri: &'a str,
    /// Query string exactly as sent, without the question mark; empty for a POST.
    pub query: &'a str,
    /// Headers to sign, names in lower case, values exactly as sent. Their order does not matter.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body.
    pub payload: Payload<'a>,
}

/// How the body takes part in the signature.
#[derive(Clone, Copy)]
pub enum Payload<'a> {
    /// Hashed byte for byte, as it is sent.
    Bytes(&'a [u8]),
    /// Left out: the request carries `X-TC-Content-SHA256: UNSIGNED-PAYLOAD`.
    Unsigned,
}

impl std::fmt::Debug for Payload<'_> {
    // The body holds prompts, so only its size is shown.
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
    /// Writes `request` in canonical form.
    #[must_use]
    pub fn new(request: &Request<'_>) -> Self {
        // Room for any usual request, so that the form is written without growing.
        const USUAL_LENGTH: usize = 512;
        let mut headers = request.headers.to_vec();
        headers.sort_unstable_by_key(|(name, _)| *name);
        let names: Vec<_> = headers.iter().map(|(name, _)| *name).collect();
        let signed_headers = names.join(";");
        let mut text = String::with_capacity(USUAL_LENGTH);
        for line in [request.method, request.uri, request.query] {
            text.push_str(line);
            text.push('\n');
        }
        for (name, value) in headers {
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

    /// Lower-case hex SHA-256 of the form, which the string to sign carries.
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
