//! The two text forms of keys: base58 as Bitcoin has it, and base64url without padding (RFC 4648, 5).

use std::iter::repeat_n;

const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const BASE64URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn character(alphabet: &[u8], digit: u32) -> char {
    let digit = usize::try_from(digit).unwrap_or(usize::MAX);
    alphabet.get(digit).copied().map_or('?', char::from)
}

/// Bytes as a number in base 58, a `1` for each zero byte in front. Takes time in proportion to the
/// square of the length; keys have at most 51 bytes.
pub(super) fn base58(bytes: &[u8]) -> String {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    // Least significant digit first.
    let mut digits: Vec<u32> = Vec::new();
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += *digit << 8;
            *digit = carry % 58;
            carry /= 58;
        }
        while carry > 0 {
            digits.push(carry % 58);
            carry /= 58;
        }
    }
    let number = digits.iter().rev().map(|digit| character(BASE58, *digit));
    repeat_n('1', zeros).chain(number).collect()
}

/// Bytes in groups of six bits.
pub(super) fn base64url(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut group = [0; 4];
        for (to, from) in group.iter_mut().skip(1).zip(chunk) {
            *to = *from;
        }
        let number = u32::from_be_bytes(group);
        let characters = [18, 12, 6, 0].map(|shift| character(BASE64URL, number >> shift & 0x3f));
        text.extend(characters.iter().take(chunk.len() + 1));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of draft-msporny-base58.
    #[test]
    fn base58_examples() {
        assert_eq!(base58(b""), "");
        assert_eq!(base58(b"Hello World!"), "2NEpo7TZRRrLZSi2U");
        let pangram = b"The quick brown fox jumps over the lazy dog.";
        let text = "USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z";
        assert_eq!(base58(pangram), text);
        assert_eq!(base58(&[0, 0, 0x28, 0x7f, 0xb4, 0xcd]), "11233QC4");
    }

    /// The examples of RFC 4648, 10, without padding.
    #[test]
    fn base64url_examples() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg"),
            ("fo", "Zm8"),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg"),
            ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64url(bytes.as_bytes()), text);
        }
        assert_eq!(base64url(&[0xfb, 0xff]), "-_8");
    }
}
