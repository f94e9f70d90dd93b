//! Where the chain's state keeps identities: storage keys, for whoever reads it without a runtime.
//!
//! A key is the hash of the pallet's name, the hash of the map's name (both XXH64 twice, 16 bytes,
//! known beforehand and written here), and then the map's own keys. Identifiers and fingerprints stand
//! there as they are, since they are hashes already; serial numbers are preceded by their
//! BLAKE2b-128, and by their compact length as SCALE has it. Every map but [`KEYS`] and
//! [`FINGERPRINTS`] begins with an identifier: its own identity's, or the issuer's.

use allod_identity::{Identifier, KeyFingerprint};
use blake2::{Blake2b, Digest, digest::consts::U16};

/// Bytes of a pallet's or a map's hash.
const HASH: usize = 16;
/// Bytes before a map's own keys.
const PREFIX: usize = 2 * HASH;

/// The name of a pallet or of a map, hashed.
pub type NameHash = [u8; HASH];

/// The pallet `AutoId`.
pub const AUTO_ID: NameHash = 0x50a6_7f2e_65d5_bd52_196f_5ee4_8d12_2fad_u128.to_be_bytes();
/// The pallet `Revocation`.
pub const REVOCATION: NameHash = 0x6280_856c_4a12_c92d_4a60_9502_0eb1_7670_u128.to_be_bytes();

/// `AutoId.Identities`: identifier to record.
pub const IDENTITIES: NameHash = 0x1837_3f80_b4a9_4950_c1f9_9840_fd08_3e68_u128.to_be_bytes();
/// `AutoId.Certificates`: identifier to the current certificate, a SCALE byte string.
pub const CERTIFICATES: NameHash = 0xeb8f_749c_ac30_d481_f273_1d97_1c29_94e1_u128.to_be_bytes();
/// `AutoId.Keys`: fingerprint of a key to the identity that it serves.
pub const KEYS: NameHash = 0x9f99_a2ce_711f_3a31_b2fc_0560_4c93_f179_u128.to_be_bytes();
/// `AutoId.Fingerprints`: SHA-256 of a later certificate to its identity.
pub const FINGERPRINTS: NameHash = 0xb275_0ec4_e2d5_36c3_35b6_7114_968e_a4d9_u128.to_be_bytes();
/// `AutoId.Serials`: issuer and serial number, no value.
pub const SERIALS: NameHash = 0xe268_10e5_57fe_be3b_46fe_ad24_87b5_d43a_u128.to_be_bytes();
/// `AutoId.IssuedBy`: issuer and child, no value.
pub const ISSUED_BY: NameHash = 0xd018_a590_6ea1_ef78_688e_4447_e366_e516_u128.to_be_bytes();
/// `Revocation.Statuses`: issuer and serial number to status.
pub const STATUSES: NameHash = 0x6bef_dc9b_9a23_5fc7_9710_ae08_f027_599d_u128.to_be_bytes();
/// `Revocation.Issuers`: issuer to what decides whether a hold counts.
pub const ISSUERS: NameHash = 0xb42a_7936_4a2a_b587_c3f8_f90e_f24c_a2fc_u128.to_be_bytes();

fn key(pallet: NameHash, map: NameHash, own: &[u8]) -> Vec<u8> {
    [&pallet[..], &map, own].concat()
}

/// The key of an identity's record.
pub fn identity_key(identifier: Identifier) -> Vec<u8> {
    key(AUTO_ID, IDENTITIES, &identifier.0)
}

/// The key of an identity's current certificate.
pub fn certificate_key(identifier: Identifier) -> Vec<u8> {
    key(AUTO_ID, CERTIFICATES, &identifier.0)
}

/// The key under which the identity that a public key serves is found.
pub fn by_key_key(fingerprint: KeyFingerprint) -> Vec<u8> {
    key(AUTO_ID, KEYS, &fingerprint.0)
}

/// The key of what an issuer said about its certificate with this serial number, the contents of the
/// DER INTEGER.
pub fn status_key(issuer: Identifier, serial: &[u8]) -> Vec<u8> {
    let length = u8::try_from(serial.len()).unwrap_or(u8::MAX);
    // The compact length of fewer than 64 bytes; a serial number has at most 20.
    let encoded = [&[length.saturating_mul(4)][..], serial].concat();
    let hash = Blake2b::<U16>::digest(&encoded);
    let own = [&issuer.0[..], &hash, &encoded].concat();
    key(REVOCATION, STATUSES, &own)
}

/// The key of what is known about an issuer: counters, and a summary of its last list.
pub fn issuer_key(issuer: Identifier) -> Vec<u8> {
    key(REVOCATION, ISSUERS, &issuer.0)
}

/// The identity whose own state or whose say about its certificates stands under a key; `None` for
/// every key of another pallet, and for entries that only say what an identity issued.
pub fn identity_touched(key: &[u8]) -> Option<Identifier> {
    let (prefix, own) = key.split_at_checked(PREFIX)?;
    let (pallet, map) = prefix.split_at_checked(HASH)?;
    let is_of_identity = if pallet == AUTO_ID {
        ![KEYS, FINGERPRINTS, SERIALS, ISSUED_BY]
            .iter()
            .any(|other| map == other)
    } else {
        pallet == REVOCATION
    };
    let identifier = own.first_chunk::<32>().filter(|_| is_of_identity)?;
    Some(Identifier(*identifier))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_name_their_identity_unless_they_only_list_children() {
        let identifier = Identifier([7; 32]);
        for key in [
            identity_key(identifier),
            certificate_key(identifier),
            status_key(identifier, &[1]),
            issuer_key(identifier),
        ] {
            assert_eq!(identity_touched(&key), Some(identifier));
            assert_eq!(identity_touched(&key[..63]), None);
        }
        let by_key = by_key_key(KeyFingerprint([7; 32]));
        assert_eq!(identity_touched(&by_key), None);
        let child = key(AUTO_ID, ISSUED_BY, &[7; 64]);
        assert_eq!(identity_touched(&child), None);
        assert_eq!(identity_touched(&key([0; 16], IDENTITIES, &[7; 32])), None);
        for short in [&[][..], &[1; 31], &[1; 32]] {
            assert_eq!(identity_touched(short), None);
        }
    }
}
