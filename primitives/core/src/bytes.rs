//! Fixed-size byte strings, each a type of its own so that a witness is never taken for a
//! commitment. SCALE encodes them as their bytes; JSON as `0x…` hex.

/// Declares a newtype over `[u8; N]` with hex formatting and, with `serde`, hex (de)serialisation.
#[macro_export]
macro_rules! byte_string {
    ($(#[$meta:meta])* $name:ident, $len:expr) => {
        $(#[$meta])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            $crate::bytes::__codec::Encode, $crate::bytes::__codec::Decode,
            $crate::bytes::__codec::DecodeWithMemTracking, $crate::bytes::__codec::MaxEncodedLen,
            $crate::bytes::__codec::TypeInfo,
        )]
        pub struct $name(pub [u8; $len]);

        impl $name {
            /// Length in bytes.
            pub const SIZE: usize = $len;
        }

        impl Default for $name {
            fn default() -> Self {
                Self([0; $len])
            }
        }

        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }

        impl From<[u8; $len]> for $name {
            fn from(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }
        }

        impl From<$name> for [u8; $len] {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                $crate::bytes::write_hex(f, &self.0)
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                $crate::bytes::write_hex(f, &self.0)
            }
        }

        #[cfg(feature = "serde")]
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <alloc::string::String as serde::Deserialize>::deserialize(deserializer)?;
                $crate::bytes::parse_hex(&text).map(Self).map_err(serde::de::Error::custom)
            }
        }
    };
}

#[doc(hidden)]
pub mod __codec {
    pub use parity_scale_codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
    pub use scale_info::TypeInfo;
}

/// Writes `0x` and lower-case hex.
pub fn write_hex(f: &mut core::fmt::Formatter<'_>, bytes: &[u8]) -> core::fmt::Result {
    f.write_str("0x")?;
    for byte in bytes {
        write!(f, "{byte:02x}")?;
    }
    Ok(())
}

/// Why a hex string is not the bytes that were expected.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum HexError {
    /// The string has another length.
    #[error("expected {expected} hex digits after 0x, got {actual}")]
    Length {
        /// Digits wanted.
        expected: usize,
        /// Digits found.
        actual: usize,
    },
    /// A character is no hex digit.
    #[error("invalid hex digit: {0}")]
    Digit(hex::FromHexError),
}

/// Reads exactly `N` bytes of hex, with or without `0x`.
pub fn parse_hex<const N: usize>(text: &str) -> Result<[u8; N], HexError> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let expected = N.saturating_mul(2);
    if digits.len() != expected {
        return Err(HexError::Length {
            expected,
            actual: digits.len(),
        });
    }
    let mut bytes = [0; N];
    hex::decode_to_slice(digits, &mut bytes).map_err(HexError::Digit)?;
    Ok(bytes)
}

byte_string!(
    /// A farmer's sr25519 public key: it names the plot and signs the blocks.
    PublicKey, 32
);
byte_string!(
    /// The account that a block's reward goes to.
    RewardAddress, 32
);
byte_string!(
    /// A scalar of BLS12-381, big-endian as in EIP-4844.
    ScalarBytes, crate::parameters::SCALAR_BYTES
);
byte_string!(
    /// KZG commitment to a record, a compressed G1 point.
    RecordCommitment, crate::parameters::POINT_BYTES
);
byte_string!(
    /// Opening of a segment commitment at a record's position, a compressed G1 point.
    RecordWitness, crate::parameters::POINT_BYTES
);
byte_string!(
    /// Opening of a record commitment at a chunk's position, a compressed G1 point.
    ChunkWitness, crate::parameters::POINT_BYTES
);
byte_string!(
    /// KZG commitment to the hashes of a segment's record commitments, a compressed G1 point.
    SegmentCommitment, crate::parameters::POINT_BYTES
);
byte_string!(
    /// A proof of space: 64 values of K bits.
    SpaceProof, crate::parameters::SPACE_PROOF_BYTES
);

#[cfg(test)]
mod tests {
    use super::*;
    use parity_scale_codec::Encode;

    #[test]
    fn hex_round_trip_and_errors() {
        let key = PublicKey([0xab; 32]);
        let text = alloc::format!("{key}");
        assert_eq!(parse_hex::<32>(&text), Ok(key.0));
        assert_eq!(
            parse_hex::<32>("0xabcd"),
            Err(HexError::Length {
                expected: 64,
                actual: 4
            })
        );
        assert!(matches!(parse_hex::<1>("0xzz"), Err(HexError::Digit(_))));
        let json = serde_json::to_string(&key).unwrap();
        assert_eq!(serde_json::from_str::<PublicKey>(&json).unwrap(), key);
    }

    #[test]
    fn encodes_as_plain_bytes() {
        assert_eq!(SpaceProof([7; 136]).encode(), [7; 136]);
    }
}
