//! BLAKE3 of one short input, written so that a loop over many inputs becomes vector code.
//!
//! There is no branch and no memory access in it, only operations on 32-bit words. The compiler puts as many
//! iterations of the loop side by side as the vectors of the target hold words.

const IV: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// First and last block of the only chunk, which is the root.
const FLAGS: u32 = 1 | 2 | 8;

macro_rules! mix {
    ($v:ident, $a:literal, $b:literal, $c:literal, $d:literal, $x:expr, $y:expr) => {
        $v[$a] = $v[$a].wrapping_add($v[$b]).wrapping_add($x);
        $v[$d] = ($v[$d] ^ $v[$a]).rotate_right(16);
        $v[$c] = $v[$c].wrapping_add($v[$d]);
        $v[$b] = ($v[$b] ^ $v[$c]).rotate_right(12);
        $v[$a] = $v[$a].wrapping_add($v[$b]).wrapping_add($y);
        $v[$d] = ($v[$d] ^ $v[$a]).rotate_right(8);
        $v[$c] = $v[$c].wrapping_add($v[$d]);
        $v[$b] = ($v[$b] ^ $v[$c]).rotate_right(7);
    };
}

/// One round; the literals say which word of the input comes where.
macro_rules! round {
    ($v:ident, $m:ident, $a:literal $b:literal $c:literal $d:literal $e:literal $f:literal $g:literal $h:literal
                         $i:literal $j:literal $k:literal $l:literal $n:literal $o:literal $p:literal $q:literal) => {
        mix!($v, 0, 4, 8, 12, $m[$a], $m[$b]);
        mix!($v, 1, 5, 9, 13, $m[$c], $m[$d]);
        mix!($v, 2, 6, 10, 14, $m[$e], $m[$f]);
        mix!($v, 3, 7, 11, 15, $m[$g], $m[$h]);
        mix!($v, 0, 5, 10, 15, $m[$i], $m[$j]);
        mix!($v, 1, 6, 11, 12, $m[$k], $m[$l]);
        mix!($v, 2, 7, 8, 13, $m[$n], $m[$o]);
        mix!($v, 3, 4, 9, 14, $m[$p], $m[$q]);
    };
}

/// The first four words of the BLAKE3 hash of an input of `bytes` (at most 64) bytes.
///
/// `m` are the input's words, little-endian, zero past the end. Whoever needs fewer words, or knows that some
/// of `m` are zero, pays for less once this is inlined.
#[inline(always)]
pub(super) fn blake3(m: [u32; 16], bytes: u32) -> [u32; 4] {
    let mut v = [
        IV[0], IV[1], IV[2], IV[3], IV[4], IV[5], IV[6], IV[7], IV[0], IV[1], IV[2], IV[3], 0, 0,
        bytes, FLAGS,
    ];
    round!(v, m, 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    round!(v, m, 2 6 3 10 7 0 4 13 1 11 12 5 9 14 15 8);
    round!(v, m, 3 4 10 12 13 2 7 14 6 5 9 0 11 15 8 1);
    round!(v, m, 10 7 12 9 14 3 13 15 4 0 11 2 5 8 1 6);
    round!(v, m, 12 13 9 11 15 10 14 8 7 2 5 3 0 1 6 4);
    round!(v, m, 9 14 11 5 8 12 15 1 13 3 0 10 2 6 4 7);
    round!(v, m, 11 15 5 0 1 9 8 6 14 10 2 12 3 4 7 13);
    [v[0] ^ v[8], v[1] ^ v[9], v[2] ^ v[10], v[3] ^ v[11]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn hashes_are_those_of_the_blake3_crate(input in prop::collection::vec(any::<u8>(), 0..=64)) {
            let mut words = [0; 16];
            for (index, byte) in input.iter().enumerate() {
                words[index / 4] |= u32::from(*byte) << (index % 4 * 8);
            }
            let hash = blake3(words, input.len() as u32).map(u32::to_le_bytes).concat();
            let expected = ::blake3::hash(&input);
            prop_assert_eq!(&hash, &expected.as_bytes()[..16]);
        }
    }
}
