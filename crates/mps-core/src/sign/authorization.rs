//! The `Authorization` header, written by clients and read by services.

use std::{error, fmt};

use super::{
    ALGORITHM,
    scope::{Scope, TERMINATOR},
};

/// The contents of an `Authorization` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// The secret id of the key that signed.
    pub secret_id: String,
    /// Day and service of the signing key.
    pub scope: Scope,
    /// Names of the signed headers, sorted, joined by `;`.
    pub signed_headers: String,
    /// The signature in lowercase hexadecimal digits.
    pub signature: String,
}

impl fmt::Display for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&header(
            &self.secret_id,
            &self.scope,
            &self.signed_headers,
            &self.signature,
        ))
    }
}

impl Authorization {
    /// Parses a header value. Spaces after the commas may be missing, as in some clients.
    ///
    /// # Errors
    /// [`MalformedAuthorization`] with the part that is missing or malformed.
    pub fn parse(value: &str) -> Result<Self, MalformedAuthorization> {
        let rest = value
            .strip_prefix(ALGORITHM)
            .and_then(|rest| rest.strip_prefix(' '))
            .ok_or(MalformedAuthorization("algorithm"))?;
        let part = |name: &'static str| {
            rest.split(',')
                .filter_map(|part| part.trim().split_once('='))
                .find_map(|(key, value)| (key == name && !value.is_empty()).then_some(value))
                .ok_or(MalformedAuthorization(name))
        };
        let (secret_id, scope) = parse_credential(part("Credential")?)?;
        Ok(Self {
            secret_id,
            scope,
            signed_headers: part("SignedHeaders")?.to_owned(),
            signature: part("Signature")?.to_owned(),
        })
    }
}

fn parse_credential(credential: &str) -> Result<(String, Scope), MalformedAuthorization> {
    let mut parts = credential.rsplitn(4, '/');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(TERMINATOR), Some(service), Some(date), Some(secret_id)) => {
            Ok((secret_id.to_owned(), Scope::new(date, service)))
        }
        _ => Err(MalformedAuthorization("Credential")),
    }
}

/// Returns the header's value for the fields of [`Authorization`].
pub(super) fn header(
    secret_id: &str,
    scope: &Scope,
    signed_headers: &str,
    signature: &str,
) -> String {
    [
        ALGORITHM,
        " Credential=",
        secret_id,
        "/",
        scope.as_str(),
        ", SignedHeaders=",
        signed_headers,
        ", Signature=",
        signature,
    ]
    .concat()
}

/// The part of an `Authorization` header that is missing or malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MalformedAuthorization(pub &'static str);

impl fmt::Display for MalformedAuthorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the {} part of the authorization header is missing or malformed",
            self.0
        )
    }
}

impl error::Error for MalformedAuthorization {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_header_parses_with_and_without_spaces() {
        let written = Authorization {
            secret_id: "AKIDEXAMPLE".into(),
            scope: Scope::at(1_771_125_945, "mps"),
            signed_headers: "content-type;host".into(),
            signature: "00ff".into(),
        };
        let text = written.to_string();
        assert_eq!(Authorization::parse(&text), Ok(written.clone()));
        assert_eq!(Authorization::parse(&text.replace(", ", ",")), Ok(written));
    }

    #[test]
    fn a_broken_header_names_its_broken_part() {
        for (value, part) in [
            ("", "algorithm"),
            ("SKIP", "algorithm"),
            ("TC3-HMAC-SHA256 ", "Credential"),
            (
                "TC3-HMAC-SHA256 Credential=a/b/c, SignedHeaders=host, Signature=0",
                "Credential",
            ),
            (
                "TC3-HMAC-SHA256 Credential=a/d/s/tc3_request, Signature=0",
                "SignedHeaders",
            ),
            (
                "TC3-HMAC-SHA256 Credential=a/d/s/tc3_request, SignedHeaders=host, Signature=",
                "Signature",
            ),
        ] {
            assert_eq!(
                Authorization::parse(value),
                Err(MalformedAuthorization(part)),
                "{value}"
            );
        }
    }

    #[test]
    fn the_error_says_which_part() {
        assert_eq!(
            MalformedAuthorization("Signature").to_string(),
            "the Signature part of the authorization header is missing or malformed"
        );
    }
}
