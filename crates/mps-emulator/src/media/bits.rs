//! Writes bits, most significant first, and the variable-length codes of H.264.

/// A bit string under construction.
#[derive(Debug, Default)]
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    pending: u64,
    pending_bits: u32,
}

impl BitWriter {
    /// Appends the low `width` bits of `value`; `width` is at most 32.
    pub(super) fn put(&mut self, value: u32, width: u32) {
        self.pending = (self.pending << width) | u64::from(value);
        self.pending_bits += width;
        while self.pending_bits >= 8 {
            self.pending_bits -= 8;
            self.bytes
                .push((self.pending >> self.pending_bits).to_be_bytes()[7]);
        }
    }

    /// Appends an unsigned Exp-Golomb code, `ue(v)` in the standard.
    pub(super) fn ue(&mut self, value: u32) {
        let code = value.saturating_add(1);
        let digits = 32 - code.leading_zeros();
        self.put(0, digits - 1);
        self.put(code, digits);
    }

    /// Appends a signed Exp-Golomb code, `se(v)` in the standard.
    pub(super) fn se(&mut self, value: i32) {
        let magnitude = value.unsigned_abs() * 2;
        self.ue(if value > 0 { magnitude - 1 } else { magnitude });
    }

    /// Ends the string with ones up to a whole byte, as JPEG requires.
    pub(super) fn finish_with_ones(mut self) -> Vec<u8> {
        let width = (8 - self.pending_bits) % 8;
        self.put((1 << width) - 1, width);
        self.bytes
    }

    /// Ends the payload with its stop bit and pads it to a whole byte.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.put(1, 1);
        self.put(0, (8 - self.pending_bits) % 8);
        self.bytes
    }
}

/// Wraps a payload as a NAL unit: its header byte, then the payload with an escape wherever it
/// could be mistaken for a start code.
pub(super) fn nal_unit(header: u8, payload: &[u8]) -> Vec<u8> {
    let mut unit = vec![header];
    let mut zeros = 0;
    for &byte in payload {
        if zeros == 2 && byte <= 3 {
            unit.push(3);
            zeros = 0;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        unit.push(byte);
    }
    unit
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(write: impl FnOnce(&mut BitWriter)) -> Vec<u8> {
        let mut bits = BitWriter::default();
        write(&mut bits);
        bits.finish()
    }

    #[test]
    fn exp_golomb_codes_are_those_of_the_standard() {
        assert_eq!(codes(|bits| bits.ue(0)), [0b1100_0000]);
        assert_eq!(codes(|bits| bits.ue(1)), [0b0101_0000]);
        assert_eq!(codes(|bits| bits.ue(6)), [0b0011_1100]);
        assert_eq!(codes(|bits| bits.se(1)), [0b0101_0000]);
        assert_eq!(codes(|bits| bits.se(-1)), [0b0111_0000]);
        assert_eq!(codes(|bits| bits.se(2)), [0b0010_0100]);
    }

    #[test]
    fn a_full_byte_needs_a_byte_for_the_stop_bit() {
        assert_eq!(codes(|bits| bits.put(0xAB, 8)), [0xAB, 0x80]);
        assert_eq!(codes(|bits| bits.put(0x7F, 7)), [0xFF]);
    }

    #[test]
    fn bytes_that_look_like_a_start_code_are_escaped() {
        assert_eq!(nal_unit(0x65, &[0, 0, 1]), [0x65, 0, 0, 3, 1]);
        assert_eq!(nal_unit(0x65, &[0, 0, 0, 0, 4]), [0x65, 0, 0, 3, 0, 0, 4]);
        assert_eq!(nal_unit(0x65, &[0, 0, 4]), [0x65, 0, 0, 4]);
    }
}
