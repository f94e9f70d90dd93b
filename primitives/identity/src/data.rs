//! The bytes that an identity's key signs to vouch for data (§11.9): a file, a message, anything outside of the chain.
//!
//! | bytes | what |
//! |---|---|
//! | 13 | SCALE compact length (`0x30`), then `allod/data/1` in ASCII; nothing else that the key signs begins so |
//! | 32 | hash of the genesis block: an identifier may be registered on several chains, and be revoked on one of them |
//! | 32 | identifier of the identity that vouches |
//! | 4 | the block at which the signer says that it signed, little-endian |
//! | 32 | SHA-256 of the data |
//!
//! 113 bytes. The signature has X.509's own encoding, so that
//! `openssl pkeyutl -sign -rawin -in PAYLOAD -inkey KEY -out SIGNATURE` makes it. Golden signatures made so are in
//! `tests/vectors/auto-id-data.json`.
//!
//! # What a signature says, and what it does not
//!
//! That the key's holder saw the hash and vouches for it as this identity. Whether the identity counts is the chain's
//! to say, when somebody asks. The data are named by their SHA-256 alone, which fixes their length as well, so that
//! a signer need not have them where the key is.
//!
//! The block is the signer's word and proves no time. It is there for keys that were superseded by a renewal: the
//! chain knows in which blocks a key was the identity's, and a signature that claims another block is none of the
//! identity's ([`judge_block`]). A thief of an old key can claim an old block. That is why a key that was given up as
//! compromised verifies no data at all, whichever block is claimed: the chain saw no data, so it cannot tell
//! those that were signed before.

use alloc::vec::Vec;

use parity_scale_codec::Encode;

use crate::Identifier;

/// Every signature over data begins with it; no other use of an identity's key does.
pub const DATA_CONTEXT: &str = "allod/data/1";

/// What a signature over data is over. [`to_bytes`](Self::to_bytes) gives the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataPayload {
    /// Hash of the chain's genesis block.
    pub genesis_hash: [u8; 32],
    /// The identity that vouches.
    pub identifier: Identifier,
    /// The block at which the signer says that it signed.
    pub block: u32,
    /// SHA-256 of the data.
    pub data_hash: [u8; 32],
}

impl DataPayload {
    /// The bytes to be signed; see [the module's table](self).
    pub fn to_bytes(&self) -> Vec<u8> {
        (
            DATA_CONTEXT,
            self.genesis_hash,
            self.identifier,
            self.block,
            self.data_hash,
        )
            .encode()
    }
}

/// What the chain knows about the key of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyTenure {
    /// It is the identity's current key.
    Current,
    /// It was the identity's key, in the blocks from `since` to `until`.
    Former {
        /// The first block.
        since: u32,
        /// The block in which it was superseded.
        until: u32,
    },
    /// It was given up as compromised.
    Compromised,
}

/// Why a key's signature over data does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TenureError {
    /// The block that is claimed is still to come.
    #[error("it claims to be signed at block #{claimed}, and the chain is at block #{newest}")]
    Future {
        /// The block that the signature claims.
        claimed: u32,
        /// The newest block.
        newest: u32,
    },
    /// The key was not the identity's at the block that is claimed.
    #[error(
        "it claims to be signed at block #{claimed}, and the key was the identity's from block #{since} to #{until}"
    )]
    Outside {
        /// The block that the signature claims.
        claimed: u32,
        /// First block of the key.
        since: u32,
        /// Block in which the key was superseded.
        until: u32,
    },
    /// The key was given up as compromised.
    #[error("its key was given up as compromised")]
    Compromised,
}

/// Whether a signature that claims to be made at the block `claimed` counts at the block `newest`.
///
/// The current key counts for every block up to the newest one: its holder is the identity.
///
/// # Errors
/// One variant of [`TenureError`] for each rule.
pub fn judge_block(tenure: KeyTenure, claimed: u32, newest: u32) -> Result<(), TenureError> {
    if claimed > newest {
        return Err(TenureError::Future { claimed, newest });
    }
    match tenure {
        KeyTenure::Current => Ok(()),
        KeyTenure::Former { since, until } if (since..=until).contains(&claimed) => Ok(()),
        KeyTenure::Former { since, until } => Err(TenureError::Outside {
            claimed,
            since,
            until,
        }),
        KeyTenure::Compromised => Err(TenureError::Compromised),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use allod_test_support::vectors;
    use allod_x509::ParsedCertificate;
    use serde_json::Value;

    use super::*;
    use crate::{SignatureAlgorithm, request};

    /// The module's table, literally.
    #[test]
    fn layout() {
        let payload = DataPayload {
            genesis_hash: [1; 32],
            identifier: Identifier([2; 32]),
            block: 0x0102_0304,
            data_hash: [3; 32],
        };
        let expected = [
            &b"\x30allod/data/1"[..],
            &[1; 32],
            &[2; 32],
            &[4, 3, 2, 1],
            &[3; 32],
        ]
        .concat();
        assert_eq!(payload.to_bytes(), expected);
        assert_eq!(expected.len(), 113);
    }

    /// No signature over data is one over a request, whatever follows.
    #[test]
    fn contexts_differ_from_the_first_byte_on() {
        let contexts = [
            DATA_CONTEXT,
            request::REQUEST_CONTEXT,
            request::REVOCATION_CONTEXT,
        ];
        let first: BTreeSet<_> = contexts.iter().map(|context| context.encode()[0]).collect();
        assert_eq!(first.len(), contexts.len());
    }

    /// Signatures made by OpenSSL over payloads that a script put together.
    #[test]
    fn golden_signatures() {
        let vectors: Value = vectors::read("auto-id-data.json");
        let mut algorithms = BTreeSet::new();
        for case in vectors["signatures"].as_array().unwrap() {
            let bytes = |name: &str| hex::decode(case[name].as_str().unwrap()).unwrap();
            let hash = |name: &str| -> [u8; 32] { bytes(name).try_into().unwrap() };
            let payload = DataPayload {
                genesis_hash: hash("genesis_hash"),
                identifier: case["identifier"].as_str().unwrap().parse().unwrap(),
                block: u32::try_from(case["block"].as_u64().unwrap()).unwrap(),
                data_hash: hash("data_hash"),
            };
            let description = &case["description"];
            assert_eq!(payload.to_bytes(), bytes("payload"), "{description}");

            let der = bytes("certificate");
            let certificate = ParsedCertificate::parse(&der).unwrap();
            let algorithm: SignatureAlgorithm =
                serde_json::from_value(case["algorithm"].clone()).unwrap();
            let verify = |payload: DataPayload| {
                certificate.verify_message(algorithm, &payload.to_bytes(), &bytes("signature"))
            };
            assert_eq!(verify(payload), Ok(()), "{description}");
            // Nothing of it can be exchanged.
            let other = Identifier([9; 32]);
            for changed in [
                DataPayload {
                    genesis_hash: [9; 32],
                    ..payload
                },
                DataPayload {
                    identifier: other,
                    ..payload
                },
                DataPayload {
                    block: payload.block ^ 1,
                    ..payload
                },
                DataPayload {
                    data_hash: [9; 32],
                    ..payload
                },
            ] {
                assert!(verify(changed).is_err(), "{description}");
            }
            algorithms.insert(algorithm);
        }
        assert_eq!(algorithms.len(), SignatureAlgorithm::ALL.len());
    }

    #[test]
    fn blocks_that_a_key_may_claim() {
        let former = KeyTenure::Former { since: 5, until: 9 };
        for (tenure, claimed, newest, expected) in [
            (KeyTenure::Current, 0, 20, Ok(())),
            (KeyTenure::Current, 20, 20, Ok(())),
            (former, 5, 20, Ok(())),
            (former, 9, 20, Ok(())),
        ] {
            assert_eq!(judge_block(tenure, claimed, newest), expected);
        }
        let outside = |claimed| {
            Err(TenureError::Outside {
                claimed,
                since: 5,
                until: 9,
            })
        };
        assert_eq!(judge_block(former, 4, 20), outside(4));
        assert_eq!(judge_block(former, 10, 20), outside(10));
        let future = Err(TenureError::Future {
            claimed: 21,
            newest: 20,
        });
        assert_eq!(judge_block(KeyTenure::Current, 21, 20), future);
        let compromised = judge_block(KeyTenure::Compromised, 5, 20);
        assert_eq!(compromised, Err(TenureError::Compromised));
    }
}
