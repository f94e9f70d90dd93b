//! The bytes that an identity's key signs to act on the chain (§11).
//!
//! A request is signed over [`RequestPayload`], byte by byte:
//!
//! | bytes | what |
//! |---|---|
//! | 16 | `0x3c`, then `allod/auto-id/1` in ASCII: the context that nothing else signed begins with |
//! | 32 | hash of the genesis block: a request counts on one chain only |
//! | 1 + n | SCALE compact length (4 n for n < 64), then the call's name in ASCII |
//! | 32 | identifier of the identity that acts |
//! | 8 | nonce, little-endian: exactly the one that the chain stores for the identity, 0 at first |
//! | 4 | last block in which the request is valid, little-endian |
//! | 32 | BLAKE2b-256 of the SCALE encoding of the call's arguments, the request left out |
//!
//! The signature has X.509's own encoding (64 bytes for Ed25519, DER for ECDSA), so that
//! `openssl pkeyutl -sign -rawin -in PAYLOAD -inkey KEY -out SIGNATURE` makes it. Golden requests made
//! so are in `tests/vectors/auto-id-requests.json`.
//!
//! A request does not name who pays. Whoever sees one on its way can carry it first, which has
//! exactly the effect that its signer wanted, at the other's cost.

use alloc::vec::Vec;

use allod_x509::MAX_SIGNATURE_SIZE;
use parity_scale_codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_runtime::{
    BoundedVec,
    traits::{BlakeTwo256, ConstU32, Hash},
};

use crate::{Identifier, SignatureAlgorithm};

/// Every request of the pallet `auto-id` begins with it; no other use of an identity's key does.
pub const REQUEST_CONTEXT: &str = "allod/auto-id/1";

/// The name of the call that registers an identity.
pub const REGISTER: &str = "register";

/// What a request's signature is over. [`RequestPayload::to_bytes`] gives the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestPayload<'a> {
    /// Hash of the chain's genesis block.
    pub genesis_hash: [u8; 32],
    /// Name of the call.
    pub call: &'a str,
    /// The identity that acts.
    pub identifier: Identifier,
    /// The nonce that the chain stores for it.
    pub nonce: u64,
    /// Last block in which the request is valid.
    pub valid_until: u32,
    /// BLAKE2b-256 of the call's arguments.
    pub arguments_hash: [u8; 32],
}

impl RequestPayload<'_> {
    /// The bytes to be signed; see [the module's table](self).
    pub fn to_bytes(&self) -> Vec<u8> {
        (
            REQUEST_CONTEXT,
            self.genesis_hash,
            self.call,
            self.identifier,
            self.nonce,
            self.valid_until,
            self.arguments_hash,
        )
            .encode()
    }
}

/// The arguments of `register` that its request covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode)]
pub struct RegisterArguments<'a> {
    /// DER of the certificate; encoded with its SCALE compact length in front.
    pub certificate: &'a [u8],
    /// The declared algorithm; one byte.
    pub algorithm: SignatureAlgorithm,
}

impl<'a> RegisterArguments<'a> {
    /// BLAKE2b-256 of the arguments.
    pub fn hash(&self) -> [u8; 32] {
        BlakeTwo256::hash_of(self).0
    }

    /// What has to be signed to register `identifier`, whose first nonce is 0.
    pub fn payload(
        &self,
        genesis_hash: [u8; 32],
        identifier: Identifier,
        valid_until: u32,
    ) -> RequestPayload<'a> {
        RequestPayload {
            genesis_hash,
            call: REGISTER,
            identifier,
            nonce: 0,
            valid_until,
            arguments_hash: self.hash(),
        }
    }
}

/// A request as it travels: what of the payload is not in the call already, and the signature.
#[derive(
    Debug, Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct SignedRequest {
    /// The nonce that the chain stores for the acting identity, 0 if it stores none.
    pub nonce: u64,
    /// Last block in which the request is valid.
    pub valid_until: u32,
    /// Signature over the payload, at most 512 bytes (RSA with 4,096 bits).
    pub signature: BoundedVec<u8, ConstU32<MAX_SIGNATURE_SIZE>>,
}

#[cfg(test)]
mod tests {
    use allod_x509::ParsedCertificate;

    use super::*;

    const VECTORS: &str = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/vectors/auto-id-requests.json"
    );

    /// Requests signed by `openssl pkeyutl`: payload, identifier and signature agree.
    #[test]
    fn golden_requests() {
        let text = std::fs::read_to_string(VECTORS).unwrap();
        let file: serde_json::Value = serde_json::from_str(&text).unwrap();
        let cases = file["requests"].as_array().unwrap();
        assert_eq!(cases.len(), 4);
        for case in cases {
            let bytes = |name: &str| hex::decode(case[name].as_str().unwrap()).unwrap();
            let certificate = bytes("certificate");
            let parsed = ParsedCertificate::parse(&certificate).unwrap();
            let algorithm = parsed.signature_algorithm();
            assert_eq!(case["algorithm"], algorithm.name());
            assert_eq!(case["call"], REGISTER);
            assert_eq!(case["nonce"], 0);
            let identifier = Identifier::of(&parsed);
            assert_eq!(case["identifier"], identifier.to_string());

            let arguments = RegisterArguments {
                certificate: &certificate,
                algorithm,
            };
            assert_eq!(arguments.hash().to_vec(), bytes("arguments_hash"));
            let valid_until = u32::try_from(case["valid_until"].as_u64().unwrap()).unwrap();
            let genesis_hash = bytes("genesis_hash").try_into().unwrap();
            let payload = arguments.payload(genesis_hash, identifier, valid_until);
            let payload = payload.to_bytes();
            assert_eq!(hex::encode(&payload), case["payload"].as_str().unwrap());
            parsed
                .verify_message(algorithm, &payload, &bytes("signature"))
                .unwrap();
        }
    }

    /// The module's table, literally.
    #[test]
    fn layout() {
        let payload = RequestPayload {
            genesis_hash: [1; 32],
            call: "register",
            identifier: Identifier([2; 32]),
            nonce: 0x0102_0304_0506_0708,
            valid_until: 0x1112_1314,
            arguments_hash: [3; 32],
        };
        let expected = [
            &b"\x3callod/auto-id/1"[..],
            &[1; 32],
            b"\x20register",
            &[2; 32],
            &[8, 7, 6, 5, 4, 3, 2, 1],
            &[0x14, 0x13, 0x12, 0x11],
            &[3; 32],
        ]
        .concat();
        assert_eq!(payload.to_bytes(), expected);
    }
}
