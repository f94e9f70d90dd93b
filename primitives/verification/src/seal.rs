//! The seal of a block (§8): the last digest item, an sr25519 signature.
//!
//! What is signed for a header is in `allod-consensus-primitives`, `seal_message`. The signing context
//! is `substrate`, so that any Substrate key store can sign.

use allod_core::PublicKey;
use schnorrkel::{Keypair, Signature};

/// The signing context of all of Substrate's sr25519 signatures.
const SIGNING_CONTEXT: &[u8] = b"substrate";

/// Why a seal is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
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

/// Signs a seal message. What may be signed is for the farmer to judge, who sees the whole header.
pub fn sign_seal(keypair: &Keypair, message: &[u8]) -> [u8; 64] {
    keypair.sign_simple(SIGNING_CONTEXT, message).to_bytes()
}

/// Checks the seal of a header: `message` is its seal message, `public_key` its solution's.
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
    fn a_seal_binds_key_and_message() {
        let (pair, key) = keypair(1);
        let (_, other) = keypair(2);
        let message = b"message";
        let seal = sign_seal(&pair, message);
        assert_eq!(verify_seal(&key, message, &seal), Ok(()));
        assert_eq!(
            verify_seal(&other, message, &seal),
            Err(SealError::Signature(other))
        );
        assert_eq!(
            verify_seal(&key, b"another", &seal),
            Err(SealError::Signature(key))
        );
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
        let message = b"message";
        let transcript = schnorrkel::signing_context(b"substrate").bytes(message);
        let seal = secret.sign(transcript, &secret.to_public()).to_bytes();
        assert_eq!(verify_seal(&key, message, &seal), Ok(()));
    }

    #[test]
    fn malformed_seals_and_keys_are_named() {
        let (pair, key) = keypair(1);
        let message = b"message";
        let seal = sign_seal(&pair, message);
        let mut unmarked = seal;
        unmarked[63] &= 0x7f;
        assert_eq!(
            verify_seal(&key, message, &unmarked),
            Err(SealError::Encoding)
        );
        let no_key = PublicKey([0xff; 32]);
        assert_eq!(
            verify_seal(&no_key, message, &seal),
            Err(SealError::PublicKey(no_key))
        );
        for bit in [0, 100, 250, 260, 400, 500] {
            let mut flipped = seal;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(verify_seal(&key, message, &flipped).is_err(), "bit {bit}");
        }
    }
}
