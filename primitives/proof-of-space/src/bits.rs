//! Bit strings, most significant bit first, as the construction joins and cuts them.

/// Longest string that is hashed: `y` and two metadata of four values each at K = 32 take 294 bits.
const CAPACITY: usize = 64;

/// A bit string under construction; the unused bits of its last byte are zero.
pub(crate) struct BitWriter {
    bytes: [u8; CAPACITY],
    len: usize,
}

impl BitWriter {
    pub(crate) fn new() -> Self {
        Self {
            bytes: [0; CAPACITY],
            len: 0,
        }
    }

    /// Appends the low `bits` (at most 128) bits of `value`. What does not fit into 512 bits is lost.
    pub(crate) fn push(&mut self, value: u128, bits: u8) {
        let mut left = u32::from(bits);
        while left > 0 {
            let used = (self.len % 8) as u32;
            let take = left.min(8 - used);
            let chunk = (value >> (left - take)) & ((1 << take) - 1);
            if let Some(byte) = self.bytes.get_mut(self.len / 8) {
                *byte |= (chunk << (8 - used - take)) as u8;
            }
            self.len += take as usize;
            left -= take;
        }
    }

    /// The string, padded with zero bits to whole bytes.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        let end = self.len.div_ceil(8).min(CAPACITY);
        &self.bytes[..end]
    }
}

/// The `bits` (at most 120) bits of `bytes` from bit `start`. Bits past the end read as zero.
pub(crate) fn read_bits(bytes: &[u8], start: usize, bits: u8) -> u128 {
    let end = start + usize::from(bits);
    let mut value = 0u128;
    for index in start / 8..end.div_ceil(8) {
        value = (value << 8) | u128::from(bytes.get(index).copied().unwrap_or(0));
    }
    let excess = end.div_ceil(8) * 8 - end;
    (value >> excess) & low_mask(bits)
}

/// The low `bits` (at most 128) bits set.
pub(crate) const fn low_mask(bits: u8) -> u128 {
    match bits {
        0 => 0,
        bits => u128::MAX >> (128 - bits as u32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The string as characters, the obvious way.
    fn text(value: u128, bits: u8) -> String {
        (0..bits)
            .rev()
            .map(|bit| if value >> bit & 1 == 1 { '1' } else { '0' })
            .collect()
    }

    proptest! {
        #[test]
        fn strings_are_joined_and_cut(parts in prop::collection::vec((any::<u128>(), 0u8..=120), 0..4)) {
            let mut writer = BitWriter::new();
            let mut expected = String::new();
            for (value, bits) in &parts {
                writer.push(*value, *bits);
                expected += &text(*value, *bits);
            }
            prop_assert_eq!(writer.as_bytes().len(), expected.len().div_ceil(8));
            let mut start = 0;
            for (value, bits) in &parts {
                prop_assert_eq!(read_bits(writer.as_bytes(), start, *bits), value & low_mask(*bits));
                start += usize::from(*bits);
            }
            let padding = writer.as_bytes().len() * 8 - start;
            prop_assert_eq!(read_bits(writer.as_bytes(), start, padding as u8), 0);
        }
    }
}
