//! Checksums: those that a host states, and those of the received bytes.

use crc64fast::Digest as Crc64;
use http::{HeaderMap, HeaderName, header};
use md5::Md5;
use sha2::{Digest as _, Sha256};

/// The CRC-64/XZ of the whole object as a decimal number. The vendor's storage sends it also with a
/// part of the object.
const CRC64: HeaderName = HeaderName::from_static("x-cos-hash-crc64ecma");
/// Present if the vendor's storage encrypts an object. Then the entity tag is no MD5.
const ENCRYPTION: HeaderName = HeaderName::from_static("x-cos-server-side-encryption");

/// Domains of the vendor's storage and delivery network, where the entity tag of an object that was
/// uploaded in one part is its MD5. Elsewhere 32 hexadecimal digits prove nothing.
const MD5_TAG_DOMAINS: [&str; 5] = [
    "myqcloud.com",
    "tencentcos.cn",
    "tencentcos.com",
    "tencentcos-intranet.com",
    "vod-qcloud.com",
];

/// The checksums that a host states for the whole content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) crc64: Option<u64>,
    pub(super) md5: Option<[u8; 16]>,
}

impl Expected {
    /// Reads the headers of a response of `host`.
    pub(super) fn of(headers: &HeaderMap, host: &str) -> Self {
        let text = |name| headers.get(name)?.to_str().ok();
        let crc64 = text(CRC64).and_then(|crc| crc.trim().parse().ok());
        let has_md5_tags = is_within(host, &MD5_TAG_DOMAINS) && !headers.contains_key(ENCRYPTION);
        // The slower of the two is not computed if the other one is there.
        let md5 = text(header::ETAG)
            .filter(|_| crc64.is_none() && has_md5_tags)
            .and_then(md5_of_tag);
        Self { crc64, md5 }
    }

    /// Returns `true` if nothing is stated.
    pub(super) fn is_empty(&self) -> bool {
        self.crc64.is_none() && self.md5.is_none()
    }

    /// Returns `true` if both state checksums and these differ.
    pub(super) fn contradicts(&self, other: &Self) -> bool {
        differ(self.crc64, other.crc64) || differ(self.md5, other.md5)
    }
}

fn differ<T: PartialEq>(one: Option<T>, other: Option<T>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one != other)
}

fn is_within(host: &str, domains: &[&str]) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    domains.iter().any(|domain| {
        host.strip_suffix(domain)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

/// Returns the MD5 that a strong entity tag is: 32 hexadecimal digits. The tag of an object that was
/// uploaded in parts ends with their number, and is no MD5.
fn md5_of_tag(tag: &str) -> Option<[u8; 16]> {
    let digits = tag.strip_prefix('"')?.strip_suffix('"')?;
    hex::decode(digits).ok()?.try_into().ok()
}

/// The checksums of the bytes received so far.
#[derive(Clone)]
pub(super) struct Digests {
    sha256: Sha256,
    crc64: Crc64,
    /// Computed only where a host states one: it is as slow as SHA-256 and proves less.
    md5: Option<Md5>,
}

impl Digests {
    pub(super) fn new(expected: &Expected) -> Self {
        Self {
            sha256: Sha256::new(),
            crc64: Crc64::new(),
            md5: expected.md5.map(|_| Md5::new()),
        }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.crc64.write(bytes);
        if let Some(md5) = &mut self.md5 {
            md5.update(bytes);
        }
    }

    /// Returns the SHA-256 in lower-case hexadecimal digits.
    pub(super) fn sha256(&self) -> String {
        hex::encode(self.sha256.clone().finalize())
    }

    /// Returns the name of the first checksum that differs from the stated one, or `None` if all
    /// agree.
    pub(super) fn mismatch(&self, expected: &Expected) -> Option<&'static str> {
        if differ(expected.crc64, Some(self.crc64.sum64())) {
            return Some("CRC-64");
        }
        let md5 = self.md5.as_ref().map(|md5| md5.clone().finalize().into());
        differ(expected.md5, md5).then_some("MD5")
    }
}

impl std::fmt::Debug for Digests {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Digests")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            let name = HeaderName::from_static(name);
            (name, value.parse().unwrap())
        });
        pairs.collect()
    }

    #[test]
    fn checksums_match_known_answers() {
        // The check values of the catalogue of CRCs, and `printf 123456789 | md5sum`.
        let stated = [
            ("x-cos-hash-crc64ecma", "11051210869376104954"),
            ("etag", "\"25f9e794323b453885f5181f1b624d0b\""),
        ];
        for stated in [&stated[..1], &stated[1..]] {
            let expected = Expected::of(&headers(stated), "b.cos.ap-guangzhou.myqcloud.com");
            assert!(!expected.is_empty());
            let mut digests = Digests::new(&expected);
            digests.update(b"1234");
            assert!(digests.mismatch(&expected).is_some());
            digests.update(b"56789");
            assert_eq!(digests.mismatch(&expected), None);
        }
    }

    #[test]
    fn a_tag_is_an_md5_only_at_a_host_that_is_known_for_it() {
        const TAG: &str = "\"25f9e794323b453885f5181f1b624d0b\"";
        let md5 = |tag, host| Expected::of(&headers(&[("etag", tag)]), host).md5;
        let cos = "b.cos.ap-guangzhou.myqcloud.com";
        assert!(md5(TAG, cos).is_some());
        assert!(md5(TAG, "bucket.example").is_none());
        assert!(md5(TAG, "notmyqcloud.com").is_none());
        assert!(md5("\"25f9e794323b453885f5181f1b624d0b-3\"", cos).is_none());
        assert!(md5("W/\"25f9e794323b453885f5181f1b624d0b\"", cos).is_none());
        let encrypted = headers(&[("etag", TAG), ("x-cos-server-side-encryption", "cos/kms")]);
        assert!(Expected::of(&encrypted, cos).is_empty());
    }
}
