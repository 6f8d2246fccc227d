//! The fingerprint of a manifest's content.

use std::fmt;

/// A digest of the content up to a place in it.
pub(super) type Prefix = [u8; 16];

/// The SHA-256 of a manifest, and of its beginnings: a later read that differs is noticed before a row of
/// the part that differs is returned.
#[derive(Clone, PartialEq, Eq)]
pub struct Fingerprint {
    pub(super) sha256: [u8; 32],
    /// One for each block of the reader.
    pub(super) prefixes: Vec<Prefix>,
    pub(super) bytes: u64,
}

impl Fingerprint {
    /// Returns the SHA-256 of the file in hexadecimal, as `sha256sum` prints it.
    #[must_use]
    pub fn sha256(&self) -> String {
        hex::encode(self.sha256)
    }

    /// Returns the length of the file in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fingerprint")
            .field("sha256", &self.sha256())
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}
