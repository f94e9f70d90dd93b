//! BLAKE2b's compression function (RFC 7693, section 3.2) of one final block with 64 bytes.
//!
//! The macro is written once for words of any kind: one number, or several side by side.

/// Initialisation vector (RFC 7693, section 2.6).
pub(super) const IV: [u64; 8] = [
    0x6a09_e667_f3bc_c908,
    0xbb67_ae85_84ca_a73b,
    0x3c6e_f372_fe94_f82b,
    0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1,
    0x9b05_688c_2b3e_6c1f,
    0x1f83_d9ab_fb41_bd6b,
    0x5be0_cd19_137e_2179,
];

/// The first state word for 32 bytes of output and no key (section 2.5).
pub(super) const FIRST: u64 = IV[0] ^ 0x0101_0020;

/// Bytes of input: challenge and chunk.
pub(super) const INPUT_BYTES: u64 = 64;

/// Message schedule (section 2.7); rounds 10 and 11 repeat 0 and 1.
pub(super) const SIGMA: [[usize; 16]; 10] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
    [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
    [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
    [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
    [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
    [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
    [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
    [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
    [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
];

/// The first word of the hash, in words of any kind.
///
/// `$words` are message words 0 to 7. `$splat` makes a word of a number, `$add` and `$xor` combine
/// two, `$r32` to `$r63` rotate one to the right.
macro_rules! first_word {
    (
        $words:expr, $splat:expr, $add:expr, $xor:expr,
        $r32:expr, $r24:expr, $r16:expr, $r63:expr $(,)?
    ) => {{
        use $crate::tickets::compression::{FIRST, INPUT_BYTES, IV, SIGMA};
        let m = $words;
        let mut v = [
            FIRST,
            IV[1],
            IV[2],
            IV[3],
            IV[4],
            IV[5],
            IV[6],
            IV[7],
            IV[0],
            IV[1],
            IV[2],
            IV[3],
            IV[4] ^ INPUT_BYTES,
            IV[5],
            !IV[6],
            IV[7],
        ]
        .map($splat);
        // Adds message word $x to v[$i], unless it is one of those that are zero.
        macro_rules! message {
            ($i:expr, $x:expr) => {
                if $x < 8 {
                    v[$i] = $add(v[$i], m[$x % 8]);
                }
            };
        }
        // One step of four mixings, so that neighbouring instructions do not wait for each other.
        macro_rules! each {
            ($to:expr, $with:expr, $operation:expr) => {
                v[$to[0]] = $operation(v[$to[0]], v[$with[0]]);
                v[$to[1]] = $operation(v[$to[1]], v[$with[1]]);
                v[$to[2]] = $operation(v[$to[2]], v[$with[2]]);
                v[$to[3]] = $operation(v[$to[3]], v[$with[3]]);
            };
        }
        macro_rules! rotate {
            ($to:expr, $operation:expr) => {
                v[$to[0]] = $operation(v[$to[0]]);
                v[$to[1]] = $operation(v[$to[1]]);
                v[$to[2]] = $operation(v[$to[2]]);
                v[$to[3]] = $operation(v[$to[3]]);
            };
        }
        macro_rules! mix {
            ($round:expr, $first:expr, $a:expr, $b:expr, $c:expr, $d:expr) => {{
                const S: [usize; 16] = SIGMA[$round % 10];
                message!($a[0], S[$first]);
                message!($a[1], S[$first + 2]);
                message!($a[2], S[$first + 4]);
                message!($a[3], S[$first + 6]);
                each!($a, $b, $add);
                each!($d, $a, $xor);
                rotate!($d, $r32);
                each!($c, $d, $add);
                each!($b, $c, $xor);
                rotate!($b, $r24);
                message!($a[0], S[$first + 1]);
                message!($a[1], S[$first + 3]);
                message!($a[2], S[$first + 5]);
                message!($a[3], S[$first + 7]);
                each!($a, $b, $add);
                each!($d, $a, $xor);
                rotate!($d, $r16);
                each!($c, $d, $add);
                each!($b, $c, $xor);
                rotate!($b, $r63);
            }};
        }
        macro_rules! round {
            ($round:expr) => {
                mix!(
                    $round,
                    0,
                    [0, 1, 2, 3],
                    [4, 5, 6, 7],
                    [8, 9, 10, 11],
                    [12, 13, 14, 15]
                );
                mix!(
                    $round,
                    8,
                    [0, 1, 2, 3],
                    [5, 6, 7, 4],
                    [10, 11, 8, 9],
                    [15, 12, 13, 14]
                );
            };
        }
        round!(0);
        round!(1);
        round!(2);
        round!(3);
        round!(4);
        round!(5);
        round!(6);
        round!(7);
        round!(8);
        round!(9);
        round!(10);
        round!(11);
        $xor($splat(FIRST), $xor(v[0], v[8]))
    }};
}
pub(super) use first_word;

/// The ticket of one chunk.
pub(super) fn ticket(challenge: &[u64; 4], chunk: &[u64; 4]) -> u64 {
    let [a, b, c, d] = *challenge;
    let [e, f, g, h] = *chunk;
    first_word!(
        [a, b, c, d, e, f, g, h],
        |number: u64| number,
        u64::wrapping_add,
        |one: u64, other: u64| one ^ other,
        |word: u64| word.rotate_right(32),
        |word: u64| word.rotate_right(24),
        |word: u64| word.rotate_right(16),
        |word: u64| word.rotate_right(63),
    )
}
