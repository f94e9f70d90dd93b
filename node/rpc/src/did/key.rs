//! Public keys as DID documents have them.

use allod_rpc_types::did::JsonWebKey;
use allod_x509::{KeyAlgorithm, PublicKey};
use base64ct::{Base64UrlUnpadded, Encoding};

/// Multicodec `ed25519-pub`, 0xed as a varint.
const ED25519_PUB: [u8; 2] = [0xed, 0x01];
/// Multicodec `p256-pub`, 0x1200.
const P256_PUB: [u8; 2] = [0x80, 0x24];
/// Multicodec `p384-pub`, 0x1201.
const P384_PUB: [u8; 2] = [0x81, 0x24];

/// A key in the form that it has in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DocumentKey {
    /// `publicKeyMultibase`.
    Multikey(String),
    /// `publicKeyJwk`.
    JsonWebKey(JsonWebKey),
}

impl DocumentKey {
    /// The key as Multikey, or as JsonWebKey where that is wanted or Multikey has no form for it. `None` if the key's
    /// bytes are not what its kind says, which a parsed certificate excludes.
    pub fn of(key: PublicKey<'_>, as_jwk: bool) -> Option<Self> {
        match multikey(key) {
            Some(text) if !as_jwk => Some(Self::Multikey(text)),
            Some(_) | None => json_web_key(key).map(Self::JsonWebKey),
        }
    }
}

/// `z`, for base58, and the multicodec with the key's bytes; points compressed (SEC 1, 2.3.3).
fn multikey(key: PublicKey<'_>) -> Option<String> {
    let (codec, bytes) = match key.algorithm {
        KeyAlgorithm::Ed25519 => (ED25519_PUB, key.bytes.to_vec()),
        KeyAlgorithm::P256 => (P256_PUB, compressed(key.bytes)?),
        KeyAlgorithm::P384 => (P384_PUB, compressed(key.bytes)?),
        KeyAlgorithm::Rsa => return None,
    };
    let bytes = [&codec[..], &bytes].concat();
    Some(format!("z{}", bs58::encode(bytes).into_string()))
}

/// RFC 8037, 2 for Ed25519; RFC 7518, 6.2 and 6.3 for the others.
fn json_web_key(key: PublicKey<'_>) -> Option<JsonWebKey> {
    let point = |crv: &str| {
        let (x, y) = coordinates(key.bytes)?;
        Some(JsonWebKey::Ec {
            crv: crv.into(),
            x: Base64UrlUnpadded::encode_string(x),
            y: Base64UrlUnpadded::encode_string(y),
        })
    };
    match key.algorithm {
        KeyAlgorithm::Ed25519 => Some(JsonWebKey::Okp {
            crv: "Ed25519".into(),
            x: Base64UrlUnpadded::encode_string(key.bytes),
        }),
        KeyAlgorithm::P256 => point("P-256"),
        KeyAlgorithm::P384 => point("P-384"),
        KeyAlgorithm::Rsa => {
            let (modulus, exponent) = key.rsa_numbers()?;
            Some(JsonWebKey::Rsa {
                n: Base64UrlUnpadded::encode_string(modulus),
                e: Base64UrlUnpadded::encode_string(exponent),
            })
        }
    }
}

/// Both coordinates of an uncompressed point (SEC 1, 2.3.4).
fn coordinates(point: &[u8]) -> Option<(&[u8], &[u8])> {
    let both = point.strip_prefix(&[4])?;
    both.split_at_checked(both.len() / 2)
}

fn compressed(point: &[u8]) -> Option<Vec<u8>> {
    let (x, y) = coordinates(point)?;
    let sign = 2 + (y.last()? & 1);
    Some([&[sign][..], x].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        hex::decode(text).unwrap()
    }

    /// The key of RFC 8032, 7.1, test 1, as RFC 8037, A.2 writes it, and as did:key does.
    #[test]
    fn ed25519() {
        let bytes = hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        let key = PublicKey {
            algorithm: KeyAlgorithm::Ed25519,
            bytes: &bytes,
        };
        let jwk = JsonWebKey::Okp {
            crv: "Ed25519".into(),
            x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo".into(),
        };
        assert_eq!(
            DocumentKey::of(key, true),
            Some(DocumentKey::JsonWebKey(jwk))
        );
        let Some(DocumentKey::Multikey(text)) = DocumentKey::of(key, false) else {
            panic!("not a Multikey");
        };
        // Every Ed25519 did:key begins so.
        assert!(text.starts_with("z6Mk"), "{text}");
        assert_eq!(text.len(), 48);
    }

    /// The key of RFC 7517, A.1, and its point.
    #[test]
    fn p256() {
        let x = hex("30a0424cd21c2944838a2d75c92b37e76ea20d9f00893a3b4eee8a3c0aafec3e");
        let y = hex("e04b65e92456d9888b52b379bdfbd51ee869ef1f0fc65b6659695b6cce081723");
        let bytes = [&[4][..], &x, &y].concat();
        let key = PublicKey {
            algorithm: KeyAlgorithm::P256,
            bytes: &bytes,
        };
        let jwk = JsonWebKey::Ec {
            crv: "P-256".into(),
            x: "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4".into(),
            y: "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM".into(),
        };
        assert_eq!(
            DocumentKey::of(key, true),
            Some(DocumentKey::JsonWebKey(jwk))
        );
        let Some(DocumentKey::Multikey(text)) = DocumentKey::of(key, false) else {
            panic!("not a Multikey");
        };
        // Every P-256 did:key begins so.
        assert!(text.starts_with("zDn"), "{text}");
        let odd = compressed(&bytes).unwrap();
        assert_eq!(odd, [&[3][..], &x].concat());
    }

    #[test]
    fn points_of_another_form_are_none() {
        for point in [&[][..], &[2; 33], &[4]] {
            let key = PublicKey {
                algorithm: KeyAlgorithm::P384,
                bytes: point,
            };
            assert_eq!(multikey(key), None, "{point:?}");
        }
    }
}
