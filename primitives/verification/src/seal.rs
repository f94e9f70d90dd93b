//! The seal of a block (§8): the last digest item, an sr25519 signature.
//!
//! Signed is `"allod/seal/1" ‖ genesis hash ‖ H(SCALE of the header without seal)`, in schnorrkel's
//! signing context `substrate`, so that any Substrate key store can sign.

use allod_core::{Hash, PublicKey, blake2b_256};
use schnorrkel::{Keypair, Signature};

/// What every seal message begins with, and nothing else that the key signs.
pub const SEAL_CONTEXT: &[u8] = b"allod/seal/1";
/// The signing context of all of Substrate's sr25519 signatures.
const SIGNING_CONTEXT: &[u8] = b"substrate";

/// Why a seal is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The solution's key is no key.
    #[error("public key {0} is not a canonical Ristretto point")]
    PublicKey(PublicKey),
    /// The bytes are no signature.
    #[error("the seal is not a well-formed sr25519 signature")]
    Encoding,
    /// A signature by another key or of something else.
    #[error("the seal is not a signature of this header by {0}")]
    Signature(PublicKey),
}

/// What is signed for the header whose SCALE encoding, without seal, is `header`.
pub fn seal_message(genesis_hash: &Hash, header: &[u8]) -> Vec<u8> {
    [SEAL_CONTEXT, genesis_hash, &blake2b_256(header)].concat()
}

/// Signs a seal message. What may be signed is for the farmer to judge, who sees the whole header.
pub fn sign_seal(keypair: &Keypair, message: &[u8]) -> [u8; 64] {
    keypair.sign_simple(SIGNING_CONTEXT, message).to_bytes()
}

/// Checks the seal of a header: `message` is its [`seal_message`], `public_key` its solution's.
pub fn verify_seal(
    public_key: &PublicKey,
    message: &[u8],
    signature: &[u8; 64],
) -> Result<(), SealError> {
    let key = schnorrkel::PublicKey::from_bytes(&public_key.0)
        .map_err(|_| SealError::PublicKey(*public_key))?;
    let signature = Signature::from_bytes(signature).map_err(|_| SealError::Encoding)?;
    key.verify_simple(SIGNING_CONTEXT, message, &signature)
        .map_err(|_| SealError::Signature(*public_key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use schnorrkel::{ExpansionMode, MiniSecretKey};

    fn keypair(seed: u8) -> (Keypair, PublicKey) {
        let keypair = MiniSecretKey::from_bytes(&[seed; 32])
            .unwrap()
            .expand_to_keypair(ExpansionMode::Ed25519);
        let public_key = PublicKey(keypair.public.to_bytes());
        (keypair, public_key)
    }

    #[test]
    fn the_message_is_the_formula_of_the_design() {
        let mut expected = b"allod/seal/1".to_vec();
        expected.extend([7; 32]);
        expected.extend(blake2b_256(b"header"));
        assert_eq!(seal_message(&[7; 32], b"header"), expected);
    }

    #[test]
    fn a_seal_binds_key_chain_and_header() {
        let (pair, key) = keypair(1);
        let (_, other) = keypair(2);
        let message = seal_message(&[7; 32], b"header");
        let seal = sign_seal(&pair, &message);
        assert_eq!(verify_seal(&key, &message, &seal), Ok(()));
        assert_eq!(
            verify_seal(&other, &message, &seal),
            Err(SealError::Signature(other))
        );
        for wrong in [
            seal_message(&[8; 32], b"header"),
            seal_message(&[7; 32], b"another"),
        ] {
            assert_eq!(
                verify_seal(&key, &wrong, &seal),
                Err(SealError::Signature(key))
            );
        }
    }

    #[test]
    fn a_signature_that_a_substrate_key_store_made_is_accepted() {
        // Alice's well-known development key (`//Alice`) and the same signing context as sp-core.
        let secret = hex::decode(
            "98319d4ff8a9508c4bb0cf0b5a78d760a0b2082c02775e6e82370816fedfff48\
             925a225d97aa00682d6a59b95b18780c10d7032336e88f3442b42361f4a66011",
        )
        .unwrap();
        let secret = schnorrkel::SecretKey::from_ed25519_bytes(&secret).unwrap();
        let key = PublicKey(secret.to_public().to_bytes());
        assert_eq!(
            key.to_string(),
            "0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"
        );
        let message = seal_message(&[7; 32], b"header");
        let transcript = schnorrkel::signing_context(b"substrate").bytes(&message);
        let seal = secret.sign(transcript, &secret.to_public()).to_bytes();
        assert_eq!(verify_seal(&key, &message, &seal), Ok(()));
    }

    #[test]
    fn malformed_seals_and_keys_are_named() {
        let (pair, key) = keypair(1);
        let message = seal_message(&[7; 32], b"header");
        let seal = sign_seal(&pair, &message);
        let mut unmarked = seal;
        unmarked[63] &= 0x7f;
        assert_eq!(
            verify_seal(&key, &message, &unmarked),
            Err(SealError::Encoding)
        );
        let no_key = PublicKey([0xff; 32]);
        assert_eq!(
            verify_seal(&no_key, &message, &seal),
            Err(SealError::PublicKey(no_key))
        );
        for bit in [0, 100, 250, 260, 400, 500] {
            let mut flipped = seal;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(verify_seal(&key, &message, &flipped).is_err(), "bit {bit}");
        }
    }
}
