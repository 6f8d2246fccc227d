//! The checksums that the vendor's object storage sends with an object.

use crc64fast::Digest as Crc64;
use http::{HeaderName, HeaderValue};
use md5::{Digest as _, Md5};

/// The header with the CRC-64/XZ of the whole object, as a decimal number.
pub(crate) const CRC64_HEADER: HeaderName = HeaderName::from_static("x-cos-hash-crc64ecma");

/// Returns the CRC-64/XZ of a body.
pub(crate) fn crc64(body: &[u8]) -> u64 {
    let mut digest = Crc64::new();
    digest.write(body);
    digest.sum64()
}

/// Returns the CRC-64/XZ of a body of `length` bytes after the lowest bit of the byte at `changed`
/// was flipped; `crc` is the one before.
///
/// The checksum is linear over bits, so the other bytes are not needed.
pub(crate) fn crc64_with_flipped_bit(crc: u64, length: usize, changed: usize) -> u64 {
    let mut difference = vec![0; length];
    let zeros = crc64(&difference);
    if let Some(byte) = difference.get_mut(changed) {
        *byte = 1;
    }
    crc ^ zeros ^ crc64(&difference)
}

/// Returns a checksum as a header's value.
pub(crate) fn crc64_value(crc: u64) -> HeaderValue {
    HeaderValue::from(crc)
}

/// Returns the entity tag of an object that was uploaded in one part: the MD5 of its body.
pub(crate) fn etag(body: &[u8]) -> HeaderValue {
    let digest = hex::encode(Md5::digest(body));
    HeaderValue::from_str(&format!("\"{digest}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_the_catalogues() {
        // The check value of CRC-64/XZ in the catalogue of CRC algorithms (reveng).
        assert_eq!(crc64(b"123456789"), 0x995D_C9BB_DF19_39FA);
        assert_eq!(crc64_value(u64::MAX), "18446744073709551615");
        // The test suite of RFC 1321.
        assert_eq!(etag(b"abc"), "\"900150983cd24fb0d6963f7d28e17f72\"");
    }

    #[test]
    fn the_checksum_of_a_changed_body_follows_from_the_earlier_one() {
        let mut body: Vec<u8> = (0..=255).cycle().take(10_007).collect();
        let before = crc64(&body);
        for changed in [0, 1, 5_000, 10_006] {
            body[changed] ^= 1;
            assert_eq!(
                crc64_with_flipped_bit(before, body.len(), changed),
                crc64(&body)
            );
            body[changed] ^= 1;
        }
    }
}
