//! What an identity's key signs to send any call as an account (§11.11).
//!
//! An identity's identifier is the address of an account. Its key acts for that account by a signature over 80 bytes
//! ([`transaction_payload`]):
//!
//! | bytes | what |
//! |---|---|
//! | 16 | [`TRANSACTION_TAG`]: `allod/tx/1`, padded with zeros. No length stands before it, and no other use of the key begins so |
//! | 32 | identifier |
//! | 32 | BLAKE2b-256 of the implication: all that the transaction says behind the signature |
//!
//! The implication is what the SDK calls inherited implication: one byte, the version of the extensions; the call; what
//! of the extensions behind the signature travels; what of them does not, such as the runtime's version and the hash of
//! the genesis block. So a signature counts for one chain, one runtime and one nonce, and one made for a transaction of
//! the identity's own counts for none that somebody else carries, which has other extensions.
//!
//! ```text
//! openssl pkeyutl -sign -rawin -inkey key.pem -in payload -out signature
//! ```

use alloc::vec::Vec;

use parity_scale_codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::traits::{BlakeTwo256, Hash};

use crate::{Identifier, SignatureAlgorithm, SignatureBytes};

/// Every transaction that an identity's key signs begins with it; no other use of the key does.
pub const TRANSACTION_TAG: [u8; 16] = *b"allod/tx/1\0\0\0\0\0\0";
/// Bytes that the key signs: tag, identifier, hash.
pub const TRANSACTION_PAYLOAD_BYTES: usize = 80;
/// How many nonces ahead of its account's an identity's own transaction may be to wait in a pool.
pub const MAX_NONCES_AHEAD: u32 = 16;

/// What an identity's key signs for a transaction with this implication.
pub fn transaction_payload(
    identifier: Identifier,
    implication: &impl Encode,
) -> [u8; TRANSACTION_PAYLOAD_BYTES] {
    let hash = BlakeTwo256::hash_of(implication);
    let bytes = TRANSACTION_TAG
        .into_iter()
        .chain(identifier.0)
        .chain(hash.0);
    let mut payload = [0; TRANSACTION_PAYLOAD_BYTES];
    for (place, byte) in payload.iter_mut().zip(bytes) {
        *place = byte;
    }
    payload
}

/// Who sends a transaction, and the proof of it.
#[derive(
    Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct IdentityProof {
    /// The identity that sends it.
    pub identifier: Identifier,
    /// The algorithm of the signature, declared so that the weight is known beforehand. It must go with the key.
    pub algorithm: SignatureAlgorithm,
    /// Signature over [`transaction_payload`].
    pub signature: SignatureBytes,
}

/// Why an identity's transaction is refused, beside the SDK's own reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TransactionRefusal {
    /// There is no such identity.
    #[error("the identity is not registered")]
    NotRegistered,
    /// It was deactivated.
    #[error("the identity is deactivated, which is for ever")]
    Deactivated,
    /// Guardians agreed on a recovery.
    #[error(
        "the guardians agreed on a recovery: the identity is frozen until it is executed, vetoed or lapsed"
    )]
    Frozen,
    /// Its certificate cannot be read.
    #[error("the identity's certificate cannot be read")]
    CertificateUnreadable,
    /// The declared algorithm does not go with its key.
    #[error("the declared algorithm does not go with the identity's key")]
    WrongAlgorithm,
    /// The declared algorithm is not accepted any more.
    #[error("the declared algorithm is not accepted any more")]
    AlgorithmRetired,
}

impl TransactionRefusal {
    /// The code of `InvalidTransaction::Custom`.
    pub const fn code(self) -> u8 {
        match self {
            Self::NotRegistered => 160,
            Self::Deactivated => 161,
            Self::Frozen => 162,
            Self::CertificateUnreadable => 163,
            Self::WrongAlgorithm => 164,
            Self::AlgorithmRetired => 165,
        }
    }
}

/// How an identity's call is to come to the chain.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub enum TransactionWay {
    /// By a transaction of its own, whose fee its account pays.
    #[codec(index = 0)]
    Own {
        /// What the author of the block gets beside the fee.
        tip: u128,
    },
    /// Within another account's transaction, which pays.
    #[codec(index = 1)]
    Carried,
}

/// A transaction that an identity is to sign.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct TransactionQuery {
    /// The identity that sends it.
    pub identifier: Identifier,
    /// The algorithm that its key will sign with.
    pub algorithm: SignatureAlgorithm,
    /// The call, SCALE.
    pub call: Vec<u8>,
    /// How it is to come to the chain.
    pub way: TransactionWay,
    /// How many transactions the account has sent before; the stored number without it.
    pub nonce: Option<u32>,
    /// For how many blocks it counts: a power of two from 4 to 65,536, to which others are rounded up.
    pub period: u32,
}

/// A transaction that lacks nothing but its signature.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct UnsignedTransaction {
    /// The bytes to be signed.
    pub payload: Vec<u8>,
    /// What stands before the signature, which is SCALE: its compact length and its bytes.
    pub before: Vec<u8>,
    /// What stands behind it. The whole is an extrinsic whose length is still to be put before it, or, if carried, the
    /// call that another account sends.
    pub after: Vec<u8>,
    /// The nonce that it has.
    pub nonce: u32,
}

/// Why there is no transaction to be signed.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    thiserror::Error,
)]
pub enum UnsignedTransactionError {
    /// The call is none of this runtime's.
    #[error("the bytes are no call of this runtime")]
    Call,
    /// Block 0 has no parent that the time of the transaction could begin with.
    #[error("the chain has no block yet")]
    NoBlock,
}

sp_api::decl_runtime_apis! {
    /// Makes transactions of identities (§11.11).
    pub trait AutoIdTransactionApi {
        /// The transaction, without its signature, and what has to be signed. Whether the identity may send it is
        /// not looked at.
        fn unsigned_transaction(
            query: TransactionQuery,
        ) -> Result<UnsignedTransaction, UnsignedTransactionError>;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        DATA_CONTEXT,
        request::{REQUEST_CONTEXT, REVOCATION_CONTEXT},
    };

    #[test]
    fn the_key_signs_tag_identifier_and_hash() {
        let payload = transaction_payload(Identifier([7; 32]), &(1_u8, b"call"));
        assert_eq!(&payload[..10], b"allod/tx/1");
        assert_eq!(payload[10..16], [0; 6]);
        assert_eq!(payload[16..48], [7; 32]);
        assert_eq!(payload[48..], BlakeTwo256::hash(b"\x01call").0);
    }

    #[test]
    fn nothing_else_that_the_key_signs_begins_so() {
        let first = TRANSACTION_TAG[0];
        for context in [REQUEST_CONTEXT, REVOCATION_CONTEXT, DATA_CONTEXT] {
            assert_ne!(context.encode()[0], first, "{context}");
        }
        // Certificates, their requests and revocation lists are sequences; TLS 1.3 signs after 64 blanks.
        assert!(![0x30, b' '].contains(&first));
    }

    #[test]
    fn each_refusal_has_its_code() {
        for (refusal, code) in [
            (TransactionRefusal::NotRegistered, 160),
            (TransactionRefusal::Deactivated, 161),
            (TransactionRefusal::Frozen, 162),
            (TransactionRefusal::CertificateUnreadable, 163),
            (TransactionRefusal::WrongAlgorithm, 164),
            (TransactionRefusal::AlgorithmRetired, 165),
        ] {
            assert_eq!(refusal.code(), code);
        }
    }
}
