//! What travels between a farmer and its node.
//!
//! | method | direction | type |
//! |---|---|---|
//! | `farmer_chainInfo` | node → farmer | [`FarmerChainInfo`] |
//! | `farmer_subscribeSlots` | node → farmer | [`SlotInfo`] |
//! | `farmer_openSlots` | node → farmer | list of [`SlotInfo`] |
//! | `farmer_submitSolution` | farmer → node | [`SolutionSubmission`] |
//! | `farmer_subscribeSigning` | node → farmer | [`SigningRequest`] |
//! | `farmer_submitSeal` | farmer → node | [`SealResponse`] |
//! | `farmer_subscribeBlocks` | node → farmer | [`SealedBlock`] |
//! | `farmer_segmentHeaders` | node → farmer | list of [`SegmentHeader`](allod_core::SegmentHeader) |
//! | `farmer_subscribeSegmentHeaders` | node → farmer | [`SegmentHeader`](allod_core::SegmentHeader) |
//! | `farmer_piece` | node → farmer | [`PieceBytes`] or null |
//!
//! Byte strings are lower-case hex with `0x`; every one of them has a largest length, which is
//! checked before a byte is decoded.

use allod_core::{
    ChainParameters, Hash, HistorySize, PublicKey, Slot, Solution, SolutionRange,
    bytes::write_hex,
    parameters::{MAX_HEADER_BYTES, PIECE_BYTES},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::fmt;

/// Most open slots in one answer.
pub const MAX_OPEN_SLOTS: usize = 512;
/// Most segment headers in one answer.
pub const MAX_SEGMENT_HEADERS: usize = 1_000;

/// What a farmer must know of the chain before it can do anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FarmerChainInfo {
    /// Hash of block 0: plots and seals are bound to it.
    #[serde(with = "hex_array")]
    pub genesis_hash: Hash,
    /// Fixed at genesis.
    pub parameters: ChainParameters,
    /// Segments that the node has archived; 0 while it has not archived the genesis block.
    pub history_size: HistorySize,
}

/// A slot to audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SlotInfo {
    /// Its number.
    pub slot: Slot,
    /// `H(proof-of-time output ‖ slot)`.
    #[serde(with = "hex_array")]
    pub global_challenge: Hash,
    /// Half of it is the largest distance that wins.
    pub solution_range: SolutionRange,
    /// Segments in the best block's state; 0 before block 1. A sector wins if it was made at this
    /// history size (at least 1) or a smaller one, and has not expired at it. What the node has
    /// archived can be ahead of it by some segments.
    pub history_size: HistorySize,
}

/// A ticket that won.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SolutionSubmission {
    /// The slot that it won in.
    pub slot: Slot,
    /// Proof of it.
    pub solution: Solution,
}

/// A header that waits for its seal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SigningRequest {
    /// Whose seal it needs; other farmers of the same node pass over it.
    pub public_key: PublicKey,
    /// SCALE of the whole header without seal.
    pub header: HeaderBytes,
}

/// A seal for a header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SealResponse {
    /// `H` of the header bytes of the request: says which request this answers.
    #[serde(with = "hex_array")]
    pub header_hash: Hash,
    /// sr25519 signature over the seal message.
    #[serde(with = "hex_array")]
    pub signature: [u8; 64],
}

/// A block that another node made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SealedBlock {
    /// Whose seal it has. A farmer that finds its own key here, and a header that it did not sign, was copied.
    pub public_key: PublicKey,
    pub slot: Slot,
    /// `H` of its header without seal, as in [`SealResponse`].
    #[serde(with = "hex_array")]
    pub header_hash: Hash,
}

/// A SCALE-encoded header, at most [`MAX_HEADER_BYTES`].
pub type HeaderBytes = BoundedBytes<MAX_HEADER_BYTES>;
/// A piece, 131,168 bytes; its exact length is checked where it becomes a
/// [`Piece`](allod_core::Piece).
pub type PieceBytes = BoundedBytes<PIECE_BYTES>;

/// At most `MAX` bytes, as hex.
#[derive(Clone, PartialEq, Eq)]
pub struct BoundedBytes<const MAX: usize>(Vec<u8>);

/// More bytes than may travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong {
    /// Bytes that may travel.
    pub max: usize,
    /// Bytes that there are.
    pub actual: usize,
}

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "at most {} bytes may travel, got {}",
            self.max, self.actual
        )
    }
}

impl std::error::Error for TooLong {}

impl<const MAX: usize> BoundedBytes<MAX> {
    /// The bytes.
    pub fn into_inner(self) -> Vec<u8> {
        self.0
    }
}

impl<const MAX: usize> TryFrom<Vec<u8>> for BoundedBytes<MAX> {
    type Error = TooLong;

    fn try_from(bytes: Vec<u8>) -> Result<Self, TooLong> {
        if bytes.len() <= MAX {
            Ok(Self(bytes))
        } else {
            Err(TooLong {
                max: MAX,
                actual: bytes.len(),
            })
        }
    }
}

impl<const MAX: usize> AsRef<[u8]> for BoundedBytes<MAX> {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl<const MAX: usize> fmt::Debug for BoundedBytes<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes: ", self.0.len())?;
        write_hex(f, &self.0)
    }
}

impl<const MAX: usize> Serialize for BoundedBytes<MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("0x{}", hex::encode(&self.0)))
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for BoundedBytes<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits = text
            .strip_prefix("0x")
            .ok_or_else(|| D::Error::custom("bytes are hex with 0x before it"))?;
        if digits.len() > MAX.saturating_mul(2) {
            return Err(D::Error::custom(TooLong {
                max: MAX,
                actual: digits.len() / 2,
            }));
        }
        hex::decode(digits).map(Self).map_err(D::Error::custom)
    }
}

/// Exactly `N` bytes as hex.
mod hex_array {
    use super::*;

    pub fn serialize<const N: usize, S: Serializer>(
        bytes: &[u8; N],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("0x{}", hex::encode(bytes)))
    }

    pub fn deserialize<'de, const N: usize, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<[u8; N], D::Error> {
        let text = String::deserialize(deserializer)?;
        allod_core::bytes::parse_hex(&text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_travels_arrives() {
        let slot = SlotInfo {
            slot: Slot(3),
            global_challenge: [0xab; 32],
            solution_range: SolutionRange(u64::MAX),
            history_size: HistorySize(7),
        };
        let json = serde_json::to_string(&slot).unwrap();
        assert_eq!(
            json,
            format!(
                r#"{{"slot":3,"globalChallenge":"0x{}","solutionRange":18446744073709551615,"historySize":7}}"#,
                "ab".repeat(32)
            )
        );
        assert_eq!(serde_json::from_str::<SlotInfo>(&json).unwrap(), slot);

        let request = SigningRequest {
            public_key: PublicKey([1; 32]),
            header: vec![1, 2, 3].try_into().unwrap(),
        };
        let json = serde_json::to_string(&request).unwrap();
        assert!(json.ends_with(r#""header":"0x010203"}"#), "{json}");
        assert_eq!(
            serde_json::from_str::<SigningRequest>(&json).unwrap(),
            request
        );

        let seal = SealResponse {
            header_hash: [4; 32],
            signature: [5; 64],
        };
        let json = serde_json::to_string(&seal).unwrap();
        assert_eq!(serde_json::from_str::<SealResponse>(&json).unwrap(), seal);
    }

    #[test]
    fn lengths_are_bounded_and_text_is_hex() {
        type Three = BoundedBytes<3>;
        let parse = |text: &str| serde_json::from_str::<Three>(&format!("\"{text}\""));
        assert_eq!(parse("0x").unwrap().as_ref(), b"");
        assert_eq!(parse("0x0a0B0c").unwrap().into_inner(), [10, 11, 12]);
        for (wrong, why) in [
            ("0x01020304", "at most 3 bytes may travel, got 4"),
            ("010203", "0x"),
            ("0x0", "Odd"),
            ("0xzz", "Invalid character"),
        ] {
            let error = parse(wrong).unwrap_err().to_string();
            assert!(error.contains(why), "{wrong}: {error}");
        }
        assert_eq!(
            Three::try_from(vec![0; 5]),
            Err(TooLong { max: 3, actual: 5 })
        );
        let slot = r#"{"slot":3,"globalChallenge":"0x00","solutionRange":1,"historySize":1}"#;
        let error = serde_json::from_str::<SlotInfo>(slot).unwrap_err();
        assert!(error.to_string().contains("expected 64 hex digits"));
    }
}
