//! Gzip (RFC 1952) without compression: stored blocks (RFC 1951, section 3.2.4).

use bytes::Bytes;

/// Identification, method 8, no flags, no time, unknown system.
const HEADER: [u8; 10] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF];
/// Longest stored block.
const MAX_BLOCK: usize = u16::MAX as usize;

/// Returns bytes as a gzip stream.
pub(crate) fn stored(bytes: &[u8]) -> Bytes {
    let mut stream = HEADER.to_vec();
    for block in bytes.chunks(MAX_BLOCK) {
        stream.extend(block_header(block.len(), false));
        stream.extend(block);
    }
    stream.extend(block_header(0, true));
    stream.extend(crc32(bytes).to_le_bytes());
    let length = u32::try_from(bytes.len() as u64 & u64::from(u32::MAX)).unwrap_or_default();
    stream.extend(length.to_le_bytes());
    Bytes::from(stream)
}

fn block_header(length: usize, is_last: bool) -> [u8; 5] {
    let length = u16::try_from(length).unwrap_or(u16::MAX);
    let [low, high] = length.to_le_bytes();
    let [not_low, not_high] = (!length).to_le_bytes();
    [u8::from(is_last), low, high, not_low, not_high]
}

/// Returns the checksum of gzip (ISO 3309).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            let carry = if sum & 1 == 1 { 0xEDB8_8320 } else { 0 };
            sum >> 1 ^ carry
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values from `gzip --list --verbose` and Python's `zlib.crc32`.
    #[test]
    fn a_stream_has_checksum_and_length_of_its_content() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        let stream = stored(b"abc");
        let content = [0, 3, 0, 0xFC, 0xFF, b'a', b'b', b'c', 1, 0, 0, 0xFF, 0xFF];
        assert_eq!(stream[10..23], content);
        assert_eq!(stream[23..27], crc32(b"abc").to_le_bytes());
        assert_eq!(stream[27..], [3, 0, 0, 0]);
    }
}
